/* SPDX-License-Identifier: MIT */
/* The pool of idle connections (pool.c). */
#ifndef MIDGE_CORE_POOL_H
#define MIDGE_CORE_POOL_H

#include <stdbool.h>
#include "codec/keep_alive.h"

struct midge_client;
struct midge__conn;
struct midge__transfer;

/* An answer is complete, with this hint: may the connection be kept? */
bool midge__conn_keeps(struct midge__conn *conn, const struct midge__keep_alive *hint);
/* A kept connection gave no byte of an answer: closes connections to that origin that have been
   idle since before it was taken. */
void midge__conn_unanswered(const struct midge__conn *conn);
/* Takes an idle connection out of the pool for t if it still lives. */
bool midge__conn_reuse(struct midge__conn *conn, struct midge__transfer *t);
/* Closes the idle ones. */
void midge__conns_expire(struct midge_client *client);
/* Its exchange is over: puts it into the pool. */
void midge__pool_put(struct midge__conn *conn);
/* Reads an idle connection, closes it if it has ended. True: there is more to do. */
bool midge__pool_step(struct midge__conn *conn);

#endif
