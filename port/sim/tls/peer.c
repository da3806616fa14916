/* SPDX-License-Identifier: MIT */
/*
 * A connection to a TLS server: ciphertext of the carrier in, plaintext to the peer inside, and
 * back. mbedTLS reads from the queue `in` and writes directly to the carrier, which takes all.
 *
 *     state      waits for                 leads to
 *     SHAKING    records of the handshake  OPEN; DEAD when mbedTLS or the settings refuse
 *     OPEN       records                   ENDED: close_notify or the end of the carrier; DEAD
 *     ENDED      nothing; it may still send
 *     DEAD       nothing; the carrier was shut down, or is broken
 *
 * The peer inside exists from OPEN on, until the connection is closed.
 */
#include <stdlib.h>
#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <ssl_misc.h>

#include "server.h"

#define PIECE     4096U /* bytes of plaintext that are read at once */
#define ONE_ALERT 2U    /* level fatal */

enum tls_state { SHAKING, OPEN, ENDED, DEAD };

struct tls_conn {
    struct sim_peer *outer; /* this peer, on the carrier */
    struct sim_peer *inner; /* NULL before the handshake ends */
    struct sim_tls *tls;
    enum tls_state state;
    bool resumed;
    bool held;     /* the inner peer takes no bytes */
    bool shut;     /* close_notify and FIN are queued */
    bool lost;     /* the carrier did not take a record */
    bool fin_came; /* the carrier has ended */
    struct sim_bytes in;
    mbedtls_ctr_drbg_context drbg;
    struct sim_tls_scope scope;
    mbedtls_ssl_context ssl;
};

/* --- mbedTLS's callbacks --- */

static int bio_send(void *p, const unsigned char *buf, size_t len)
{
    struct tls_conn *conn = p;
    if (!sim_peer_send(conn->outer, buf, len)) {
        conn->lost = true;
    }
    return (int)len;
}

static int bio_recv(void *p, unsigned char *buf, size_t len)
{
    struct tls_conn *conn = p;
    size_t n = conn->in.len < len ? conn->in.len : len;
    if (n == 0) {
        return conn->fin_came ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
    }
    memcpy(buf, conn->in.data + conn->in.begin, n);
    midge__sim_bytes_drop(&conn->in, n);
    return (int)n;
}

/* --- the carrier of the inner peer --- */

static struct tls_conn *conn_of(const struct sim_peer *inner)
{
    return ((struct sim_peer *)inner->below)->state;
}

static bool is_writable(const struct tls_conn *conn)
{
    return (conn->state == OPEN || conn->state == ENDED) && !conn->shut && !conn->lost;
}

/* A record that the carrier does not take breaks the stream. */
static bool check_lost(struct tls_conn *conn)
{
    if (conn->lost && conn->state != DEAD) {
        conn->state = DEAD;
        sim_peer_reset(conn->outer);
    }
    return !conn->lost;
}

static bool tls_send(struct sim_peer *inner, const uint8_t *data, size_t len)
{
    struct tls_conn *conn = conn_of(inner);
    size_t most = conn->tls->settings.record != 0 ? conn->tls->settings.record : len;
    if (!is_writable(conn)) {
        return false;
    }
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&conn->scope);
    for (int n = 0; len > 0 && n >= 0 && !conn->lost;) {
        n = mbedtls_ssl_write(&conn->ssl, data, len < most ? len : most);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    midge__sim_tls_leave(outer);
    return check_lost(conn) && len == 0;
}

static void tls_shutdown(struct sim_peer *inner)
{
    struct tls_conn *conn = conn_of(inner);
    if (!is_writable(conn)) {
        return;
    }
    if (!conn->tls->settings.no_close_notify) {
        const struct sim_tls_scope *outer = midge__sim_tls_enter(&conn->scope);
        (void)mbedtls_ssl_close_notify(&conn->ssl);
        midge__sim_tls_leave(outer);
    }
    conn->shut = true;
    sim_peer_shutdown(conn->outer);
}

static void tls_reset(struct sim_peer *inner)
{
    sim_peer_reset(conn_of(inner)->outer);
}

/* When it is released, the timer goes on with what has come, outside of the inner peer's call. */
static void tls_hold(struct sim_peer *inner, bool held)
{
    struct tls_conn *conn = conn_of(inner);
    conn->held = held;
    sim_peer_hold(conn->outer, held);
    if (!held) {
        sim_peer_after(conn->outer, 0);
    }
}

static size_t tls_queued(const struct sim_peer *inner)
{
    return sim_peer_queued(conn_of(inner)->outer);
}

static const struct sim_carrier tls_carrier = {.send = tls_send,
                                               .shutdown = tls_shutdown,
                                               .reset = tls_reset,
                                               .hold = tls_hold,
                                               .queued = tls_queued};

bool midge__sim_tls_record(struct sim_peer *inner, uint8_t type, const void *data, size_t len)
{
    struct tls_conn *conn = conn_of(inner);
    if (!is_writable(conn) || len > MBEDTLS_SSL_OUT_CONTENT_LEN) {
        return false;
    }
    conn->ssl.out_msgtype = type;
    conn->ssl.out_msglen = len;
    if (len > 0) {
        memcpy(conn->ssl.out_msg, data, len);
    }
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&conn->scope);
    int ret = mbedtls_ssl_write_record(&conn->ssl, 1);
    midge__sim_tls_leave(outer);
    return check_lost(conn) && ret == 0;
}

bool midge__sim_tls_ticket(struct sim_peer *inner)
{
    struct tls_conn *conn = conn_of(inner);
    mbedtls_ssl_context *ssl = &conn->ssl;
    int ret = 0;
    if (!is_writable(conn) || !conn->tls->has_tickets || ssl->handshake == NULL) {
        return false;
    }
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&conn->scope);
    ssl->handshake->new_session_tickets_count = 1;
    mbedtls_ssl_handshake_set_state(ssl, MBEDTLS_SSL_TLS1_3_NEW_SESSION_TICKET);
    while (ret == 0 && !mbedtls_ssl_is_handshake_over(ssl)) {
        ret = mbedtls_ssl_handshake_step(ssl);
    }
    midge__sim_tls_leave(outer);
    return check_lost(conn) && ret == 0;
}

/* --- reading --- */

static void die(struct tls_conn *conn, const char *where, int ret)
{
    conn->state = DEAD;
    conn->tls->count.failed++;
    sim_peer_note(conn->outer, "%s failed: -0x%04x", where, (unsigned)-ret);
    sim_peer_shutdown(conn->outer);
}

static void open_inner(struct tls_conn *conn)
{
    struct sim_tls *tls = conn->tls;
    conn->state = OPEN;
    *(conn->resumed ? &tls->count.resumed : &tls->count.full) += 1;
    sim_peer_note(conn->outer, "%s %s %s", mbedtls_ssl_get_version(&conn->ssl),
                  mbedtls_ssl_get_ciphersuite(&conn->ssl), conn->resumed ? "resumed" : "full");
    conn->inner =
        midge__sim_peer_open(conn->outer->sim, tls->settings.inner, tls->settings.inner_config,
                             &tls_carrier, conn->outer, conn->outer->connection);
    if (conn->inner != NULL) {
        sim_peer_opened(conn->inner);
    }
}

/* The handshake's memory, which says this, goes with its last step. */
static void look_at_resumption(struct tls_conn *conn)
{
    const mbedtls_ssl_handshake_params *handshake = conn->ssl.handshake;
    if (handshake != NULL && conn->ssl.state > MBEDTLS_SSL_CLIENT_HELLO &&
        conn->ssl.state < MBEDTLS_SSL_HANDSHAKE_OVER) {
        conn->resumed =
            conn->ssl.tls_version == MBEDTLS_SSL_VERSION_TLS1_3
                ? handshake->key_exchange_mode != MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL
                : handshake->resume != 0;
    }
}

static void forget_fragment(struct tls_conn *conn)
{
    if (conn->tls->settings.no_fragment && conn->ssl.session_negotiate != NULL) {
        conn->ssl.session_negotiate->mfl_code = MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
    }
}

static bool refuse(struct tls_conn *conn)
{
    uint8_t alert = conn->tls->settings.alert;
    if (alert == 0 || conn->in.len == 0) {
        return false;
    }
    conn->state = DEAD;
    (void)mbedtls_ssl_send_alert_message(&conn->ssl, ONE_ALERT, alert);
    sim_peer_note(conn->outer, "alert %u", alert);
    sim_peer_shutdown(conn->outer);
    return true;
}

/* Each step returns whether another may follow. */
static bool shake(struct tls_conn *conn)
{
    if (refuse(conn)) {
        return false;
    }
    int ret = mbedtls_ssl_handshake_step(&conn->ssl);
    if (ret == MBEDTLS_ERR_SSL_WANT_READ) {
        return false;
    }
    if (ret != 0) {
        die(conn, "handshake", ret);
        return false;
    }
    look_at_resumption(conn);
    forget_fragment(conn);
    if (mbedtls_ssl_is_handshake_over(&conn->ssl)) {
        open_inner(conn);
    }
    return true;
}

static bool read_some(struct tls_conn *conn)
{
    uint8_t piece[PIECE];
    int n = mbedtls_ssl_read(&conn->ssl, piece, sizeof piece);
    if (n > 0) {
        sim_peer_bytes(conn->inner, piece, (size_t)n);
        return true;
    }
    if (n == MBEDTLS_ERR_SSL_WANT_READ) {
        return false;
    }
    if (n == 0 || n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || n == MBEDTLS_ERR_SSL_CONN_EOF) {
        conn->state = ENDED;
        sim_peer_ended(conn->inner);
        return false;
    }
    die(conn, "reading", n);
    return false;
}

static bool step(struct tls_conn *conn)
{
    if (conn->state == SHAKING) {
        return shake(conn);
    }
    return conn->state == OPEN && !conn->held && read_some(conn);
}

static void work(struct tls_conn *conn)
{
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&conn->scope);
    while (check_lost(conn) && step(conn)) {
        /* as long as there are records */
    }
    midge__sim_tls_leave(outer);
}

/* --- the peer on the carrier --- */

static int set_up(struct tls_conn *conn)
{
    uint8_t seed[48];
    sim_peer_random(conn->outer, seed, sizeof seed);
    int ret = midge__sim_tls_seed(&conn->drbg, seed, sizeof seed);
    if (ret == 0) {
        ret = midge__sim_tls_make_tickets(conn->tls);
    }
    if (ret == 0) {
        ret = mbedtls_ssl_setup(&conn->ssl, &conn->tls->conf);
    }
    mbedtls_ssl_set_bio(&conn->ssl, conn, bio_send, bio_recv, NULL);
    return ret;
}

static void opened(struct sim_peer *outer)
{
    struct tls_conn *conn = outer->state;
    conn->outer = outer;
    conn->tls = (struct sim_tls *)(uintptr_t)outer->config; /* counts and tickets are its own */
    conn->scope = (struct sim_tls_scope){.drbg = &conn->drbg, .sim = outer->sim};
    mbedtls_ctr_drbg_init(&conn->drbg);
    mbedtls_ssl_init(&conn->ssl);
    const struct sim_tls_scope *before = midge__sim_tls_enter(&conn->scope);
    int ret = set_up(conn);
    midge__sim_tls_leave(before);
    if (ret != 0) {
        die(conn, "setting up", ret);
    }
}

static void bytes(struct sim_peer *outer, const uint8_t *data, size_t len)
{
    struct tls_conn *conn = outer->state;
    if (conn->state < ENDED) {
        midge__sim_bytes_put(&conn->in, data, len);
        work(conn);
    }
}

static void timer(struct sim_peer *outer)
{
    work(outer->state);
}

static void ended(struct sim_peer *outer)
{
    struct tls_conn *conn = outer->state;
    conn->fin_came = true;
    work(conn);
}

static void drained(struct sim_peer *outer)
{
    struct tls_conn *conn = outer->state;
    if (conn->inner != NULL) {
        sim_peer_drained(conn->inner);
    }
}

static void closed(struct sim_peer *outer)
{
    struct tls_conn *conn = outer->state;
    if (conn->outer == NULL) {
        return; /* it was never opened */
    }
    midge__sim_peer_close(conn->inner);
    const struct sim_tls_scope *before = midge__sim_tls_enter(&conn->scope);
    mbedtls_ssl_free(&conn->ssl);
    midge__sim_tls_leave(before);
    mbedtls_ctr_drbg_free(&conn->drbg);
    midge__sim_bytes_free(&conn->in);
}

const struct sim_peer_type midge__sim_tls_peer = {.name = "tls",
                                                  .size = sizeof(struct tls_conn),
                                                  .opened = opened,
                                                  .bytes = bytes,
                                                  .ended = ended,
                                                  .drained = drained,
                                                  .timer = timer,
                                                  .closed = closed};
