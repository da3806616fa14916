/* SPDX-License-Identifier: MIT */
/* HTTP/2 asked for over TLS, of servers that do not speak it, or ask for HTTP/1.1 (RFC 9113 3.2,
   7): the requests are answered by HTTP/1.1. */
#include "h2_scan.h"
#include "http.h"
#include "sim_world.h"
#include "tls_peer.h"

#include "unit/h2_frames.h"

#if MIDGE_WITH_HTTP2

enum { GETS = 3 };

static const struct midge_config config = {.http = MIDGE_HTTP_2};

static struct sim_world w;
static struct sim_tls *by_h1, *by_h2;
static struct sim_get gets[GETS];

/* --- a server that asks for HTTP/1.1 --- */

struct demanding {
    struct h2_scan scan;
    bool greeted;
};

static const bool *away; /* GOAWAY, not RST_STREAM */

/* From now on it does speak that. */
static void demand(struct sim_peer *peer, struct demanding *d)
{
    char reset[] = H2_RST("\1", "\15");
    (void)midge__sim_listen(peer->sim, "a.test", 443, &midge__sim_tls_peer, by_h1);
    if (!d->greeted) {
        d->greeted = true;
        (void)sim_peer_send(peer, H2_SETTINGS, 9);
        if (*away) {
            (void)sim_peer_send(peer, H2_GOAWAY("\0", "\15"), 17);
        }
    }
    if (!*away) {
        reset[8] = (char)h2_scan_stream(&d->scan);
        (void)sim_peer_send(peer, reset, sizeof reset - 1);
    }
}

static void on_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct demanding *d = peer->state;
    for (size_t i = 0; i < len; i++) {
        if (h2_scan(&d->scan, data[i]) && h2_scan_type(&d->scan) == H2_SCAN_HEADERS) {
            demand(peer, d);
        }
    }
}

static const struct sim_peer_type demanding_type = {
    .name = "demanding", .size = sizeof(struct demanding), .bytes = on_bytes};

/* --- requests --- */

static void begin(const struct sim_tls *tls)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    by_h1 = midge__sim_tls_open(&(const struct sim_tls_settings){
        .inner = &midge__sim_http, .inner_config = midge__sim_site(host, 443)});
    assert_non_null(by_h1);
    assert_int_equal(
        midge__sim_listen(w.sim, "a.test", 443, &midge__sim_tls_peer, tls != NULL ? tls : by_h1),
        MIDGE_OK);
}

static bool closes; /* each request's connection is closed after it */

static void ask(const char *method)
{
    for (unsigned i = 0; i < GETS; i++) {
        sim_get_init(&w, &gets[i], "https://a.test/");
        gets[i].request.method = method;
        gets[i].request.no_reuse = closes;
        sim_get_start(&w, &gets[i]);
    }
    sim_world_run(&w);
}

static void answered(unsigned retries)
{
    for (unsigned i = 0; i < GETS; i++) {
        assert_int_equal(gets[i].result.retries, retries);
        assert_int_equal(gets[i].result.stream_id, 0);
        sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
    }
}

static void end(void)
{
    sim_world_close(&w);
    midge__sim_tls_close(by_h1);
}

/* ALPN chooses http/1.1, or is no part of the server's answer. */
static void no_alpn(void **state)
{
    (void)state;
    begin(NULL);
    ask("GET");
    answered(0);
    end();
}

static void without_alpn(void **state)
{
    (void)state;
    begin(NULL);
    struct sim_tls *none = midge__sim_tls_open(&(const struct sim_tls_settings){
        .inner = &midge__sim_http,
        .inner_config = midge__sim_site(midge_sim_add_host(w.sim, "a.test"), 443),
        .alpn = ""});
    assert_non_null(none);
    assert_int_equal(midge__sim_listen(w.sim, "a.test", 443, &midge__sim_tls_peer, none), MIDGE_OK);
    ask("GET");
    answered(0);
    end();
    midge__sim_tls_close(none);
}

/* HTTP_1_1_REQUIRED: POSTs too are sent again, since it is an answer before any work on them. */
static void asks_for_http1(void **state)
{
    static const bool no = false, yes = true;
    static const char *const methods[] = {"GET", "POST"};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        away = i % 2 == 0 ? &no : &yes;
        by_h2 = midge__sim_tls_open(
            &(const struct sim_tls_settings){.inner = &demanding_type, .alpn = "h2"});
        assert_non_null(by_h2);
        begin(by_h2);
        ask(methods[i / 2]);
        answered(1);
        ask("GET");
        answered(0);
        assert_int_equal(midge__sim_tls_count(by_h2).full + midge__sim_tls_count(by_h2).resumed, 1);
        end();
        midge__sim_tls_close(by_h2);
    }
}

/* From then on the client does not offer h2: a server that speaks nothing else refuses the
   handshake by no_application_protocol (RFC 7301 3.2). */
static void offers_h2_no_more(void **state)
{
    static const bool no = false;
    (void)state;
    away = &no;
    closes = true;
    by_h2 = midge__sim_tls_open(
        &(const struct sim_tls_settings){.inner = &demanding_type, .alpn = "h2"});
    assert_non_null(by_h2);
    begin(by_h2);
    ask("GET");
    for (unsigned i = 0; i < GETS; i++) {
        sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
    }
    const unsigned before = midge__sim_tls_count(by_h2).full + midge__sim_tls_count(by_h2).resumed;
    assert_true(before > 0);
    assert_int_equal(midge__sim_listen(w.sim, "a.test", 443, &midge__sim_tls_peer, by_h2),
                     MIDGE_OK);
    ask("GET");
    for (unsigned i = 0; i < GETS; i++) {
        assert_non_null(strstr(gets[i].result.detail, "no_application_protocol"));
        sim_get_ended(&gets[i], MIDGE_ERR_TLS, 0, NULL);
    }
    assert_int_equal(midge__sim_tls_count(by_h2).full + midge__sim_tls_count(by_h2).resumed,
                     before);
    closes = false;
    end();
    midge__sim_tls_close(by_h2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_alpn),
        cmocka_unit_test(without_alpn),
        cmocka_unit_test(asks_for_http1),
        cmocka_unit_test(offers_h2_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
