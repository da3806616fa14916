/* SPDX-License-Identifier: MIT */
/* Which address a connection tries, and for how long (address.c). */
#ifndef MIDGE_CORE_ADDRESS_H
#define MIDGE_CORE_ADDRESS_H

#include <stdbool.h>
#include "core/conn.h"
#include "core/origin.h"
#include "midge/config.h"

#if MIDGE_WITH_FAIL_OVER

/* Into so many shares the time of an origin's known address is divided. */
static inline unsigned midge__address_shares(const struct midge__origin *origin)
{
    return origin->literal ? 1 : 2; /* the other one is for a lookup */
}

/* The share of the first of `addresses`, ms. MIDGE_NO_TIMEOUT: it has no end. */
uint32_t midge__address_share(const struct midge__conn *conn, unsigned addresses);
/* conn begins to connect to it: `late` is called at the end of its share. */
void midge__address_begin(struct midge__conn *conn, unsigned addresses,
                          void (*late)(struct midge__timer *timer));
/* conn is connected to it: the origin remembers it. */
void midge__address_works(struct midge__conn *conn, const struct midge_addr *address);
/* It did not connect. True: the address was a remembered one, look the name up. */
bool midge__address_fails(struct midge__conn *conn);

#else

#define midge__address_shares(origin)               ((void)(origin), 1U)
#define midge__address_begin(conn, addresses, late) ((void)(conn), (void)(addresses), (void)(late))
#define midge__address_works(conn, address)         ((void)(conn), (void)(address))

static inline bool midge__address_fails(struct midge__conn *conn)
{
    (void)conn;
    return false;
}

#endif

#endif
