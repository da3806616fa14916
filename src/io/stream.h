/* SPDX-License-Identifier: MIT */
/*
 * A stream of bytes, non-blocking. TLS stacks over any other stream; what to poll for comes from
 * below, since TLS may want to read in order to write.
 */
#ifndef MIDGE_IO_STREAM_H
#define MIDGE_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <midge/err.h>
#include <midge/port.h>

/* What went wrong, beside the MIDGE_ERR that was returned. */
struct midge__fault {
    int native;            /* errno or mbedTLS code */
    uint32_t verify_flags; /* CERT only */
    uint32_t cert_date;    /* YYYYMMDD that made the certificate be refused, 0 none */
    const char *detail;    /* static text or NULL */
};

struct midge__stream;
struct midge__stream_ops {
    /* Get ready: MIDGE_OK ready; AGAIN: see interest; MIDGE_ERR_BUSY: there is more to compute,
       call again without waiting for the socket; else failed. */
    int (*handshake)(struct midge__stream *s);
    /* MIDGE_OK with *n > 0; AGAIN: the peer has sent nothing more that could be read now; BUSY: it
       has, but no data so far: call again without waiting for the socket; EOF: ended, s->clean
       tells how; else failed. One call does a bounded amount of work. */
    int (*recv)(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n);
    /* MIDGE_OK with *n > 0 (may be fewer than len); AGAIN: repeat with the same arguments; BUSY:
       the same without waiting for the socket; else failed. */
    int (*send)(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n);
    /* What recv (or send) awaits: MIDGE_POLL_IN | MIDGE_POLL_OUT. */
    unsigned (*interest)(const struct midge__stream *s, bool want_recv, bool want_send);
    /* Does it hold bytes of the peer's that recv has not looked at? After a recv that gave AGAIN:
       the beginning of a record, the rest of which has not come. */
    bool (*pending)(const struct midge__stream *s);
    /* Orderly end (close_notify). MIDGE_OK done, AGAIN, else failed: close anyway. */
    int (*shutdown)(struct midge__stream *s);
    /* Free everything. Idempotent. */
    void (*close)(struct midge__stream *s);
};

struct midge__stream {
    const struct midge__stream_ops *ops;
    struct midge__fault fault;
    bool clean; /* recv gave EOF: the end is authentic (close_notify; plain TCP never) */
};

/* --- tcp --- */
struct midge__tcp {
    struct midge__stream s;
    struct midge_port *port;
    midge_sock sock; /* MIDGE_SOCK_NONE when closed */
    bool connected;
    bool hung; /* poll reports an error or a hang-up: a call that says AGAIN has failed */
};
/* Begins to connect; handshake() completes it. On error nothing is open. */
int midge__tcp_open(struct midge__tcp *tcp, struct midge_port *port, const struct midge_addr *addr,
                    uint16_t port_number);

#endif
