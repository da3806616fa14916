/* SPDX-License-Identifier: MIT */
/* Transfers that wait for admission, and the one that is next (queue.c). */
#ifndef MIDGE_CORE_QUEUE_H
#define MIDGE_CORE_QUEUE_H

#include <stdbool.h>
#include "midge/config.h"

/* Some transfers need a new connection: no_reuse is set, or a kept one was stale. */
#define MIDGE__FRESH_CONNECTIONS (MIDGE_WITH_OVERRIDES || MIDGE_WITH_REPLAY)

struct midge_client;
struct midge__origin;
struct midge__transfer;

/* Puts t at the head or at the end. */
void midge__queue_put(struct midge__transfer *t, bool first);
/* Takes it out; does nothing if it does not wait. */
void midge__queue_take(struct midge__transfer *t);
/* May it use a kept connection? After a replay it does not: one was stale already. */
#if MIDGE__FRESH_CONNECTIONS
bool midge__queue_may_reuse(const struct midge__transfer *t);
#else
#define midge__queue_may_reuse(t) ((void)(t), true)
#endif
/* Something changed on which the place of an origin's transfers depends: its connections, their
   states, its transfers in progress, its leaders, its rate (stale.c). */
void midge__queue_update(struct midge__origin *origin);
/* Looks up the places of the origins that have changed. */
void midge__queue_rank(struct midge_client *client);
/* An origin that has no transfer will be freed. */
void midge__queue_drop(struct midge__origin *origin);
/* The transfer that is next among those that may begin. NULL: none may. */
struct midge__transfer *midge__queue_next(struct midge_client *client);
/* Has the origin an idle connection? */
bool midge__origin_has_idle(const struct midge__origin *o);

#endif
