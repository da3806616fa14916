/* SPDX-License-Identifier: MIT */
/* The end of the older attempts of a race (race.c), which the end of a connection calls too. */
#include "core/race.h"
#include "core/client.h"
#include <string.h>

#if MIDGE_WITH_HAPPY_EYEBALLS

void midge__race_drop(struct midge__conn *conn, unsigned i)
{
    struct midge__race *race = conn->race;
    struct midge__tcp *tcp = &race->older[i].tcp;
    tcp->s.ops->close(&tcp->s);
    race->count--;
    conn->client->attempts--;
    memmove(&race->older[i], &race->older[i + 1], (race->count - i) * sizeof race->older[0]);
}

void midge__race_end(struct midge__conn *conn)
{
    while (conn->race != NULL && conn->race->count > 0) {
        midge__race_drop(conn, conn->race->count - 1);
    }
    midge__memory_free(&conn->client->memory, conn->race);
    conn->race = NULL;
}

#endif
