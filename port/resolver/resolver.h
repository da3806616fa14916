/* SPDX-License-Identifier: MIT */
/*
 * A stub resolver for ports whose network stack has none, or a poorer one (resolver.c). The port
 * gives it datagrams, random bytes and the addresses of the name servers, and its own TCP calls.
 * All calls come from the thread that polls the client, and none blocks.
 *
 * Search domains are not applied: a name is asked as it is. A name in .local is asked from the name
 * servers like any other (no multicast, RFC 6762).
 */
#ifndef MIDGE_PORT_RESOLVER_H
#define MIDGE_PORT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/features.h"
#include "midge/port.h"

/* The longest answer by UDP, bytes. 512: without EDNS. More asks servers by EDNS (RFC 6891), and a
   server that does not know it again without; 1232 passes all networks without fragments. An answer
   by TCP is read up to this length, and the addresses in it count. */
#ifndef MIDGE_RESOLVER_PAYLOAD
#define MIDGE_RESOLVER_PAYLOAD 512
#endif
#if MIDGE_RESOLVER_PAYLOAD < 512 || MIDGE_RESOLVER_PAYLOAD > 4096
#error "MIDGE_RESOLVER_PAYLOAD must be 512 to 4096"
#endif

/* Name servers that are used, 1 to 8. */
#ifndef MIDGE_RESOLVER_SERVERS
#define MIDGE_RESOLVER_SERVERS 3
#endif

/* query->native: 0, or c-ares' numbers, which messages explain. */
enum midge__resolver_code {
    MIDGE__RESOLVER_NO_DATA = 1,     /* the name has no address of the family */
    MIDGE__RESOLVER_FORMERR = 2,     /* this and SERVFAIL 3, NOTIMP 5, REFUSED 6: of all servers */
    MIDGE__RESOLVER_NO_NAME = 4,     /* NXDOMAIN */
    MIDGE__RESOLVER_BAD_NAME = 8,    /* an empty label, or the name or a label is too long */
    MIDGE__RESOLVER_BAD_ANSWER = 10, /* malformed, an endless chain of aliases, another RCODE */
    MIDGE__RESOLVER_NO_SERVER = 11,  /* no name server is set, or none took the connection */
    MIDGE__RESOLVER_TIMEOUT = 12     /* no answer */
};

struct midge__resolver;

/* The port's part. r is the resolver that calls, for ports that have several. */
struct midge__resolver_net {
    /* Writes the name servers in the order of preference, at most cap; returns how many. */
    unsigned (*servers)(const struct midge__resolver *r, struct midge_addr *servers, unsigned cap);
    /* The families of addresses that can be reached: bit 0 IPv4, bit 1 IPv6. Others are asked for
       only if the query names its family. */
    unsigned (*families)(const struct midge__resolver *r);
    /* Cryptographic quality; MIDGE_ERR_ENTROPY if there is none. */
    int (*random)(const struct midge__resolver *r, uint8_t *buf, size_t len);
    /* Sends a datagram from the socket `slot`, below the number of lookups; if it is not open,
       opens it at local_port, or at another one if that is in use. A datagram that cannot be sent
       is a lost one. */
    void (*send)(struct midge__resolver *r, unsigned slot, uint16_t local_port,
                 const struct midge_addr *to, const uint8_t *bytes, size_t len);
    void (*close)(struct midge__resolver *r, unsigned slot); /* also one that is not open */
};

enum { MIDGE__RESOLVER_FAMILIES = MIDGE_WITH_IPV6 ? 2 : 1 };

/* The question for the addresses of one family. */
struct midge__resolver_question {
    uint8_t state;
    uint8_t first;  /* index of the server that is asked first */
    uint8_t server; /* of the one that is asked now */
    uint8_t asked;  /* servers, as bits */
    uint8_t failed; /* those that cannot answer */
    uint8_t tries;
    uint8_t code;  /* enum midge__resolver_code, of the last failure */
    uint8_t count; /* addresses */
    bool by_tcp;
    uint16_t id;
    uint32_t letters;
    uint32_t due_ms;
    uint32_t ttl_s;
};

/* A name that is looked up, for one query or more. */
struct midge__resolver_lookup {
    struct midge_dns_query *queries; /* linked by impl; the first has the addresses. NULL: free */
    uint16_t local_port;
    bool is_last_wait; /* one family has addresses, and the other one little time left */
    struct midge__resolver_question questions[MIDGE__RESOLVER_FAMILIES];
};

struct midge__resolver_tcp {
    struct midge__resolver_lookup *lookup; /* NULL: no connection */
    struct midge__resolver_question *question;
    midge_sock sock;
    uint8_t tries; /* of the question, that it belongs to */
    bool connected;
    uint16_t len; /* bytes to send, or received ones */
    uint16_t sent;
    uint8_t buf[2 + MIDGE_RESOLVER_PAYLOAD];
};

struct midge__resolver {
    /* Set by the port, the rest 0. */
    const struct midge__resolver_net *net;
    const struct midge_port *port; /* its clock and TCP */
    struct midge__resolver_lookup *lookups;
    uint8_t n_lookups;
    uint16_t server_port;

    uint8_t best;                    /* the server that answered last */
    uint8_t plain;                   /* servers that do not know EDNS, as bits */
    bool has_ended;                  /* a lookup, since the last run */
    struct midge_dns_query *waiting; /* for a free lookup; linked by impl */
    struct midge__resolver_tcp tcp;
};

/* The port's dns_start and dns_cancel. host stays as long as the query. ENTROPY: no random bytes.
 */
int midge__resolver_start(struct midge__resolver *r, const char *host,
                          struct midge_dns_query *query);
void midge__resolver_cancel(struct midge__resolver *r, struct midge_dns_query *query);

/* A datagram has come to the socket `slot`, from the servers' port of that address. */
void midge__resolver_datagram(struct midge__resolver *r, unsigned slot,
                              const struct midge_addr *from, const uint8_t *bytes, size_t len);

/* Does what is due. True: a lookup has ended since the last call. */
bool midge__resolver_run(struct midge__resolver *r);
/* Milliseconds until it must run again at the latest; UINT32_MAX: nothing is under way. */
uint32_t midge__resolver_left(const struct midge__resolver *r);
/* The socket of its TCP connection and the events that it waits for; MIDGE_SOCK_NONE: none. */
midge_sock midge__resolver_sock(const struct midge__resolver *r, uint8_t *events);

#endif
