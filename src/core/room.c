/* SPDX-License-Identifier: MIT */
/*
 * Room: is there enough free memory to begin something, without the memory promised to others?
 *
 * A connection is promised the memory that it may still take; memory.c keeps the sum.
 *
 *     state                 promised in all
 *     WAIT_TLS              the peak of its handshake
 *     READY, TLS 1.3, busy  what it holds, since the memory of a ticket may be taken at any time
 *     others                nothing more than they have
 *
 * Connections that begin their handshakes later count when another is to be opened: there must be
 * room for all of them when they are ready, and for the peak of one handshake. A connection in
 * WAIT_DNS does not count: the lookup may take long, and room is checked again after it. The buffer
 * of a response's head is not promised: if memory is short for that, connections wait for each
 * other; a spare buffer, lent to one at a time, lets all of them finish.
 *
 * Waiting requests, tasks and sleeps get no memory from the block's lower end, which is large
 * enough for one connection (midge__memory_reserve). So a request that lacks memory goes back to
 * the queue until no other connection is open, and then there is enough.
 */
#include "base/check.h"
#include "base/list.h"
#include "core/admission.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/transfer.h"
#include "midge/config.h"

/* A handshake with a session needs little memory. If the server refuses the session, it becomes a
   full one; if memory is short for that, the transfer goes back to the queue and then waits for
   room for a full handshake. */
static bool resumes(const struct midge_client *client, const struct midge__transfer *t)
{
    return t->origin->session != NULL && !client->config.no_sessions && t->put_off == 0;
}

static size_t to_promise(const struct midge__conn *conn)
{
    bool tickets = conn->tls.version == MIDGE_TLS_1_3 && midge__tls_slot_in() != 0 && !conn->idle;
    switch ((enum midge__conn_state)conn->state) {
    case MIDGE__CONN_WAIT_TLS:
        return midge__opening_bytes(true, conn->tls.offered, true);
    case MIDGE__CONN_READY:
        return tickets ? midge__opening_bytes(true, false, false) : 0;
    default:
        return 0;
    }
}

void midge__room_promise(const struct midge__conn *conn)
{
    midge__memory_promise(&conn->client->memory, conn->owner, to_promise(conn));
}

/* Bytes that it takes later: it has itself and the lookup's result already. */
size_t midge__room_later(const struct midge__conn *conn)
{
    bool later = conn->state == MIDGE__CONN_WAIT_TCP || conn->state == MIDGE__CONN_WAIT_ADMIT;
    return later ? midge__working_bytes(conn->origin->secure) : 0;
}

static bool has(const struct midge_client *client, size_t bytes, size_t piece)
{
    const struct midge__memory *m = &client->memory;
    return midge__memory_unpromised(m) >= bytes && midge__memory_largest_free(m) >= piece;
}

/* The largest block needed. A full handshake does not ask for a smaller block than a resumed one:
   otherwise transfers that change from a resumed to a full handshake would be admitted before the
   resumed one again and again. */
static size_t piece(bool secure, bool resumed)
{
    size_t shake = secure && !resumed ? midge__tls_handshake_piece() : 0;
    return shake > midge__exchange_piece() ? shake : midge__exchange_piece();
}

static bool has_free_slots(const struct midge_client *client)
{
    return midge__tls_slot_in() == 0 || midge__memory_free_slots(&client->memory) > 0;
}

/* A pair of record slots is free, or will be at the end of a handshake. */
static bool has_slots(const struct midge_client *client)
{
    return client->handshakes > 0 || has_free_slots(client);
}

/* Is there memory for t's connection until it is ready, beside `later` bytes? own: it has them. */
static bool has_opening(const struct midge_client *client, const struct midge__transfer *t,
                        size_t own, size_t later)
{
    bool secure = t->origin->secure, resumed = resumes(client, t);
    size_t need = midge__opening_bytes(secure, resumed, true);
    return has(client, (need > own ? need - own : 0) + later, piece(secure, resumed));
}

bool midge__room_to_shake(const struct midge__conn *conn)
{
    size_t own = midge__memory_owner_share(&conn->client->memory, conn->owner);
    return has_free_slots(conn->client) && has_opening(conn->client, conn->transfer, own, 0);
}

static bool room_to_open(const struct midge_client *client, const struct midge__transfer *t,
                         size_t own)
{
    return (!t->origin->secure || has_slots(client)) && has_opening(client, t, own, client->later);
}

bool midge__room_to_open(const struct midge_client *client, const struct midge__transfer *t)
{
    return room_to_open(client, t, 0);
}

bool midge__room_to_connect(const struct midge__conn *conn)
{
    size_t own = midge__memory_owner_share(&conn->client->memory, conn->owner);
    return room_to_open(conn->client, conn->transfer, own);
}

bool midge__room_to_reuse(const struct midge_client *client)
{
    return has(client, midge__exchange_bytes(), midge__exchange_piece());
}

bool midge__room_to_grow(const struct midge_client *client, size_t bytes)
{
    return has(client, MIDGE__MEMORY_COST(bytes), bytes);
}

bool midge__room_to_feed(const struct midge__conn *conn)
{
    const struct midge_client *client = conn->client;
    bool spare = client->spare_head != NULL && midge__spare_head(&client->config) >= conn->starves;
    return spare || midge__room_to_grow(client, conn->starves);
}

/* Waiting requests must leave the promised memory free. The room for one connection is reserved
   already (midge__memory_reserve). */
bool midge__room_to_wait(const struct midge_client *client)
{
    return client->memory.promised <= midge__memory_free_bytes(&client->memory);
}

bool midge__room_comes_from(const struct midge__conn *conn)
{
    return has_slots(conn->client) ||
           midge__memory_owner_slots(&conn->client->memory, conn->owner) > 0;
}
