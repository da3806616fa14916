/* SPDX-License-Identifier: MIT */
/*
 * Room: is there enough free memory to begin something, without the memory promised to others?
 *
 * A connection being opened is promised the memory that it may still take: its handshake's peak or
 * the exchange that follows. The buffer of a response's head is not promised: it is allocated at
 * the first byte and grows while the head arrives. If memory is short for that, connections wait
 * for each other; a spare buffer, lent to one at a time, lets all of them finish.
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

static bool is_opening(const struct midge__conn *conn)
{
    return conn->state < MIDGE__CONN_READY;
}

/* A handshake with a session needs little memory. If the server refuses the session, it becomes a
   full one; if memory is short for that, the transfer goes back to the queue and then waits for
   room for a full handshake. */
static bool resumes(const struct midge_client *client, const struct midge__transfer *t)
{
    return t->origin->session != NULL && !client->config.no_sessions && t->put_off == 0;
}

static size_t less(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

static size_t small_live(const struct midge__conn *conn)
{
    const struct midge__memory *m = &conn->client->memory;
    return midge__memory_owner_live(m, conn->owner) - midge__memory_owner_slots(m, conn->owner);
}

/* Bytes that a connection may still take: for its handshake; after that for tickets of TLS 1.3,
   since without this memory its request would fail. */
static size_t promised_to(const struct midge__conn *conn)
{
    bool tickets = conn->state == MIDGE__CONN_READY && !conn->idle &&
                   conn->tls.version == MIDGE_TLS_1_3 && midge__tls_slot_in() != 0;
    if (!conn->permit && !tickets) {
        return 0;
    }
    return less(midge__opening_bytes(true, conn->tls.offered, conn->permit), small_live(conn));
}

static size_t promised(const struct midge_client *client)
{
    size_t sum = 0;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        sum += promised_to(MIDGE_CONTAINER_OF(it, struct midge__conn, link));
    }
    return sum;
}

/* A handshake's peak, above the bytes that its connection needs afterwards. */
static size_t beyond(const struct midge_client *client, const struct midge__transfer *t)
{
    bool secure = t->origin->secure, resumed = resumes(client, t);
    return midge__opening_bytes(secure, resumed, true) -
           midge__opening_bytes(secure, resumed, false);
}

/* Bytes promised to connections whose handshake has not begun, if t's connection were one of them
   (self, if it exists; its bytes are subtracted). All of them must be able to work at once, but
   their handshakes compute one after the other, so only the largest peak counts. Connections that
   wait for a name server do not count, since that may take long: room is checked again after the
   lookup. */
static size_t promised_later(const struct midge_client *client, const struct midge__transfer *t,
                             const struct midge__conn *self)
{
    size_t sum = less(midge__opening_bytes(t->origin->secure, false, false),
                      self != NULL ? small_live(self) : 0);
    size_t peak = beyond(client, t);
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        const struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (is_opening(conn) && !conn->permit && conn->state != MIDGE__CONN_WAIT_DNS) {
            sum += less(midge__opening_bytes(conn->origin->secure, false, false), small_live(conn));
            size_t own = beyond(client, conn->transfer);
            peak = own > peak ? own : peak;
        }
    }
    return sum + peak;
}

static bool has(const struct midge_client *client, size_t bytes, size_t piece)
{
    const struct midge__memory *m = &client->memory;
    return midge__memory_free_bytes(m) >= bytes && midge__memory_largest_free(m) >= piece;
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

bool midge__room_to_shake(const struct midge__conn *conn)
{
    const struct midge_client *client = conn->client;
    bool resumed = resumes(client, conn->transfer);
    size_t more = less(midge__opening_bytes(true, resumed, true), small_live(conn));
    return has_free_slots(client) && has(client, promised(client) + more, piece(true, resumed));
}

static bool room_to_open(const struct midge_client *client, const struct midge__transfer *t,
                         const struct midge__conn *self)
{
    bool secure = t->origin->secure, resumed = resumes(client, t);
    size_t need = promised(client) + promised_later(client, t, self);
    return (!secure || has_slots(client)) && has(client, need, piece(secure, resumed));
}

bool midge__room_to_open(const struct midge_client *client, const struct midge__transfer *t)
{
    return room_to_open(client, t, NULL);
}

bool midge__room_to_connect(const struct midge__conn *conn)
{
    return room_to_open(conn->client, conn->transfer, conn);
}

bool midge__room_to_reuse(const struct midge_client *client)
{
    return has(client, promised(client) + midge__exchange_bytes(), midge__exchange_piece());
}

bool midge__room_to_grow(const struct midge_client *client, size_t bytes)
{
    return has(client, promised(client) + MIDGE__MEMORY_COST(bytes), bytes);
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
    return has(client, promised(client), 0);
}

bool midge__room_comes_from(const struct midge__conn *conn)
{
    return has_slots(conn->client) ||
           midge__memory_owner_slots(&conn->client->memory, conn->owner) > 0;
}
