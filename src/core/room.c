/* SPDX-License-Identifier: MIT */
/*
 * Room: is there memory for what wants to begin, beside what others were promised?
 *
 * Promised is what a connection being opened may still take: its handshake's peak or the exchange
 * that follows. Not promised is the buffer of a response's head: it comes with the first byte and
 * grows while the head arrives. Where memory is short for that, connections wait for each other; a
 * spare buffer, lent to one at a time, gets them all through.
 *
 * Requests that wait, tasks and sleeps get nothing of the block's lower end, where one connection
 * has all that it needs (midge__memory_reserve). So a request whose memory fails is put back until
 * no other connection is open, and then finds enough.
 */
#include "core/core.h"

static bool is_opening(const struct midge__conn *conn)
{
    return conn->state < MIDGE__CONN_READY;
}

/* A handshake by a session needs little. A server that refuses the session makes it a full one;
   where memory is short for that, the transfer is put off and asks for the whole. */
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

/* What a connection under way may still take: of its handshake; when that is over, for tickets of
   TLS 1.3, since its request would be lost. */
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

/* A handshake's peak, beyond what its connection works with. */
static size_t beyond(const struct midge_client *client, const struct midge__transfer *t)
{
    bool secure = t->origin->secure, resumed = resumes(client, t);
    return midge__opening_bytes(secure, resumed, true) -
           midge__opening_bytes(secure, resumed, false);
}

/* To those that are not so far, if t were one of them, with what `self` holds of it already: all
   shall work at once, and compute one after the other. A name server may keep the others waiting
   for long: who waits for it is asked again when it answers. */
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

/* The largest. A full handshake wants no less than one by a session: those that are put off from
   that to the full one would else go before it, for ever. */
static size_t piece(bool secure, bool resumed)
{
    size_t shake = secure && !resumed ? midge__tls_handshake_piece() : 0;
    return shake > midge__exchange_piece() ? shake : midge__exchange_piece();
}

static bool has_free_slots(const struct midge_client *client)
{
    return midge__tls_slot_in() == 0 || midge__memory_free_slots(&client->memory) > 0;
}

/* A pair of record slots that is free, or comes back with the end of a handshake. */
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

/* What waits must leave what was promised. Room for one connection lies where the client gets
   nothing (midge__memory_reserve). */
bool midge__room_to_wait(const struct midge_client *client)
{
    return has(client, promised(client), 0);
}

bool midge__room_comes_from(const struct midge__conn *conn)
{
    return has_slots(conn->client) ||
           midge__memory_owner_slots(&conn->client->memory, conn->owner) > 0;
}
