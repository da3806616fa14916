/* SPDX-License-Identifier: MIT */
/*
 * TLS in place of TLS, for tests of the core on fake_port.h: linked with --wrap, so that src/core
 * finds these. The client says "CH\n"; each byte of the peer is a step of the handshake:
 *
 *     p   a byte, and more is awaited        B   computes: the clock moves on by FAKE_TLS_BUSY_MS
 *     F   complete, a ticket may follow      S   complete with a session (TLS 1.2)
 *     N   complete without one (TLS 1.2)     E   fails
 *     C   computes, and is complete as S without another byte
 *
 * Afterwards all bytes are the application's, but for '\1': a ticket.
 *
 * A handshake takes memory only if fake_tls_peak says how much: record slots, and so many bytes
 * until it is complete. Then it keeps at most midge__tls_held_bytes until the connection closes.
 */
#ifndef FAKE_TLS_H
#define FAKE_TLS_H

#include "fake_port.h"

#define FAKE_TLS_BUSY_MS 1000U
#define TICKET           "\1"
#define CH               SENT(3)

static struct fake *fake_tls_port; /* whose clock computing moves, and whose client's memory */
static struct midge__memory *fake_tls_memory;
static size_t (*fake_tls_peak)(bool resumes);
static unsigned fake_tls_shutdowns; /* calls */
static bool fake_tls_close_waits;   /* its close_notify never gets out */

/* Memory of one connection, by its tag. */
enum { FAKE_TLS_TAGS = 64, FAKE_TLS_BLOCKS = 80, FAKE_TLS_PIECE = 1000 };
static struct fake_tls_blocks {
    void *slots[2], *blocks[FAKE_TLS_BLOCKS];
    unsigned n;
} fake_tls_blocks[FAKE_TLS_TAGS];

static struct fake_tls_blocks *fake_tls_blocks_of(const struct midge__tls *tls)
{
    const struct midge__conn *conn = MIDGE_CONTAINER_OF(tls, const struct midge__conn, tls);
    assert_in_range(conn->owner, 1, FAKE_TLS_TAGS - 1);
    return &fake_tls_blocks[conn->owner];
}

static void fake_tls_free_slots(struct fake_tls_blocks *b)
{
    for (unsigned i = 0; i < 2; i++) {
        midge__memory_free(fake_tls_memory, b->slots[i]);
        b->slots[i] = NULL;
    }
}

static void fake_tls_keep(struct fake_tls_blocks *b, size_t bytes)
{
    while (b->n > bytes / (FAKE_TLS_PIECE + MIDGE__MEMORY_UNIT)) {
        midge__memory_free(fake_tls_memory, b->blocks[--b->n]);
    }
}

static int fake_tls_take(const struct midge__tls *tls, unsigned owner, bool resumes)
{
    struct fake_tls_blocks *b = fake_tls_blocks_of(tls);
    size_t left = fake_tls_peak != NULL ? fake_tls_peak(resumes) : 0;
    memset(b, 0, sizeof *b);
    if (left == 0) {
        return MIDGE_OK;
    }
    if (midge__tls_slot_in() != 0) {
        b->slots[0] = midge__memory_calloc(fake_tls_memory, owner, 1, midge__tls_slot_in());
        b->slots[1] = midge__memory_calloc(fake_tls_memory, owner, 1, midge__tls_slot_out());
        if (b->slots[0] == NULL || b->slots[1] == NULL) {
            return MIDGE_ERR_NO_MEMORY;
        }
    }
    for (; left >= MIDGE__MEMORY_COST(FAKE_TLS_PIECE); left -= MIDGE__MEMORY_COST(FAKE_TLS_PIECE)) {
        assert_in_range(b->n, 0, FAKE_TLS_BLOCKS - 1);
        b->blocks[b->n] = midge__memory_alloc(fake_tls_memory, owner, FAKE_TLS_PIECE);
        if (b->blocks[b->n] == NULL) {
            return MIDGE_ERR_NO_MEMORY;
        }
        b->n++;
    }
    return MIDGE_OK;
}

int __wrap_midge__tls_open(struct midge__tls *tls, struct midge__tls_context *context,
                           struct midge__stream *lower, const struct midge__tls_params *params);
int __wrap_midge__tls_take_session(struct midge__tls *tls, struct midge__tls_session **session);
void __wrap_midge__tls_session_free(struct midge__tls_context *context,
                                    struct midge__tls_session *session);

static struct midge__tls *fake_tls_of(struct midge__stream *s)
{
    return MIDGE_CONTAINER_OF(s, struct midge__tls, s);
}

static int fake_tls_complete(struct midge__tls *tls, uint8_t version, bool session)
{
    tls->version = version;
    tls->resumed = tls->offered;
    tls->new_session = session;
    tls->impl = tls; /* open */
    tls->time_verified = true;
    fake_tls_keep(fake_tls_blocks_of(tls), midge__tls_held_bytes());
    if (!midge__tls_keeps_slots()) {
        fake_tls_free_slots(fake_tls_blocks_of(tls));
    }
    return MIDGE_OK;
}

static int fake_tls_byte(struct midge__tls *tls, char byte)
{
    switch (byte) {
    case 'p':
        return MIDGE_ERR_AGAIN;
    case 'B':
        fake_tls_port->now_ms += FAKE_TLS_BUSY_MS;
        tls->crypto_steps++;
        return MIDGE_ERR_BUSY;
    case 'C':
        tls->new_session = true;
        return MIDGE_ERR_BUSY;
    case 'F':
        return fake_tls_complete(tls, MIDGE_TLS_1_3, false);
    case 'S':
        return fake_tls_complete(tls, MIDGE_TLS_1_2, true);
    case 'N':
        return fake_tls_complete(tls, MIDGE_TLS_1_2, false);
    default:
        tls->s.fault = (struct midge__fault){
            .native = -7, .verify_flags = 8, .cert_date = 5, .detail = "told so"};
        return MIDGE_ERR_TLS;
    }
}

static int fake_tls_handshake(struct midge__stream *s)
{
    struct midge__tls *tls = fake_tls_of(s);
    uint8_t byte;
    size_t n;
    int err = MIDGE_ERR_AGAIN;
    if (tls->crypto_steps == 0) {
        tls->crypto_steps = 1; /* said hello */
        assert_int_equal(tls->lower->ops->send(tls->lower, (const uint8_t *)"CH\n", 3, &n),
                         MIDGE_OK);
        assert_int_equal(n, 3);
    }
    if (tls->new_session) { /* after C */
        return fake_tls_complete(tls, MIDGE_TLS_1_2, true);
    }
    while (err == MIDGE_ERR_AGAIN) {
        err = tls->lower->ops->recv(tls->lower, &byte, 1, &n);
        if (err != MIDGE_OK) {
            return err;
        }
        tls->received++;
        err = fake_tls_byte(tls, (char)byte);
    }
    return err;
}

static int fake_tls_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge__tls *tls = fake_tls_of(s);
    for (;;) {
        int err = tls->lower->ops->recv(tls->lower, buf, cap, n);
        if (err != MIDGE_OK || buf[0] != TICKET[0]) {
            return err;
        }
        tls->new_session = true;
        memmove(buf, buf + 1, --*n);
        if (*n > 0) {
            return MIDGE_OK;
        }
    }
}

static int fake_tls_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    struct midge__tls *tls = fake_tls_of(s);
    return tls->lower->ops->send(tls->lower, buf, len, n);
}

static unsigned fake_tls_interest(const struct midge__stream *s, bool want_recv, bool want_send)
{
    const struct midge__tls *tls = MIDGE_CONTAINER_OF(s, const struct midge__tls, s);
    want_send = want_send && !fake_tls_close_waits;
    return tls->lower->ops->interest(tls->lower, want_recv, want_send);
}

static bool fake_tls_pending(const struct midge__stream *s)
{
    (void)s;
    return false;
}

static int fake_tls_shutdown(struct midge__stream *s)
{
    (void)s;
    fake_tls_shutdowns++;
    return fake_tls_close_waits ? MIDGE_ERR_AGAIN : MIDGE_OK;
}

static void fake_tls_close(struct midge__stream *s)
{
    struct fake_tls_blocks *b = fake_tls_blocks_of(fake_tls_of(s));
    fake_tls_free_slots(b);
    fake_tls_keep(b, 0);
}

static const struct midge__stream_ops fake_tls_ops = {
    .handshake = fake_tls_handshake,
    .recv = fake_tls_recv,
    .send = fake_tls_send,
    .interest = fake_tls_interest,
    .pending = fake_tls_pending,
    .shutdown = fake_tls_shutdown,
    .close = fake_tls_close,
};

int __wrap_midge__tls_open(struct midge__tls *tls, struct midge__tls_context *context,
                           struct midge__stream *lower, const struct midge__tls_params *params)
{
    memset(tls, 0, sizeof *tls);
    tls->s.ops = &fake_tls_ops;
    tls->lower = lower;
    tls->context = context;
    tls->cipher = "FAKE";
    tls->offered = params->resume != NULL;
    return fake_tls_take(tls, params->owner, tls->offered);
}

int __wrap_midge__tls_take_session(struct midge__tls *tls, struct midge__tls_session **session)
{
    *session = NULL;
    if (!tls->new_session) {
        return MIDGE_ERR_AGAIN;
    }
    tls->new_session = false;
    *session = midge__memory_alloc(fake_tls_memory, 0, 64);
    return *session != NULL ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

void __wrap_midge__tls_session_free(struct midge__tls_context *context,
                                    struct midge__tls_session *session)
{
    (void)context;
    midge__memory_free(fake_tls_memory, session);
}

static inline void tls_world_open(struct world *w, const struct midge_config *config)
{
    world_open(w, config);
    fake_tls_port = &w->fake;
    fake_tls_memory = &w->client->memory;
}

static inline void tls_world_close(struct world *w)
{
    world_run(w);
    world_pass(w, 2 * MIDGE_KEEP_ALIVE_MS);
    while (midge__origins_forget(w->client, NULL)) {
        /* the sessions of origins that nothing uses any more */
    }
    world_close(w);
}

#endif
