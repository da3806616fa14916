/* SPDX-License-Identifier: MIT */
/* A proxy in the simulated network: TLS through its tunnel to a server that has no name for the
   client, cut at each byte of CONNECT and of its answer. */
#include "peer.h"
#include "sim_world.h"
#include "tls_peer.h"

#define OPENED "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"
#define HELLO  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* --- the server in the tunnel: each request gets the same answer --- */

static void server_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    size_t *newlines = peer->state; /* two in a row end a head; '\r' counts for none */
    for (size_t i = 0; i < len; i++) {
        *newlines = data[i] == '\n' ? *newlines + 1 : data[i] == '\r' ? *newlines : 0;
        if (*newlines == 2) {
            sim_peer_send(peer, HELLO, sizeof HELLO - 1);
        }
    }
}

static const struct sim_peer_type server = {
    .name = "server", .size = sizeof(size_t), .bytes = server_bytes};

/* --- the proxy: answers the first head, and is then the carrier of the server's TLS --- */

struct proxy {
    char head[512];
    size_t len;
    struct sim_peer *inner; /* NULL: there is no tunnel yet */
};

static char asked[512]; /* the last CONNECT */
static const char *answer = OPENED;

static struct sim_peer *outer_of(const struct sim_peer *inner)
{
    return inner->below;
}

static bool tunnel_send(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    return sim_peer_send(outer_of(peer), data, len);
}

static void tunnel_shutdown(struct sim_peer *peer)
{
    sim_peer_shutdown(outer_of(peer));
}

static void tunnel_reset(struct sim_peer *peer)
{
    sim_peer_reset(outer_of(peer));
}

static void tunnel_hold(struct sim_peer *peer, bool held)
{
    sim_peer_hold(outer_of(peer), held);
}

static size_t tunnel_queued(const struct sim_peer *peer)
{
    return sim_peer_queued(outer_of(peer));
}

static const struct sim_carrier tunnel = {tunnel_send, tunnel_shutdown, tunnel_reset, tunnel_hold,
                                          tunnel_queued};

static void open_tunnel(struct sim_peer *peer, struct proxy *p)
{
    memcpy(asked, p->head, sizeof asked);
    sim_peer_send(peer, answer, strlen(answer));
    if (strncmp(answer, "HTTP/1.1 2", 10) == 0) {
        p->inner = midge__sim_peer_open(peer->sim, &midge__sim_tls_peer, peer->config, &tunnel,
                                        peer, peer->connection);
        assert_non_null(p->inner);
        sim_peer_opened(p->inner);
    }
}

static void proxy_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct proxy *p = peer->state;
    for (; p->inner == NULL && len > 0; data++, len--) {
        assert_true(p->len + 1 < sizeof p->head);
        p->head[p->len++] = (char)*data;
        if (p->len >= 4 && memcmp(p->head + p->len - 4, "\r\n\r\n", 4) == 0) {
            open_tunnel(peer, p);
        }
    }
    if (p->inner != NULL) {
        sim_peer_bytes(p->inner, data, len);
    }
}

static void proxy_ended(struct sim_peer *peer)
{
    struct proxy *p = peer->state;
    if (p->inner != NULL) {
        sim_peer_ended(p->inner);
    } else {
        sim_peer_shutdown(peer);
    }
}

static void proxy_drained(struct sim_peer *peer)
{
    struct proxy *p = peer->state;
    if (p->inner != NULL) {
        sim_peer_drained(p->inner);
    }
}

static void proxy_closed(struct sim_peer *peer)
{
    struct proxy *p = peer->state;
    midge__sim_peer_close(p->inner);
}

static const struct sim_peer_type proxy_peer = {.name = "proxy",
                                                .size = sizeof(struct proxy),
                                                .bytes = proxy_bytes,
                                                .ended = proxy_ended,
                                                .drained = proxy_drained,
                                                .closed = proxy_closed};

/* --- the world --- */

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_tls *tls;
static const struct midge_proxy through = {
    .host = "proxy.test", .port = 3128, .credentials = "user:password"};

static void open_world(unsigned version)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.proxy = &through});
    tls = midge__sim_tls_open(&(struct sim_tls_settings){
        .names = "a.test", .inner = &server, .max_version = (uint8_t)version});
    assert_non_null(tls);
    host = midge_sim_add_host(w.sim, "proxy.test");
    assert_int_equal(midge__sim_listen(w.sim, "proxy.test", 3128, &proxy_peer, tls), 0);
    answer = OPENED;
}

static void close_world(void)
{
    sim_world_close(&w);
    midge__sim_tls_close(tls);
}

static void get(int error, int status)
{
    struct sim_get one;
    sim_get(&w, &one, "https://a.test/");
    sim_world_run(&w);
    sim_get_ended(&one, error, status, error == MIDGE_OK ? "hello" : NULL);
}

/* --- TLS to the proxy, and the server's in it --- */

static struct sim_tls *outer_tls;

static void open_secure(const char *name, unsigned outer_version, unsigned version)
{
    static const struct midge_proxy secure = {
        .host = "proxy.test", .port = 3128, .credentials = "user:password", .secure = 1};
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.proxy = &secure});
    tls = midge__sim_tls_open(&(struct sim_tls_settings){
        .names = "a.test", .inner = &server, .max_version = (uint8_t)version});
    outer_tls =
        midge__sim_tls_open(&(struct sim_tls_settings){.names = name,
                                                       .inner = &proxy_peer,
                                                       .inner_config = tls,
                                                       .max_version = (uint8_t)outer_version});
    assert_non_null(tls);
    assert_non_null(outer_tls);
    host = midge_sim_add_host(w.sim, "proxy.test");
    assert_int_equal(midge__sim_listen(w.sim, "proxy.test", 3128, &midge__sim_tls_peer, outer_tls),
                     0);
    answer = OPENED;
}

static void close_secure(void)
{
    close_world();
    midge__sim_tls_close(outer_tls);
}

/* --- tests --- */

static void opens(void **state)
{
    static const unsigned versions[] = {MIDGE_TLS_1_2, 0};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_world(versions[i]);
        for (unsigned n = 0; n < 3; n++) {
            get(MIDGE_OK, 200);
        }
        assert_int_equal(midge__sim_tls_count(tls).full, 1);
        assert_non_null(strstr(asked, "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"));
        assert_non_null(strstr(asked, "\r\nProxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"));
        close_world();
    }
}

static void refuses(void **state)
{
    struct sim_get one;
    (void)state;
    open_world(0);
    answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n";
    sim_get(&w, &one, "https://a.test/");
    sim_world_run(&w);
    assert_int_equal(one.result.native, 403);
    sim_get_ended(&one, MIDGE_ERR_PROXY, 0, NULL);
    answer = OPENED;
    get(MIDGE_OK, 200);
    close_world();
}

/* One request on a new connection, which is cut. */
static void get_cut(struct sim_get *one, const struct midge_sim_cut *cut)
{
    midge_sim_set_cut(host, cut);
    sim_get_init(&w, one, "https://a.test/");
    one->request.no_reuse = 1;
    sim_get_start(&w, one);
    sim_world_run(&w);
    assert_int_equal(one->dones, 1);
}

/* The connection ends after each byte of CONNECT and of its answer: an error, and the next request
   works. */
static void cuts(void **state)
{
    static const enum midge_sim_cut_kind kinds[] = {MIDGE_SIM_CUT_RESET, MIDGE_SIM_CUT_FIN,
                                                    MIDGE_SIM_CUT_STALL};
    unsigned points = 0;
    (void)state;
    open_world(MIDGE_TLS_1_2);
    get(MIDGE_OK, 200);
    for (unsigned from_client = 0; from_client < 2; from_client++) {
        const size_t len = from_client != 0 ? strlen(asked) : sizeof OPENED - 1;
        for (size_t at = 0; at < len; at++) {
            for (unsigned kind = 0; kind < 3; kind++, points++) {
                const struct midge_sim_cut cut = {
                    .kind = kinds[kind], .from_client = (uint8_t)from_client, .at = at, .nth = 1};
                struct sim_get one;
                get_cut(&one, &cut);
                int err = one.result.error;
                if (at == 0 && err == MIDGE_OK) {
                    err = MIDGE_ERR_CONNECT; /* it did not connect, and the second try did */
                }
                if (err != MIDGE_ERR_PROXY && err != MIDGE_ERR_RECV && err != MIDGE_ERR_SEND &&
                    err != MIDGE_ERR_TIMEOUT && err != MIDGE_ERR_CONNECT) {
                    fail_msg("cut %u at %zu from %u: %s", kind, at, from_client,
                             midge_err_name(err));
                }
                sim_get_free(&one);
                midge_sim_set_cut(host, NULL);
            }
        }
        get(MIDGE_OK, 200);
    }
    print_message("%u cuts\n", points);
    close_world();
}

static void tls_in_tls(void **state)
{
    static const unsigned versions[] = {MIDGE_TLS_1_2, 0};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        open_secure("proxy.test", versions[i / 2], versions[i % 2]);
        for (unsigned n = 0; n < 3; n++) {
            get(MIDGE_OK, 200);
        }
        assert_int_equal(midge__sim_tls_count(outer_tls).full, 1);
        assert_int_equal(midge__sim_tls_count(tls).full, 1);
        assert_non_null(strstr(asked, "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"));
        close_secure();
    }
}

/* A session is the server's: the next connection has a full handshake with the proxy, and a short
   one behind it. */
static void resumes_the_server(void **state)
{
    (void)state;
    open_secure("proxy.test", 0, 0);
    for (unsigned n = 0; n < 2; n++) {
        struct sim_get one;
        sim_get_init(&w, &one, "https://a.test/");
        one.request.no_reuse = 1;
        sim_get_start(&w, &one);
        sim_world_run(&w);
        sim_get_ended(&one, MIDGE_OK, 200, "hello");
    }
    assert_int_equal(midge__sim_tls_count(outer_tls).full, 2);
    assert_int_equal(midge__sim_tls_count(tls).full, 1);
    assert_int_equal(midge__sim_tls_count(tls).resumed, 1);
    close_secure();
}

static void wrong_name_of_the_proxy(void **state)
{
    struct sim_get one;
    (void)state;
    open_secure("other.test", 0, 0);
    sim_get(&w, &one, "https://a.test/");
    sim_world_run(&w);
    assert_int_equal(one.result.phase, MIDGE_PHASE_CONNECT);
    sim_get_ended(&one, MIDGE_ERR_CERT, 0, NULL);
    close_secure();
}

/* The connection ends after each 7th byte of both handshakes and of CONNECT: an error, and the next
   request works. */
static void secure_cuts(void **state)
{
    unsigned points = 0, failed = 0;
    (void)state;
    open_secure("proxy.test", MIDGE_TLS_1_2, MIDGE_TLS_1_2);
    for (size_t at = 1; at < 4000; at += 7) {
        for (unsigned kind = 0; kind < 2; kind++, points++) {
            const struct midge_sim_cut cut = {.kind = kind != 0 ? MIDGE_SIM_CUT_RESET
                                                                : MIDGE_SIM_CUT_FIN,
                                              .from_client = (uint8_t)(points / 2 % 2),
                                              .at = at,
                                              .nth = 1};
            struct sim_get one;
            get_cut(&one, &cut);
            failed += one.result.error != MIDGE_OK;
            sim_get_free(&one);
            midge_sim_set_cut(host, NULL);
        }
    }
    get(MIDGE_OK, 200);
    print_message("%u cuts, %u failed\n", points, failed);
    assert_true(failed > points / 4);
    close_secure();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_in_tls),
        cmocka_unit_test(resumes_the_server),
        cmocka_unit_test(wrong_name_of_the_proxy),
        cmocka_unit_test(secure_cuts),
        cmocka_unit_test(opens),
        cmocka_unit_test(refuses),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
