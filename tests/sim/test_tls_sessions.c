/* SPDX-License-Identifier: MIT */
/* Sessions over deep sleep: a device wakes, imports its sessions, sends, exports them, sleeps. */
#include "sim_world.h"

#include <errno.h>

#include "examples/wake.h"
#include "client_identity.h"
#include "http.h"
#include "root_pin.h"
#include "tls_peer.h"

#define HOST  "api.test"
#define URL   "https://" HOST "/"
#define MONTH INT64_C(1780000000) /* the date at the start */

static struct sim_world w;
static struct sim_tls *tls;
static struct sim_get get;
static struct midge_config config;
static struct sim_tls_settings server;
static uint8_t block[8192];
static size_t block_len;

/* --- the world --- */

static bool has_tls13(void)
{
    return strcmp(midge_tls_profile(), "full") == 0;
}

/* Of the profile, and 0. */
static const uint8_t *versions(void)
{
    static const uint8_t all[] = {MIDGE_TLS_1_2, MIDGE_TLS_1_3, 0}, one[] = {MIDGE_TLS_1_2, 0};
    return has_tls13() ? all : one;
}

static void serve(void)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, HOST);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    server.inner = &midge__sim_http;
    server.inner_config = midge__sim_site(host, 443);
    server.names = HOST;
    tls = midge__sim_tls_open(&server);
    assert_non_null(tls);
    assert_int_equal(midge__sim_listen(w.sim, HOST, 443, &midge__sim_tls_peer, tls), MIDGE_OK);
}

static void open_seed(uint64_t seed, uint8_t version)
{
    config = (struct midge_config){.tls = {.min_version = version, .max_version = version}};
    config.tls.ca = midge__sim_tls_root(&config.tls.ca_len);
    sim_world_start(&w, &(struct midge_sim_config){.seed = seed}, &config);
    serve();
}

static void open_world(uint8_t version)
{
    server = (struct sim_tls_settings){.names = HOST};
    open_seed(1, version);
}

static void close_world(void)
{
    sim_world_close(&w);
    midge__sim_tls_close(tls);
}

/* The device sleeps for some seconds; its client is a new one. Its clock_ms goes on from anywhere,
   as after a reset. */
static void sleep_s(uint32_t seconds)
{
    midge_close(w.client);
    free(w.block);
    while (seconds > 0) {
        const uint32_t part = seconds < 1000000 ? seconds : 1000000;
        midge_sim_advance(w.sim, part * 1000);
        seconds -= part;
    }
    sim_world_client(&w, &config);
}

static void fetch_url(const char *url, bool resumed)
{
    static const struct midge_header close = {"Connection", "close"};
    sim_get_init(&w, &get, url);
    get.request.headers = &close;
    get.request.n_headers = 1;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.resumed, resumed);
}

static void fetch(bool resumed)
{
    fetch_url(URL, resumed);
}

static bool is_wiped(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void export(void)
{
    memset(block, 0, sizeof block);
    size_t most = midge_sessions_size(w.client);
    assert_int_equal(midge_sessions_export(w.client, block, sizeof block, &block_len), MIDGE_OK);
    assert_true(block_len <= most);
}

static void import(int err)
{
    uint8_t copy[sizeof block];
    memcpy(copy, block, block_len);
    assert_int_equal(midge_sessions_import(w.client, copy, block_len), err);
    const bool stays =
        err == MIDGE_ERR_CLOCK || err == MIDGE_ERR_UNSUPPORTED || err == MIDGE_ERR_INVALID;
    assert_true(stays ? memcmp(copy, block, block_len) == 0 : is_wiped(copy, block_len));
}

/* Bytes of a block without sessions. */
static size_t empty_len(void)
{
    return 42;
}

/* --- good nights --- */

static void nights(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(*v);
        fetch(false);
        for (int night = 0; night < 3; night++) {
            export();
            assert_true(block_len > empty_len());
            sleep_s(3600);
            import(MIDGE_OK);
            fetch(true);
            assert_int_equal(get.result.tls_version, *v);
            assert_int_equal(get.result.time_verified, 1);
        }
        assert_int_equal(midge__sim_tls_count(tls).full, 1);
        assert_int_equal(midge__sim_tls_count(tls).resumed, 3);
        close_world();
    }
}

static void unsealed(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        size_t len;
        open_world(*v);
        fetch(false);
        midge_sim_port(w.sim)->device_key = NULL;
        assert_int_equal(midge_sessions_export(w.client, block, sizeof block, &len),
                         MIDGE_ERR_UNSUPPORTED);
        assert_int_equal(midge_sessions_export_unsealed(w.client, block, sizeof block, &block_len),
                         MIDGE_OK);
        sleep_s(3600);
        import(MIDGE_ERR_UNSUPPORTED);
        fetch(false);
        sleep_s(10);
        for (size_t i = 0; i < block_len; i++) {
            uint8_t copy[sizeof block];
            memcpy(copy, block, block_len);
            copy[i] ^= 1;
            int err = midge_sessions_import_unsealed(w.client, copy, block_len);
            assert_int_equal(err, i == 2 || i == 3 ? MIDGE_ERR_UNSUPPORTED : MIDGE_ERR_SEAL);
        }
        assert_int_equal(midge_sessions_import_unsealed(w.client, block, block_len), MIDGE_OK);
        assert_true(is_wiped(block, block_len));
        fetch(true);
        close_world();
    }
}

/* No sessions are a good block, too. */
static void none(void **state)
{
    (void)state;
    open_world(0);
    export();
    assert_int_equal(block_len, empty_len());
    sleep_s(10);
    import(MIDGE_OK);
    fetch(false);
    close_world();
}

/* --- refused --- */

static void damaged(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(*v);
        fetch(false);
        export();
        sleep_s(10);
        for (size_t i = 0; i < block_len; i++) {
            for (unsigned bit = 0; bit < 8; bit += 7) {
                block[i] ^= (uint8_t)(1U << bit);
                import(i == 2 || i == 3 ? MIDGE_ERR_UNSUPPORTED : MIDGE_ERR_SEAL);
                block[i] ^= (uint8_t)(1U << bit);
            }
        }
        const size_t whole = block_len;
        for (block_len = 0; block_len < whole; block_len++) {
            import(MIDGE_ERR_SEAL);
        }
        block_len = whole + 1;
        import(MIDGE_ERR_SEAL);
        fetch(false);
        close_world();
    }
}

static int other_key(void *ctx, uint8_t key[32])
{
    (void)ctx;
    memset(key, 7, 32);
    return MIDGE_OK;
}

static int broken_key(void *ctx, uint8_t key[32])
{
    (void)ctx;
    (void)key;
    return MIDGE_ERR_PORT;
}

static void foreign(void **state)
{
    (void)state;
    open_world(MIDGE_TLS_1_2);
    fetch(false);
    export();
    int (*key)(void *, uint8_t *) = midge_sim_port(w.sim)->device_key;
    midge_sim_port(w.sim)->device_key = other_key;
    import(MIDGE_ERR_SEAL);
    midge_sim_port(w.sim)->device_key = broken_key;
    import(MIDGE_ERR_PORT);
    size_t len;
    assert_int_equal(midge_sessions_export(w.client, block + 4096, 4096, &len), MIDGE_ERR_PORT);
    assert_int_equal(len, 0);
    assert_true(is_wiped(block + 4096, 4096));
    midge_sim_port(w.sim)->device_key = key;

    config.tls.dangerously_skip_verification = 1;
    sleep_s(1);
    import(MIDGE_ERR_SEAL);
    config.tls.dangerously_skip_verification = 0;
    config.tls.time_floor = MIDGE_TIME_FLOOR + 1;
    sleep_s(1);
    import(MIDGE_ERR_SEAL);
    config.tls.time_floor = 0;
    config.tls.ciphers = midge_ciphers_chacha20;
    sleep_s(1);
    import(MIDGE_ERR_SEAL);
    config.tls.ciphers = NULL;
    if (has_tls13()) {
        config.tls.max_version = MIDGE_TLS_1_3;
        sleep_s(1);
        import(MIDGE_ERR_SEAL);
        config.tls.max_version = MIDGE_TLS_1_2;
    }
    sleep_s(1);
    import(MIDGE_OK);
    fetch(true);
    close_world();
}

/* Pins, the client's certificate and a pre-shared key: each other one, and none. */
static void other_pins(void **state)
{
    struct midge_pin pin = {.host = HOST}, more[2];
    const struct midge_pins one = {&pin, 1, MIDGE_PIN_PATH}, two = {more, 2, MIDGE_PIN_PATH},
                            leaf = {&pin, 1, MIDGE_PIN_LEAF};
    const struct midge_pins *const others[] = {NULL, &two, &leaf};
    (void)state;
    open_world(0);
    assert_true(root_pin(&pin));
    more[0] = pin;
    more[1] = (struct midge_pin){.host = "other.test"};
    config.tls.pins = &one;
    sleep_s(1);
    fetch(false);
    export();
    assert_true(block_len > empty_len());
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        config.tls.pins = others[i];
        sleep_s(1);
        import(MIDGE_ERR_SEAL);
    }
    config.tls.pins = &one;
    sleep_s(1);
    import(MIDGE_OK);
    sim_get_init(&w, &get, URL); /* pins of its own: another identity */
    get.request.pins = &two;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.resumed, 0);
    const size_t before = block_len;
    export();
    assert_int_equal(block_len, before); /* that one does not leave */
    fetch(true);
    close_world();
}

/* An empty block will do. */
static void other_credential(void **state)
{
    const struct midge_credential credential = {.certificate = client_certificate,
                                                .certificate_len = sizeof client_certificate,
                                                .key = client_key,
                                                .key_len = sizeof client_key};
    const struct midge_credential *const both[] = {NULL, &credential};
    (void)state;
    open_world(0);
    for (unsigned made = 0; made < 2; made++) {
        config.tls.credential = both[made];
        sleep_s(1);
        export();
        config.tls.credential = both[1 - made];
        sleep_s(1);
        import(MIDGE_ERR_SEAL);
        config.tls.credential = both[made];
        sleep_s(1);
        import(MIDGE_OK);
    }
    close_world();
}

static void other_psk(void **state)
{
    static const uint8_t key[16] = {1}, second[16] = {2};
    const struct midge_psk psks[] = {
        {key, sizeof key, "a", 1}, {second, sizeof second, "a", 1}, {key, sizeof key, "b", 1}};
    (void)state;
    if (!MIDGE_WITH_PSK) {
        skip();
    }
    open_world(0);
    for (size_t made = 0; made < 3; made++) {
        config.tls.psk = &psks[made];
        sleep_s(1);
        export();
        for (size_t used = 0; used <= 3; used++) {
            config.tls.psk = used < 3 ? &psks[used] : NULL;
            sleep_s(1);
            import(used == made ? MIDGE_OK : MIDGE_ERR_SEAL);
        }
    }
    close_world();
}

/* Another set of roots: the same one twice. */
static void other_trust(void **state)
{
    (void)state;
    open_world(0);
    fetch(false);
    export();
    size_t len = config.tls.ca_len;
    char *twice = malloc(2 * len);
    assert_non_null(twice);
    memcpy(twice, config.tls.ca, len);
    memcpy(twice + len, config.tls.ca, len);
    config.tls.ca = twice;
    config.tls.ca_len = 2 * len;
    sleep_s(1);
    import(MIDGE_ERR_SEAL);
    fetch(false);
    close_world();
    free(twice);
}

static void arguments(void **state)
{
    size_t len = 1;
    (void)state;
    open_world(0);
    fetch(false);
    assert_int_equal(midge_sessions_export(NULL, block, 1, &len), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sessions_export(w.client, NULL, 1, &len), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sessions_export(w.client, block, 1, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sessions_import(NULL, block, 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sessions_import(w.client, NULL, 1), MIDGE_ERR_INVALID);
    export();
    const size_t whole = block_len;
    for (size_t cap = 0; cap < whole; cap++) {
        memset(block, 0, sizeof block);
        assert_int_equal(midge_sessions_export(w.client, block, cap, &len), MIDGE_ERR_TOO_LARGE);
        assert_int_equal(len, whole);
        assert_true(is_wiped(block, sizeof block));
    }
    export();
    config.no_sessions = 1;
    sleep_s(1);
    import(MIDGE_ERR_INVALID);
    export();
    assert_int_equal(block_len, empty_len());
    close_world();
}

static int no_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return MIDGE_ERR_ENTROPY;
}

static void entropy_fails(void **state)
{
    size_t len;
    (void)state;
    open_world(0);
    fetch(false);
    midge_sim_port(w.sim)->entropy = no_entropy;
    memset(block, 0, sizeof block);
    assert_int_equal(midge_sessions_export(w.client, block, sizeof block, &len), MIDGE_ERR_ENTROPY);
    assert_int_equal(len, 0);
    assert_true(is_wiped(block, sizeof block));
    close_world();
}

static void fresh_nonces(void **state)
{
    enum { MANY = 2000 };
    static uint8_t nonces[MANY][12];
    (void)state;
    open_world(0);
    fetch(false);
    for (unsigned i = 0; i < MANY; i++) {
        export();
        memcpy(nonces[i], block + 4, 12);
        for (unsigned k = 0; k < i; k++) {
            assert_memory_not_equal(nonces[i], nonces[k], 12);
        }
    }
    close_world();
}

/* --- ends --- */

static void lifetimes(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        server = (struct sim_tls_settings){.ticket_seconds = 1000};
        open_seed(1, *v);
        fetch(false);
        export();
        sleep_s(900);
        import(MIDGE_OK);
        sleep_s(200);
        import(MIDGE_ERR_STALE);
        fetch(false);
        close_world();
        /* Not beyond 7 days, whatever the server says (in TLS 1.3 it must not say more). */
        const uint32_t days = *v == MIDGE_TLS_1_2 ? 30 : 7;
        server = (struct sim_tls_settings){.ticket_seconds = days * 86400};
        open_seed(1, *v);
        fetch(false);
        export();
        sleep_s(7 * 86400 - 100);
        import(MIDGE_OK);
        sleep_s(200);
        import(MIDGE_ERR_STALE);
        close_world();
    }
}

/* A resumed handshake sends no certificate: its session ends with the one that was verified. */
static void expiry(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        server = (struct sim_tls_settings){.until = MONTH + 5000};
        open_seed(1, *v);
        fetch(false);
        export();
        sleep_s(3000);
        import(MIDGE_OK);
        fetch(true);
        export();
        sleep_s(1500);
        import(MIDGE_OK);
        sleep_s(1500);
        import(MIDGE_ERR_STALE);
        close_world();
    }
}

static void clocks(void **state)
{
    size_t len;
    (void)state;
    open_world(0);
    fetch(false);
    export();
    midge_sim_set_date(w.sim, -1);
    assert_int_equal(midge_sessions_export(w.client, block + 4096, 4096, &len), MIDGE_ERR_CLOCK);
    sleep_s(10);
    import(MIDGE_ERR_CLOCK);
    midge_sim_set_date(w.sim, MIDGE_TIME_FLOOR - 1);
    import(MIDGE_ERR_CLOCK);
    midge_sim_set_date(w.sim, MONTH - 100000); /* before it was made */
    import(MIDGE_ERR_STALE);
    midge_sim_set_date(w.sim, MONTH + 10);
    import(MIDGE_OK);
    fetch(true);
    close_world();
}

/* A session that came before the clock was set has no known age: it does not leave. */
static void late_clock(void **state)
{
    (void)state;
    open_world(0);
    midge_sim_set_date(w.sim, -1);
    fetch(false);
    midge_sim_set_date(w.sim, MONTH);
    export();
    assert_int_equal(block_len, empty_len());
    fetch(true); /* it is used all the same, and may bring another one */
    close_world();
}

/* --- used once --- */

/* A resumed handshake, but the server is silent behind it: no new ticket comes. */
static void fetch_in_vain(void)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, HOST);
    struct midge_sim_cut cut = {.kind = MIDGE_SIM_CUT_STALL, .at = 100};
    bool resumed;
    do {
        export();
        sleep_s(1);
        import(MIDGE_OK);
        midge_sim_set_cut(host, &cut);
        sim_get_init(&w, &get, URL);
        get.request.timeouts.total_ms = 1000;
        sim_get_start(&w, &get);
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_ERR_TIMEOUT, 0, NULL);
        resumed = get.result.resumed != 0;
        midge_sim_set_cut(host, NULL);
        if (!resumed) { /* the session is forgotten: anew */
            fetch(false);
        }
        cut.at += 4;
    } while (!resumed);
}

/* A ticket of TLS 1.3 that was offered does not leave, also if no other one came; a session of TLS
   1.2 does (RFC 8446 C.4). */
static void offered(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(*v);
        fetch(false);
        fetch_in_vain();
        export();
        assert_int_equal(block_len == empty_len(), *v == MIDGE_TLS_1_3);
        close_world();
    }
}

/* A server that has lost its keys: a full handshake, and the old session is forgotten. */
static void refused(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(*v);
        fetch(false);
        export();
        sleep_s(10);
        import(MIDGE_OK);
        midge__sim_tls_close(tls);
        server.tickets = SIM_TLS_NO_TICKETS;
        tls = midge__sim_tls_open(&server);
        assert_int_equal(midge__sim_listen(w.sim, HOST, 443, &midge__sim_tls_peer, tls), MIDGE_OK);
        fetch(false);
        assert_int_equal(get.result.connects, 1);
        export(); /* TLS 1.2 has a new session, with an id */
        assert_int_equal(block_len == empty_len(), *v == MIDGE_TLS_1_3);
        fetch(false);
        close_world();
    }
}

/* --- identities --- */

struct override {
    const char *name;
    struct midge_request request;
};

/* A session is used by a request of the same identity only. */
static void identities(void **state)
{
    static const struct midge_proxy proxy = {.host = "10.0.0.1", .port = 8080};
    const struct override overrides[] = {
        {"none", {.url = URL}},
        {"connect_host", {.url = URL, .connect_host = "10.0.0.1"}},
        {"skip", {.url = URL, .dangerously_skip_verification = 1}},
        {"servername", {.url = URL, .servername = "other.test"}},
        {"port", {.url = URL, .connect_port = 444}},
        {"min_tls", {.url = URL, .min_tls = MIDGE_TLS_1_2}},
        {"max_tls", {.url = URL, .max_tls = MIDGE_TLS_1_2}},
        {"family", {.url = URL, .family = 4}},
        {"proxy", {.url = URL, .proxy = &proxy}},
    };
    enum { N = sizeof overrides / sizeof overrides[0] };
    (void)state;
    for (unsigned made = 0; made < N; made++) {
        server = (struct sim_tls_settings){.names = HOST};
        open_seed(1, 0);
        server.names = HOST " other.test";
        midge__sim_tls_close(tls);
        tls = midge__sim_tls_open(&server);
        for (uint16_t port = 443; port <= 444; port++) {
            assert_int_equal(midge__sim_listen(w.sim, HOST, port, &midge__sim_tls_peer, tls),
                             MIDGE_OK);
        }
        assert_int_equal(midge__sim_listen(w.sim, HOST, 8080, &midge__sim_http,
                                           midge__sim_site(midge_sim_add_host(w.sim, HOST), 8080)),
                         MIDGE_OK);
        static const struct midge_header close = {"Connection", "close"};
        for (unsigned used = 0; used <= N; used++) {
            const struct override *o = &overrides[used == 0 ? made : used - 1];
            if (used == 1) {
                export();
            }
            if (used > 0) {
                sleep_s(10);
                import(MIDGE_OK);
            }
            sim_get_init(&w, &get, URL);
            struct midge_sink *sink = get.request.sink;
            get.request = o->request;
            get.request.sink = sink;
            get.request.ctx = &get;
            get.request.on_done = sim_get_done;
            get.request.headers = &close;
            get.request.n_headers = 1;
            sim_get_start(&w, &get);
            sim_world_run(&w);
            if (strcmp(o->name, "proxy") == 0) { /* this one opens no tunnel */
                sim_get_ended(&get, MIDGE_ERR_PROXY, 0, NULL);
                continue;
            }
            sim_get_ended(&get, MIDGE_OK, 200, "hello");
            if (get.result.resumed != (used > 0 && used - 1 == made)) {
                print_error("%s with the session of %s\n", o->name, overrides[made].name);
            }
            assert_int_equal(get.result.resumed, used > 0 && used - 1 == made);
        }
        close_world();
    }
}

/* Sessions of many servers; the client's own ones stay. */
static void many(void **state)
{
    char url[40];
    (void)state;
    open_world(0);
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "*.many.test");
    assert_int_equal(midge_sim_use_tls(host, 443, NULL), MIDGE_OK);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    enum { N = MIDGE_MAX_SESSIONS + 3 };
    for (unsigned i = 0; i < N; i++) {
        (void)snprintf(url, sizeof url, "https://h%u.many.test/", i);
        fetch_url(url, false);
    }
    size_t size = midge_sessions_size(w.client), len;
    uint8_t *all = malloc(size);
    assert_non_null(all);
    assert_int_equal(midge_sessions_export(w.client, all, size, &len), MIDGE_OK);
    sleep_s(10);
    assert_int_equal(midge_sessions_import(w.client, all, len), MIDGE_OK);
    for (unsigned i = 0; i < N; i++) {
        (void)snprintf(url, sizeof url, "https://h%u.many.test/", N - 1 - i);
        fetch_url(url, i < MIDGE_MAX_SESSIONS);
    }
    free(all);
    close_world();
}

/* --- faults --- */

/* Each allocation of an import and of the resumed request behind it fails. */
static void allocations(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(*v);
        fetch(false);
        export();
        bool failed = true;
        for (uint32_t nth = 1; failed; nth++) {
            struct midge_stats stats;
            uint8_t copy[sizeof block];
            config.fail_alloc = 0;
            sleep_s(1);
            midge_client_stats(w.client, &stats);
            config.fail_alloc = (uint32_t)stats.alloc_calls + nth;
            sleep_s(1);
            memcpy(copy, block, block_len);
            int err = midge_sessions_import(w.client, copy, block_len);
            failed = err != MIDGE_OK;
            assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
            assert_true(is_wiped(copy, block_len));
            uint8_t again[sizeof block];
            size_t len;
            assert_int_equal(midge_sessions_export(w.client, again, sizeof again, &len), MIDGE_OK);
            assert_int_equal(len == empty_len(), failed);
        }
        close_world();
    }
}

/* --- the example, with faults: each allocation and each call of the port fails once --- */

static struct {
    struct wake_memory memory;
    uint8_t bytes[4096];
    size_t len;
} flash;

static size_t flash_take(struct wake_memory *memory, uint8_t *bytes, size_t cap)
{
    size_t len = flash.len;
    (void)memory;
    assert_true(len <= cap);
    memcpy(bytes, flash.bytes, len);
    flash.len = 0;
    return len;
}

static int flash_keep(struct wake_memory *memory, const uint8_t *bytes, size_t len)
{
    (void)memory;
    memcpy(flash.bytes, bytes, len);
    flash.len = len;
    return MIDGE_OK;
}

static struct midge_stats closed;

/* One life of the device; the error of opening it, or of its post. */
static int wake(struct midge_result *result)
{
    static const struct midge_request post = {.url = URL,
                                              .method = "POST",
                                              .body = "21.5",
                                              .body_len = 4,
                                              .timeouts = {.total_ms = 5000}};
    static uint8_t scratch[sizeof flash.bytes];
    struct midge_client *client;
    flash.memory = (struct wake_memory){flash_take, flash_keep};
    *result = (struct midge_result){.error = MIDGE_OK};
    closed = (struct midge_stats){.alloc_live = 0};
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        err = wake_post(client, &post, &flash.memory, scratch, sizeof scratch, result);
        midge_close(client);
    }
    assert_int_equal(closed.alloc_live, 0);
    assert_string_not_equal(midge_err_name(err), "UNKNOWN");
    return err;
}

static void next_wake(bool resumed)
{
    struct midge_result result;
    assert_int_equal(wake(&result), MIDGE_OK);
    assert_int_equal(result.status, 200);
    assert_int_equal(result.resumed, resumed);
}

static void prepare_wakes(uint8_t version)
{
    open_world(version);
    config.port = midge_sim_port(w.sim);
    config.memory = NULL;
    config.alloc = NULL;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    assert_non_null(config.memory);
    config.stats_at_close = &closed;
    flash.len = 0;
    next_wake(false);
    next_wake(true);
}

static void end_wakes(void)
{
    free(config.memory);
    close_world();
}

/* Of dear points one in so many; all with MIDGE_TORTURE=full. */
static uint32_t stride(uint8_t version)
{
    const char *asked = getenv("MIDGE_TORTURE");
    return version == MIDGE_TLS_1_2 || (asked != NULL && strcmp(asked, "full") == 0) ? 1 : 17;
}

static void wakes_without_memory(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        struct midge_result result;
        unsigned failed = 0, points = 0;
        prepare_wakes(*v);
        const uint32_t n = (uint32_t)closed.alloc_calls;
        for (uint32_t nth = 1; nth <= n; nth += stride(*v)) {
            config.fail_alloc = nth;
            failed += wake(&result) != MIDGE_OK;
            config.fail_alloc = 0;
            assert_int_equal(wake(&result), MIDGE_OK);
            next_wake(true);
            points++;
        }
        print_message("TLS %u: %u of %u allocations, %u wakes failed\n", *v, points, n, failed);
        end_wakes();
    }
}

static void wakes_with_faults(void **state)
{
    static const int errors[] = {ECONNRESET, ENOMEM, EAGAIN};
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        struct midge_result result;
        unsigned failed = 0, points = 0;
        prepare_wakes(*v);
        for (int call = 0; call < MIDGE_SIM_FILE; call++) {
            const uint32_t before = midge_sim_calls(w.sim, (enum midge_sim_call)call);
            next_wake(true);
            const uint32_t n = midge_sim_calls(w.sim, (enum midge_sim_call)call) - before;
            for (uint32_t nth = 1; nth <= n; nth++) {
                for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
                    (void)midge_sim_fail(w.sim, (enum midge_sim_call)call, nth, errors[e], 0);
                    failed += wake(&result) != MIDGE_OK;
                    (void)midge_sim_fail(w.sim, (enum midge_sim_call)call, 0, 0, 0);
                    assert_int_equal(wake(&result), MIDGE_OK);
                    next_wake(true);
                    points++;
                }
            }
        }
        print_message("TLS %u: %u calls of the port, %u wakes failed\n", *v, points, failed);
        end_wakes();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nights),
        cmocka_unit_test(unsealed),
        cmocka_unit_test(none),
        cmocka_unit_test(damaged),
        cmocka_unit_test(foreign),
        cmocka_unit_test(other_trust),
        cmocka_unit_test(other_pins),
        cmocka_unit_test(other_psk),
        cmocka_unit_test(other_credential),
        cmocka_unit_test(arguments),
        cmocka_unit_test(entropy_fails),
        cmocka_unit_test(fresh_nonces),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(expiry),
        cmocka_unit_test(clocks),
        cmocka_unit_test(late_clock),
        cmocka_unit_test(offered),
        cmocka_unit_test(refused),
        cmocka_unit_test(identities),
        cmocka_unit_test(many),
        cmocka_unit_test(allocations),
        cmocka_unit_test(wakes_without_memory),
        cmocka_unit_test(wakes_with_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
