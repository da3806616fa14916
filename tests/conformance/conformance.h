/* SPDX-License-Identifier: MIT */
/*
 * Does a port keep what port.h promises? Each promise is one check with a name; a broken one is
 * reported by that name and the sentence that failed.
 *
 *     failed = midge_conformance(&port, &peer, report, ctx);
 *
 * Needs no operating system, no heap and no printf: it runs on a board as well as on the desktop.
 * The other side is peer.py: services on consecutive ports, and a name server.
 */
#ifndef MIDGE_CONFORMANCE_H
#define MIDGE_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/port.h"

/* peer.py's services; a service's port number is conformance_peer.base plus this. "The pattern":
   byte i is i * 131 + i / 256. */
enum conformance_service {
    PEER_ECHO,     /* sends back what comes */
    PEER_SOURCE,   /* 1 MiB of the pattern, FIN */
    PEER_SINK,     /* takes the pattern, but nothing before a connection to GO comes */
    PEER_GO,       /* and that one then sends the total, 4 bytes, and gets 'y' when all was right */
    PEER_FIN,      /* FIN at once */
    PEER_RST,      /* RST at once */
    PEER_DATA_FIN, /* after a byte from the client 5000 bytes of the pattern, FIN */
    PEER_DATA_RST, /* the same; when they are acknowledged, RST */
    PEER_REFUSED,  /* has no listener */
    PEER_SILENT,   /* never answers a SYN */
    PEER_TRICKLE,  /* 3000 bytes, each a segment of its own, FIN */
    PEER_DNS       /* UDP: peer*.test, slow*.test (0.5 s late), silent*.test; no others */
};

enum { PEER_SOURCE_BYTES = 1 << 20, PEER_DATA_BYTES = 5000, PEER_TRICKLE_BYTES = 3000 };

/* addr and base are needed, what is 0 or NULL is skipped and said so. */
struct conformance_peer {
    struct midge_addr addr; /* where peer.py is, seen from the port */
    uint16_t base;          /* its first port */
    const char *name; /* "peer.test": the port asks peer.py's name server; NULL: no DNS here */
    size_t max_socks; /* connections the port can have at once, exactly or at least; 0: not to be
                         exhausted */
    size_t max_poll;  /* entries that one poll takes at most; 0: any number */
    const char *file; /* a path to write to, its folder is there; the file is not */
    bool
        tiny_segments_fill_pool; /* known weakness: windows of tiny segments take all its buffers */
    bool errors_come_with_events; /* known weakness: poll reports no error of a socket with events 0
                                     (select) */
    /* Calls port->wake after ms from another thread or an interrupt. */
    void (*wake_later)(void *ctx, uint32_t ms);
    void *wake_ctx;
};

enum conformance_result { CONFORMS, BROKEN, SKIPPED, BEGINS };

/* Called when a promise begins to be checked, and with what came of it. why: NULL when it conforms
   or begins. */
typedef void (*conformance_report)(void *ctx, const char *promise, enum conformance_result result,
                                   const char *why);

/* The number of broken promises. The port may have any number of sockets from 1 on; checks that
   need two are skipped if it has one. */
int midge_conformance(const struct midge_port *port, const struct conformance_peer *peer,
                      conformance_report report, void *ctx);

/* --- Ports in a folder of their own (port.sh) --- */

/* Defined in the port's folder. peer comes with addr, base, name, file and wake_later set: open
   changes what does not fit the port, sets max_socks and max_poll, points the port's resolver to
   the UDP port base + PEER_DNS of addr, and returns the port. NULL: it does not open. */
struct midge_port *conformance_open(struct conformance_peer *peer);
void conformance_close(struct midge_port *port);

#endif
