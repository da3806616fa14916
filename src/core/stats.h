/* SPDX-License-Identifier: MIT */
/* Counters and peaks for midge_client_stats and results (stats.c). */
#ifndef MIDGE_CORE_STATS_H
#define MIDGE_CORE_STATS_H

#include <stdint.h>
#include "core/client.h"
#include "core/conn.h"
#include "midge/config.h"

struct midge__report;

#if MIDGE_WITH_STATS

/* The time at which a turn or a step begins, for the functions below. */
static inline uint64_t midge__stats_begin(const struct midge_client *client)
{
    return midge__now_us(client);
}

/* A turn has ended. */
void midge__stats_turn(struct midge_client *client, uint64_t began_us);
/* One turn has moved this many bytes of plaintext. */
void midge__stats_moved(struct midge_client *client, uint32_t bytes);
/* A step of conn has ended; returns when: the next step begins then. */
uint64_t midge__stats_step(struct midge__conn *conn, uint64_t began_us);
/* A connection was opened; its handshake is complete. */
void midge__stats_opened(struct midge_client *client);
void midge__stats_handshake(const struct midge__conn *conn);
/* A request has failed. */
void midge__stats_failed(struct midge_client *client);
/* Notes a connection's peaks for the result of its transfer. */
void midge__stats_report(const struct midge__conn *conn, struct midge__report *report);
/* The client is closed: fills config.stats_at_close. */
void midge__stats_close(const struct midge_client *client);

#else

#define midge__stats_begin(client)          0U
#define midge__stats_turn(client, began_us) ((void)(client), (void)(began_us))
#define midge__stats_moved(client, bytes)   ((void)(client), (void)(bytes))
#define midge__stats_step(conn, began_us)   ((void)(conn), (began_us))
#define midge__stats_opened(client)         ((void)(client))
#define midge__stats_handshake(conn)        ((void)(conn))
#define midge__stats_failed(client)         ((void)(client))
#define midge__stats_report(conn, report)   ((void)(conn), (void)(report))
#define midge__stats_close(client)          ((void)(client))

#endif

#endif
