/* SPDX-License-Identifier: MIT */
/* The race between the addresses of a host (RFC 8305): race.c. */
#ifndef MIDGE_CORE_RACE_H
#define MIDGE_CORE_RACE_H

#include <stdbool.h>
#include "core/address.h"
#include "core/conn.h"
#include "core/origin.h"
#include "midge/client.h"
#include "midge/config.h"

#if MIDGE_WITH_HAPPY_EYEBALLS

/* An older attempt of a connection. The newest one is conn->tcp. */
struct midge__attempt {
    struct midge__tcp tcp;
    struct midge_addr address;
    uint32_t since_ms, share_ms; /* share_ms: MIDGE_NO_TIMEOUT none */
};

struct midge__race {
    unsigned count; /* the oldest attempt is the first */
    bool full;      /* the port had no socket for one more */
    struct midge__attempt older[MIDGE_MAX_ATTEMPTS - 1];
};

/* Is config's delay valid? */
bool midge__race_valid(const struct midge_config *config);
static inline void midge__race_defaults(struct midge_config *config)
{
    if (config->attempt_delay_ms == 0) {
        config->attempt_delay_ms = MIDGE_ATTEMPT_DELAY_MS;
    }
}
/* The lookup's answer has come: makes the families alternate, and takes out the address of an
   attempt that is under way. */
void midge__race_list(struct midge__conn *conn);
/* conn->tcp begins to connect to address, the first of `left` that are left. `late` is called when
   something is to be done. */
void midge__race_begin(struct midge__conn *conn, const struct midge_addr *address, unsigned left,
                       void (*late)(struct midge__timer *timer));
/* conn->tcp begins no more attempt (err). True: an older one is conn->tcp again, and conn waits for
   it. */
bool midge__race_falls_back(struct midge__conn *conn, int err);
/* Looks at the older attempts: those that failed end. True: one has connected. It is conn->tcp now,
   and the others have ended; their addresses are next. */
bool midge__race_won(struct midge__conn *conn);
/* conn->tcp has connected: the same for the older attempts. */
void midge__race_win(struct midge__conn *conn);
/* It is time for the next address, or a lookup. True: conn->tcp is free for it. False: there is no
   place, so conn waits longer. */
bool midge__race_next(struct midge__conn *conn);
/* Closes the older attempts. */
void midge__race_end(struct midge__conn *conn);
/* race_end.c: the older attempt i ends. */
void midge__race_drop(struct midge__conn *conn, unsigned i);
/* A connection is to open: if all places are taken, the newest attempt of a race ends. */
void midge__race_yield(struct midge_client *client);
/* As in turn.c: the sockets of the older attempts from fds[n] on, if they fit. Returns the next
   n. */
size_t midge__race_collect(const struct midge__conn *conn, struct midge_pollfd *fds, size_t n,
                           size_t cap);
size_t midge__race_polled(struct midge__conn *conn, const struct midge_pollfd *fds, size_t i,
                          size_t n);

/* conn is connected. Are the other addresses kept until the peer's first byte? */
bool midge__race_keeps(const struct midge__conn *conn);
#define midge__race_heard(conn) midge__conn_query_drop(conn)
/* The handshake failed. Is the next address to be tried? */
bool midge__race_goes_on(const struct midge__conn *conn, int err);

static inline const struct midge_addr *midge__race_address(const struct midge__conn *conn)
{
    return &conn->address;
}

#else

#define midge__race_valid(config)                    ((void)(config), true)
#define midge__race_defaults(config)                 ((void)(config))
#define midge__race_list(conn)                       ((void)(conn))
#define midge__race_falls_back(conn, err)            ((void)(conn), (void)(err), false)
#define midge__race_won(conn)                        ((void)(conn), false)
#define midge__race_win(conn)                        ((void)(conn))
#define midge__race_end(conn)                        ((void)(conn))
#define midge__race_yield(client)                    ((void)(client))
#define midge__race_collect(conn, fds, n, cap)       ((void)(conn), (void)(fds), (void)(cap), (n))
#define midge__race_polled(conn, fds, i, n)          ((void)(conn), (void)(fds), (void)(n), (i))
#define midge__race_keeps(conn)                      ((void)(conn), false)
#define midge__race_begin(conn, address, left, late) midge__address_begin(conn, left, late)
#define midge__race_next(conn)                       ((void)(conn), true)
#define midge__race_heard(conn)                      ((void)(conn))
#define midge__race_goes_on(conn, err)               ((void)(conn), (void)(err), false)

static inline const struct midge_addr *midge__race_address(const struct midge__conn *conn)
{
    const struct midge_dns_query *query = conn->query;
    return query != NULL ? &query->addrs[conn->address_at - 1] : &conn->origin->address;
}

#endif

#endif
