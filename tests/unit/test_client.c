/* SPDX-License-Identifier: MIT */
/* The client and its turn: start to completion, ids, cancel and close in every place, budgets. */
#include "fake_port.h"

#define URL   "http://example.com/"
#define OTHER "http://other.test:81/"

/* --- from start to completion --- */

static void one_get(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_get(&p, &w, "http://example.com/x?y");
    assert_int_equal(midge_done(w.client, p.id), 0);
    world_run(&w);
    assert_string_equal(p.url, "GET http://example.com/x?y");
    assert_true(fake_sent_has(&w.fake, 0, "GET /x?y HTTP/1.1\r\nHost: example.com\r\n"));
    assert_int_equal(p.result.connection, 1);
    assert_int_equal(p.result.connects, 1);
    assert_int_equal(p.result.reused, 0);
    assert_true(p.result.memory_peak > 0);
    assert_int_equal(p.complete, MIDGE_COMPLETE_YES);
    probe_is_hello(&p);
    assert_int_equal(midge_done(w.client, p.id), MIDGE_ERR_STALE);
    struct midge_stats stats = world_stats(&w);
    assert_int_equal(stats.requests, 1);
    assert_int_equal(stats.failed, 0);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.open_connections, 1);
    assert_int_equal(w.fake.socks[0].port, 80);
    world_close(&w);
}

static void byte_by_byte(void **state)
{
    static const struct fake_script slow = {
        .recv_slice = 1, .send_slice = 1, .steps = {REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &slow);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.writes, 5);
    probe_is_hello(&p);
    world_close(&w);
}

static void fifty(void **state)
{
    static const struct midge_config config = {.max_connections = 3, .max_per_origin = 2};
    struct world w;
    static struct probe p[50];
    (void)state;
    world_open(&w, &config);
    for (unsigned i = 0; i < 50; i++) {
        probe_get(&p[i], &w, i % 2 ? URL : OTHER);
    }
    world_run(&w);
    for (unsigned i = 0; i < 50; i++) {
        probe_is_hello(&p[i]);
    }
    assert_true(w.fake.peak_open <= 3);
    assert_true(world_stats(&w).connections < 20);
    world_close(&w);
}

static void keep_alive_reuse(void **state)
{
    static const struct midge_config config = {.keep_alive_ms = 500};
    struct world w;
    struct probe p[3];
    (void)state;
    world_open(&w, &config);
    for (unsigned i = 0; i < 2; i++) {
        probe_get(&p[i], &w, URL);
        world_run(&w);
        assert_int_equal(p[i].result.connection, 1);
        assert_int_equal(p[i].result.reused, i);
        assert_int_equal(p[i].result.connects, i == 0);
        probe_is_hello(&p[i]);
    }
    world_pass(&w, 499);
    assert_int_equal(world_stats(&w).open_connections, 1);
    const uint64_t turns = world_stats(&w).turns;
    world_turns(&w, 3);
    assert_int_equal(world_stats(&w).turns, turns + 3);
    world_pass(&w, 2);
    world_turns(&w, 2);
    assert_int_equal(world_stats(&w).open_connections, 0);
    probe_get(&p[2], &w, URL);
    world_run(&w);
    assert_int_equal(p[2].result.connection, 2);
    probe_is_hello(&p[2]);
    assert_int_equal(w.fake.lookups, 2); /* the origin was forgotten with its last connection */
    world_close(&w);
}

/* What a server says or does on an idle connection ends it. */
static void idle_connection_ends(void **state)
{
    static const struct fake_script fin = {.steps = {REQUEST, SAY(HELLO), WAIT(10), FIN}};
    static const struct fake_script reset = {.steps = {REQUEST, SAY(HELLO), WAIT(10), RESET}};
    static const struct fake_script talks = {.steps = {REQUEST, SAY(HELLO), WAIT(10), SAY("?")}};
    static const struct fake_script *const scripts[] = {&fin, &reset, &talks};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct world w;
        struct probe p[2];
        world_open(&w, NULL);
        fake_next(&w.fake, scripts[i]);
        probe_get(&p[0], &w, URL);
        world_run(&w);
        probe_is_hello(&p[0]);
        if (i == 0) { /* seen by the poll */
            world_pass(&w, 20);
            world_turns(&w, 2);
            assert_int_equal(world_stats(&w).open_connections, 0);
        } else { /* seen at reuse */
            w.fake.now_ms += 20;
        }
        probe_get(&p[1], &w, URL);
        world_run(&w);
        assert_int_equal(p[1].result.connection, 2);
        assert_int_equal(p[1].result.retries, 0);
        probe_is_hello(&p[1]);
        world_close(&w);
    }
}

static void unsolicited_bytes(void **state)
{
    static const struct fake_script more = {.steps = {REQUEST, SAY(HELLO "HTTP/1.1 200 OK\r\n")}};
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &more);
    for (unsigned i = 0; i < 2; i++) {
        probe_get(&p[i], &w, URL);
        world_run(&w);
        assert_int_equal(p[i].result.connection, i + 1);
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

static void base_url_and_headers(void **state)
{
    static const struct midge_header session[] = {
        {"X-Session", "s"}, {"Authorization", "Basic c2Vzc2lvbg=="}, {"Accept", NULL}};
    static const struct midge_header own[] = {{"x-session", "mine"}};
    static const struct midge_config config = {
        .base_url = "http://api.test/v1/", .headers = session, .n_headers = 3};
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, &config);
    probe_get(&p[0], &w, "items?id=1");
    world_run(&w);
    probe_is_hello(&p[0]);
    assert_true(fake_sent_has(&w.fake, 0, "GET /v1/items?id=1 HTTP/1.1\r\nHost: api.test\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "X-Session: s\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "Authorization: Basic c2Vzc2lvbg==\r\n"));
    assert_false(fake_sent_has(&w.fake, 0, "Accept:"));
    w.fake.socks[0].sent_len = w.fake.socks[0].request_at = 0;
    probe_init(&p[1], &w, "/other");
    p[1].request.headers = own;
    p[1].request.n_headers = 1;
    p[1].request.bearer = "token";
    probe_start(&p[1]);
    world_run(&w);
    probe_is_hello(&p[1]);
    assert_true(fake_sent_has(&w.fake, 0, "GET /other HTTP/1.1\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "x-session: mine\r\n"));
    assert_false(fake_sent_has(&w.fake, 0, "X-Session"));
    assert_true(fake_sent_has(&w.fake, 0, "Authorization: Bearer token\r\n"));
    assert_false(fake_sent_has(&w.fake, 0, "Basic"));
    world_close(&w);
}

/* Only a scheme makes a reference absolute; a base takes three bytes for each that is not ASCII. */
static void base_url_and_odd_ones(void **state)
{
    static const struct {
        const char *base, *url, *sent;
    } cases[] = {
        {"http://a.test/v1/", "find?next=http://b.test/", "GET /v1/find?next=http://b.test/ HTTP"},
        {"http://a.test/v1/", "./a:b://c", "GET /v1/a:b://c HTTP"},
        {"http://a.test/\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc/", "x",
         "GET /%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC/x HTTP"},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct world w;
        struct probe p;
        world_open(&w, &(struct midge_config){.base_url = cases[i].base});
        probe_get(&p, &w, cases[i].url);
        world_run(&w);
        probe_is_hello(&p);
        assert_true(fake_sent_has(&w.fake, 0, cases[i].sent));
        world_close(&w);
    }
}

/* In a URL that a person wrote, a space or '%' of its own is a mistake; in a Location it is not. */
static void base_url_and_mistakes(void **state)
{
    static const char *const urls[] = {"a b", "?q=100%", "/%zz"};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.base_url = "http://a.test/v1/"});
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(urls); i++) {
        probe_init(&p, &w, urls[i]);
        assert_int_equal(midge_start(w.client, &p.request, &p.id), MIDGE_ERR_URL);
    }
    world_close(&w);
}

/* RFC 9110 8.6: methods that have a body say so when theirs is empty. */
static void no_body(void **state)
{
    static const struct {
        const char *method;
        bool says;
    } cases[] = {{"GET", false}, {"DELETE", false}, {"POST", true}, {"PUT", true}, {"PATCH", true}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        probe_init(&p, &w, URL);
        p.request.method = cases[i].method;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(fake_sent_has(&w.fake, 0, "Content-Length: 0\r\n"), cases[i].says);
        world_close(&w);
    }
}

static unsigned lines, errors;

static void count_lines(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line)
{
    (void)id;
    assert_ptr_equal(ctx, &lines);
    assert_true(strlen(line) > 3);
    lines++;
    errors += kind == MIDGE_TRACE_ERROR;
}

static int iterate(void *ctx, midge_id id, const struct midge_response *response)
{
    static const char *const expected[] = {"A", "1", "Content-Length", "0", "a", ""};
    size_t at = 0, name_len, value_len;
    const char *name, *value;
    unsigned *n = ctx;
    (void)id;
    while (midge_response_next(response, &at, &name, &name_len, &value, &value_len)) {
        assert_true(*n < 3);
        assert_int_equal(name_len, strlen(expected[*n * 2]));
        assert_memory_equal(name, expected[*n * 2], name_len);
        assert_int_equal(value_len, strlen(expected[*n * 2 + 1]));
        assert_memory_equal(value, expected[*n * 2 + 1], value_len);
        ++*n;
    }
    assert_null(midge_response_header(response, "b", &at));
    assert_string_equal(response->reason, "Fine");
    assert_string_equal(response->url, URL "x");
    return MIDGE_OK;
}

static int heads[4];
static unsigned n_heads;

static void on_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    struct probe *p = ctx;
    size_t len;
    assert_int_equal(id, p->id);
    assert_int_equal(p->responses, 0);
    assert_string_equal(response->url, URL);
    if (response->status == 103) {
        assert_memory_equal(midge_response_header(response, "link", &len), "</a>", 4);
        assert_int_equal(len, 4);
    }
    heads[n_heads++] = response->status;
}

static void interim_heads(void **state)
{
    static const struct fake_script script = {
        .steps = {REQUEST, SAY("HTTP/1.1 100 Continue\r\n\r\n"), WAIT(5),
                  SAY("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    n_heads = 0;
    world_open(&w, NULL);
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.on_interim = on_interim;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(n_heads, 2);
    assert_int_equal(heads[0], 100);
    assert_int_equal(heads[1], 103);
    world_close(&w);
}

static enum midge_peer_event peer_events[4];
static unsigned n_peer_events;

static void on_peer(void *ctx, const struct midge_peer *peer)
{
    assert_ptr_equal(ctx, peer_events);
    assert_string_equal(peer->host, "example.com");
    assert_int_equal(peer->connection, 1);
    assert_int_equal(peer->port, 80);
    assert_int_equal(peer->address->family, 4);
    assert_string_equal(peer->cipher, "");
    peer_events[n_peer_events++] = peer->event;
}

static void peers_are_told(void **state)
{
    static const struct midge_config config = {.on_peer = on_peer, .trace_ctx = peer_events};
    struct world w;
    struct probe p;
    (void)state;
    n_peer_events = 0;
    world_open(&w, &config);
    fake_next(&w.fake, &fake_hello);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(n_peer_events, 2);
    assert_int_equal(peer_events[0], MIDGE_PEER_TRYING);
    assert_int_equal(peer_events[1], MIDGE_PEER_CONNECTED);
    world_close(&w);
}

static void response_and_trace(void **state)
{
    static const struct midge_config config = {.trace = count_lines, .trace_ctx = &lines};
    static const struct fake_script script = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 Fine\r\nA: 1 \r\nContent-Length: 0\r\na:\r\n\r\n"),
                  REQUEST, SAY("?")}};
    struct world w;
    unsigned n = 0;
    midge_id id;
    struct midge_result r;
    (void)state;
    lines = errors = 0;
    world_open(&w, &config);
    fake_next(&w.fake, &script);
    struct midge_request get = {.url = URL "x", .on_response = iterate, .ctx = &n};
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(n, 3);
    assert_true(lines >= 3);
    assert_int_equal(errors, 0);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_PROTOCOL);
    assert_int_equal(r.error, MIDGE_ERR_PROTOCOL);
    assert_int_equal(errors, 1);
    world_close(&w);
}

static void bad_starts(void **state)
{
    static char name[257]; /* one byte too long */
    memset(name, 'n', sizeof name - 1);
    static const struct midge_header bad[] = {{"X", "a\r\nb"}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    struct {
        struct midge_request request;
        int err;
    } rows[] = {
        {{.url = NULL}, MIDGE_ERR_INVALID},
        {{.url = ""}, MIDGE_ERR_URL},
        {{.url = URL, .connect_host = name}, MIDGE_ERR_URL},
        {{.url = URL, .servername = name}, MIDGE_ERR_URL},
        {{.url = "http://"}, MIDGE_ERR_URL},
        {{.url = "http://a b/"}, MIDGE_ERR_URL},
        {{.url = "relative"}, MIDGE_ERR_URL},
        {{.url = "ftp://a/"}, MIDGE_ERR_SCHEME},
        {{.url = URL, .headers = bad, .n_headers = 1}, MIDGE_ERR_HEADER},
        {{.url = URL, .n_headers = 1}, MIDGE_ERR_INVALID},
        {{.url = URL, .method = "GE T"}, MIDGE_ERR_HEADER},
        {{.url = URL, .bearer = "a\nb"}, MIDGE_ERR_HEADER},
        {{.url = URL, .content_type = "a\nb"}, MIDGE_ERR_HEADER},
        {{.url = URL, .body = "x", .body_len = 1, .source = &p.source}, MIDGE_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        midge_id id = 0;
        probe_init(&p, &w, NULL);
        p.request.url = rows[i].request.url;
        rows[i].request.sink = &p.sink;
        rows[i].request.ctx = &p;
        rows[i].request.on_done = probe_on_done;
        int err = midge_start(w.client, &rows[i].request, &id);
        if (err != rows[i].err) {
            fail_msg("row %zu: %s", i, midge_err_name(err));
        }
        assert_int_equal(id, 0);
        assert_int_equal(p.dones + p.sink_finishes + p.source_finishes, 0);
        assert_int_equal(world_stats(&w).alloc_live, w.live);
    }
    struct midge_request get = {.url = URL};
    assert_int_equal(midge_start(w.client, &get, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_start(NULL, &get, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_poll(w.client, -1), 0);
    assert_int_equal(midge_next_timeout(w.client), -1);
    world_close(&w);
}

/* A source's length is the body's, whatever body_len holds. */
static void source_of_no_bytes(void **state)
{
    static const struct midge_header own[] = {{"Content-Length", "0"}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    probe_source(&p, 0, 0);
    p.request.headers = own;
    p.request.n_headers = 1;
    p.request.body_len = 7;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_true(fake_sent_has(&w.fake, 0, "Content-Length: 0\r\n"));
    world_close(&w);
}

static void failing_poll(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_get(&p, &w, URL);
    w.fake.fail_polls = 1;
    assert_int_equal(midge_poll(w.client, -1), MIDGE_ERR_PORT);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* --- ids and results --- */

static void results_once(void **state)
{
    struct world w;
    struct midge_result r;
    struct midge_request get = {.url = URL};
    midge_id id, older;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_ERR_AGAIN);
    world_run(&w);
    assert_int_equal(midge_done(w.client, id), 1);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK); /* nothing happens */
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(r.id, id);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_len, 5);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_ERR_STALE);
    assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_detach(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_resume(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, NULL), MIDGE_ERR_STALE);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_STALE);
    assert_int_equal(r.error, MIDGE_ERR_STALE);
    assert_int_equal(r.status, 0);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_ERR_STALE);
    older = id;
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_not_equal(id, older);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.status, 200);
    assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_take(w.client, 0, &r), MIDGE_ERR_STALE);
    assert_int_equal(midge_take(w.client, UINT32_MAX, &r), MIDGE_ERR_STALE);
    world_close(&w);
}

static void canceled_is_taken_once(void **state)
{
    struct world w;
    struct midge_result r;
    struct midge_request get = {.url = URL};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.error, MIDGE_ERR_CANCELED);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_ERR_STALE);
    assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
    /* With a callback of its own both see it, each once. */
    struct probe p;
    probe_get(&p, &w, URL);
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    assert_int_equal(midge_take(w.client, p.id, &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, p.id, &r), MIDGE_ERR_STALE);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    world_close(&w);
}

static void detached(void **state)
{
    struct world w;
    struct midge_request get = {.url = URL};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_detach(w.client, id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(w.fake.socks[0].requests, 1);
    assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(midge_detach(w.client, id), MIDGE_OK);
    assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
    world_close(&w);
}

static void watched(void **state)
{
    struct world w;
    struct probe p;
    struct midge_request get = {.url = URL};
    struct midge_result r;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, &p), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, &p), MIDGE_ERR_BUSY);
    assert_int_equal(midge_watch(w.client, id, NULL, NULL), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, &p), MIDGE_OK);
    world_run(&w);
    assert_int_equal(p.watches, 1);
    /* After the end: in the next turn, which comes at once. */
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, &p), MIDGE_OK);
    assert_int_equal(p.watches, 1);
    assert_int_equal(midge_next_timeout(w.client), 0);
    world_turn(&w, -1);
    assert_int_equal(p.watches, 2);
    world_turns(&w, 3);
    assert_int_equal(p.watches, 2);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_ERR_STALE);
    /* on_done and a watch: both, and the result stays for the watcher. */
    probe_get(&p, &w, URL);
    assert_int_equal(midge_watch(w.client, p.id, probe_on_watch, &p), MIDGE_OK);
    world_run(&w);
    assert_int_equal(p.watches, 1);
    probe_is_hello(&p);
    assert_int_equal(midge_take(w.client, p.id, &r), MIDGE_OK);
    world_close(&w);
}

/* A request's result that is passed on stays whole, at any time of the clock. */
static void passed_on_whole(void **state)
{
    struct world w;
    struct midge_request get = {.url = URL};
    struct midge_result r;
    midge_id id, id2;
    (void)state;
    memset(&w, 0, sizeof w);
    fake_init(&w.fake);
    w.fake.now_ms = 0;
    world_start(&w);
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_timeout(w.client, id, 100, &id2), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id2, &r), MIDGE_OK);
    assert_int_equal(r.t.start_us, 0);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_len, 5);
    assert_int_equal(r.is_request, 1);
    assert_int_equal(r.id, id2);
    /* An application's own may have no URL. */
    assert_int_equal(midge_future(w.client, NULL, NULL, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_future(NULL, NULL, NULL, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_future(w.client, NULL, NULL, &id), MIDGE_OK);
    r.url = NULL;
    assert_int_equal(midge_future_complete(w.client, id, &r), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_null(r.url);
    assert_int_equal(r.status, 200);
    /* A sleep's costs nothing beside. */
    assert_int_equal(midge_sleep(w.client, 1, &id), MIDGE_OK);
    assert_int_equal(midge_timeout(w.client, id, 100, &id2), MIDGE_OK);
    size_t live = world_stats(&w).alloc_live;
    world_run(&w);
    assert_true(world_stats(&w).alloc_live < live);
    assert_int_equal(midge_take(w.client, id2, &r), MIDGE_OK);
    assert_int_equal(r.is_request, 0);
    /* Canceled in the queue: of a request all the same. */
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_take(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.is_request, 1);
    world_close(&w);
}

static void no_slot(void **state)
{
    static const struct midge_config config = {.max_awaitables = 4};
    struct world w;
    struct probe p[4], late;
    midge_id id = 0;
    (void)state;
    world_open(&w, &config);
    for (unsigned i = 0; i < 4; i++) {
        probe_get(&p[i], &w, URL);
    }
    size_t live = world_stats(&w).alloc_live;
    probe_init(&late, &w, URL);
    assert_int_equal(midge_start(w.client, &late.request, &late.id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(midge_sleep(w.client, 1, &id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(midge_future(w.client, NULL, NULL, &id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(late.sink_finishes + late.dones, 0);
    assert_int_equal(world_stats(&w).alloc_live, live);
    world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        probe_is_hello(&p[i]);
    }
    probe_start(&late);
    world_run(&w);
    probe_is_hello(&late);
    world_close(&w);
}

static void copies_unless_borrowed(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    for (unsigned borrow = 0; borrow < 2; borrow++) {
        char url[] = URL "path", name[] = "X-Name", value[] = "value", method[] = "PATCH";
        char bearer[] = "secret", type[] = "text/plain";
        struct midge_header header = {name, value};
        world_open(&w, NULL);
        probe_init(&p[0], &w, url);
        p[0].request.headers = &header;
        p[0].request.n_headers = 1;
        p[0].request.method = method;
        p[0].request.bearer = bearer;
        p[0].request.content_type = type;
        p[0].request.borrow = (uint8_t)borrow;
        probe_start(&p[0]);
        if (!borrow) {
            memset(url, '?', sizeof url - 1);
            memset(name, '?', sizeof name - 1);
            memset(value, '?', sizeof value - 1);
            memset(method, '?', sizeof method - 1);
            memset(bearer, '?', sizeof bearer - 1);
            memset(type, '?', sizeof type - 1);
            memset(&header, 0, sizeof header);
            struct midge_request gone = p[0].request;
            memset(&p[0].request, 0, sizeof p[0].request);
            p[0].request.sink = gone.sink;
        }
        world_run(&w);
        probe_is_hello(&p[0]);
        assert_true(fake_sent_has(&w.fake, 0, "PATCH /path HTTP/1.1\r\n"));
        assert_true(fake_sent_has(&w.fake, 0, "X-Name: value\r\n"));
        assert_true(fake_sent_has(&w.fake, 0, "Authorization: Bearer secret\r\n"));
        assert_true(fake_sent_has(&w.fake, 0, "Content-Type: text/plain\r\n"));
        world_close(&w);
    }
}

/* --- cancel and close, in every state and callback --- */

#define TRAILED                                                                                    \
    SAY("HTTP/1.1 100 Continue\r\n\r\n"),                                                          \
        SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"), WAIT(5), SAY("\r\n"),            \
        SAY("5\r\nhel"), WAIT(5), SAY("lo\r\n"), SAY("2\r\n!!\r\n0\r\n"),                          \
        SAY("A: b\r\nC: d\r\n\r\n")

static const struct fake_script trailed = {
    .connect_ms = 5, .send_slice = 100, .recv_slice = 7, .steps = {REQUEST, WAIT(5), TRAILED}};

/* A request that goes through everything: lookup, connect, chunked source, 1xx, trailers. */
static void everything(struct world *w, struct probe *p)
{
    w->fake.names[0] = (struct fake_name){.host = "all.test", .ms = 5};
    w->fake.n_names = 1;
    fake_listen(&w->fake, 99, &trailed);
    probe_init(p, w, "http://all.test:99/");
    probe_source(p, 3000, -1);
    p->hungry = p->hunger = 1;
    p->piece = 500;
}

/* Feeds the source when it is hungry: a turn that waits moves the clock, so no turn may wait. */
static bool everything_turn(struct world *w, struct probe *p)
{
    assert_true(++w->turns < 100000);
    int live = midge_poll(w->client, 1);
    assert_true(live >= 0);
    if (w->released == 0 && p->id != 0) {
        (void)midge_resume(w->client, p->id);
    }
    return live > 0;
}

static void everything_works(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    everything(&w, &p);
    probe_start(&p);
    while (everything_turn(&w, &p)) {
    }
    assert_int_equal(p.len, 7);
    assert_memory_equal(p.body, "hello!!", 7);
    assert_int_equal(p.trailers, 2);
    assert_string_equal(p.trailer, "C=d");
    assert_int_equal(p.given, 3000);
    assert_int_equal(p.responses, 1);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* k turns, then cancel or close from outside; k until it would have been complete. */
static void end_after_turns(bool close)
{
    bool more = true;
    for (unsigned k = 0; more; k++) {
        struct world w;
        struct probe p, queued;
        world_open(&w, &(struct midge_config){.max_connections = 1});
        everything(&w, &p);
        probe_start(&p);
        probe_get(&queued, &w, URL);
        for (unsigned i = 0; i < k; i++) {
            more = everything_turn(&w, &p);
        }
        if (close) {
            midge_close(w.client);
            assert_int_equal(w.released, 1);
            probe_ended(&p, p.result.error == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_CLOSED);
            probe_ended(&queued, queued.result.error == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_CLOSED);
        } else {
            (void)midge_cancel(w.client, p.id);
            assert_int_equal(p.sink_finishes, 1); /* at once */
            world_run(&w);
            probe_ended(&p, p.result.error == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_CANCELED);
            probe_is_hello(&queued);
        }
        world_close(&w);
        assert_true(k < 500);
    }
}

static void cancel_after_turns(void **state)
{
    (void)state;
    end_after_turns(false);
}

static void close_after_turns(void **state)
{
    (void)state;
    end_after_turns(true);
}

static void act_cancel(struct probe *p)
{
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
}

static void act_cancel_twice(struct probe *p)
{
    act_cancel(p);
    act_cancel(p);
}

static void act_cancel_other(struct probe *p)
{
    (void)midge_cancel(p->w->client, p->other->id);
}

static void act_close(struct probe *p)
{
    midge_close(p->w->client);
    assert_int_equal(p->w->released, 0); /* the block stays until the outermost call returns */
    struct midge_request get = {.url = URL};
    midge_id id;
    assert_true(midge_start(p->w->client, &get, &id) < 0);
    midge_close(p->w->client);
}

static void act_cancel_close(struct probe *p)
{
    act_cancel(p);
    act_close(p);
}

static void act_start(struct probe *p)
{
    probe_start(p->other);
}

static void act_cancel_start(struct probe *p)
{
    act_cancel(p);
    probe_start(p->other);
}

static void act_resume(struct probe *p)
{
    (void)midge_resume(p->w->client, p->id);
}

static void act_detach(struct probe *p)
{
    assert_int_equal(midge_detach(p->w->client, p->id), MIDGE_OK);
}

static void act_take(struct probe *p)
{
    struct midge_result r;
    int err = midge_take(p->w->client, p->id, &r);
    assert_int_equal(err, p->dones > 0 ? MIDGE_OK : MIDGE_ERR_AGAIN);
    if (p->dones > 0) {
        assert_int_equal(midge_take(p->w->client, p->id, &r), MIDGE_ERR_STALE);
    }
}

static void act_cancel_take(struct probe *p)
{
    struct midge_result r;
    act_cancel(p);
    (void)midge_take(p->w->client, p->id, &r);
    (void)midge_take(p->w->client, p->id, &r);
}

static void act_nest(struct probe *p)
{
    struct midge_result r;
    assert_int_equal(midge_poll(p->w->client, 0), MIDGE_ERR_INVALID);
    assert_int_equal(midge_wait(p->w->client, p->id, &r), MIDGE_ERR_INVALID);
}

/* What p must end with when act ran at `where`; `other` (if it ran) is fine unless canceled. */
static void act_in(void (*act)(struct probe *), enum where where, unsigned nth, bool start_other)
{
    struct world w;
    struct probe p, other;
    bool closes = act == act_close || act == act_cancel_close;
    world_open(&w, NULL);
    everything(&w, &p);
    probe_init(&other, &w, OTHER);
    p.at = where;
    p.nth = nth;
    p.act = act;
    p.other = &other;
    if (start_other) {
        static const struct fake_script later = {.steps = {REQUEST, WAIT(1000), SAY(HELLO), LOOP}};
        fake_listen(&w.fake, 81, &later);
        probe_start(&other);
    }
    probe_start(&p);
    if (where == ON_WATCH) {
        assert_int_equal(midge_watch(w.client, p.id, probe_on_watch, &p), MIDGE_OK);
    }
    while (everything_turn(&w, &p)) {
    }
    assert_int_equal(w.released, closes);
    int err = p.result.error;
    bool late = where >= ON_DONE || where == SINK_FINISH || where == SOURCE_FINISH;
    bool ends = closes || act == act_cancel || act == act_cancel_twice || act == act_cancel_start ||
                act == act_cancel_take;
    int expected = !ends || late      ? MIDGE_OK
                   : act == act_close ? MIDGE_ERR_CLOSED
                                      : MIDGE_ERR_CANCELED;
    if (closes && expected != MIDGE_OK) {
        /* The turn goes on after the callback, and may complete it. */
        assert_true(err == expected || (act == act_close && err == MIDGE_OK) ||
                    (act == act_cancel_close && err == MIDGE_ERR_CLOSED));
        expected = err;
    }
    probe_ended(&p, expected);
    if (start_other) {
        int fate = closes                    ? MIDGE_ERR_CLOSED
                   : act == act_cancel_other ? MIDGE_ERR_CANCELED
                                             : MIDGE_OK;
        probe_ended(&other, fate);
    } else if (act == act_start || act == act_cancel_start) {
        probe_is_hello(&other);
    }
    if (!closes && where == ON_WATCH) {
        struct midge_result r;
        (void)midge_take(w.client, p.id, &r);
    }
    if (!closes) {
        assert_int_equal(midge_done(w.client, p.id), MIDGE_ERR_STALE);
    }
    world_close(&w);
}

static void act_everywhere(void (*act)(struct probe *), bool start_other)
{
    for (enum where where = ON_SEND; where < WHERES; where++) {
        act_in(act, where, 1, start_other);
        if (where == SINK_WRITE || where == SOURCE_READ || where == ON_TRAILER) {
            act_in(act, where, 2, start_other);
        }
    }
}

static void cancel_in_callbacks(void **state)
{
    (void)state;
    act_everywhere(act_cancel, false);
    act_everywhere(act_cancel_twice, false);
    act_everywhere(act_cancel_other, true);
    act_everywhere(act_cancel_take, false);
}

static void close_in_callbacks(void **state)
{
    (void)state;
    act_everywhere(act_close, false);
    act_everywhere(act_close, true);
    act_everywhere(act_cancel_close, true);
}

static void start_in_callbacks(void **state)
{
    (void)state;
    act_everywhere(act_start, false);
    act_everywhere(act_cancel_start, false);
}

static void others_in_callbacks(void **state)
{
    (void)state;
    act_everywhere(act_resume, false);
    act_everywhere(act_detach, false);
    act_everywhere(act_take, false);
    act_everywhere(act_nest, false);
}

/* Canceled before its first byte, and the result is not taken for a long time. */
static void cancel_in_on_send(void **state)
{
    (void)state;
    for (unsigned kept = 0; kept < 2; kept++) {
        struct world w;
        struct probe p, first;
        struct midge_result r;
        world_open(&w, NULL);
        if (kept) {
            probe_get(&first, &w, URL);
            world_run(&w);
            probe_is_hello(&first);
        }
        probe_init(&p, &w, URL);
        p.at = ON_SEND;
        p.act = act_cancel;
        p.request.on_done = NULL;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(world_stats(&w).open_connections, 0);
        world_pass(&w, 300000);
        assert_int_equal(midge_resume(w.client, p.id), MIDGE_ERR_STALE);
        assert_int_equal(midge_take(w.client, p.id, &r), MIDGE_OK);
        assert_int_equal(r.error, MIDGE_ERR_CANCELED);
        assert_int_equal(p.sink_finishes, 1);
        world_close(&w);
    }
}

/* midge_cancel from outside, and the callbacks that it runs close the client. */
static void close_within_cancel(void **state)
{
    static const enum where places[] = {SINK_FINISH, SOURCE_FINISH};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p, other;
        world_open(&w, NULL);
        everything(&w, &p);
        p.at = places[i];
        p.act = act_close;
        probe_start(&p);
        probe_get(&other, &w, URL);
        for (unsigned k = 0; k < 5; k++) {
            (void)everything_turn(&w, &p);
        }
        int err = midge_cancel(w.client, p.id);
        assert_int_equal(err, MIDGE_OK);
        assert_int_equal(w.released, 1);
        probe_ended(&p, MIDGE_ERR_CANCELED);
        probe_ended(&other, other.result.error);
        world_close(&w);
    }
}

/* Another request's callback closes the client under midge_wait. */
static void close_within_wait(void **state)
{
    static const struct fake_script never = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    struct midge_result r;
    struct midge_request get = {.url = OTHER};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 81, &never);
    probe_init(&p, &w, URL);
    p.at = ON_DONE;
    p.act = act_close;
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
    probe_start(&p);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_CLOSED);
    assert_int_equal(r.error, MIDGE_ERR_CLOSED);
    assert_int_equal(w.released, 1);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

static void close_idle(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    midge_close(NULL);
    world_open(&w, NULL);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.open, 1);
    midge_close(w.client);
    world_close(&w);
}

/* --- budgets of a turn --- */

static void turn_bytes(void **state)
{
    enum { N = 8, SIZE = 1 << 20, TURN = 16384 };
    static const struct midge_config config = {
        .max_connections = N, .max_per_origin = N, .turn_bytes = TURN};
    static const struct fake_script megabyte = {
        .steps = {REQUEST, SAY(HELLO_LEN("1048576")), FILL(SIZE), LOOP}};
    struct world w;
    static struct probe p[N];
    size_t before = 0;
    int live;
    (void)state;
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &megabyte);
    for (unsigned i = 0; i < N; i++) {
        probe_get(&p[i], &w, URL);
    }
    do {
        live = midge_poll(w.client, -1);
        size_t sum = 0, least = SIZE, most = 0;
        for (unsigned i = 0; i < N; i++) {
            sum += p[i].len;
            least = p[i].len < least ? p[i].len : least;
            most = p[i].len > most ? p[i].len : most;
        }
        assert_true(sum - before <= TURN + MIDGE_RECV_BUFFER);
        assert_true(most - least <= 3 * MIDGE_RECV_BUFFER); /* round robin */
        before = sum;
    } while (live > 0);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(p[i].len, SIZE);
        for (size_t at = 0; at < SIZE; at += 997) {
            assert_int_equal(p[i].body[at], fake_pattern(at));
        }
        probe_ended(&p[i], MIDGE_OK);
    }
    struct midge_stats stats = world_stats(&w);
    assert_true(stats.turn_bytes_peak <= TURN + MIDGE_RECV_BUFFER);
    assert_true(stats.turn_bytes_peak >= TURN);
    world_close(&w);
}

static void turn_bytes_sent(void **state)
{
    enum { N = 4, SIZE = 300000, TURN = 8192 };
    static const struct midge_config config = {.max_per_origin = N, .turn_bytes = TURN};
    static uint8_t body[SIZE];
    struct world w;
    struct probe p[N];
    size_t before = 0;
    int live;
    (void)state;
    world_open(&w, &config);
    for (size_t i = 0; i < SIZE; i++) {
        body[i] = fake_pattern(i);
    }
    for (unsigned i = 0; i < N; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.body = body;
        p[i].request.body_len = SIZE;
        probe_start(&p[i]);
    }
    do {
        live = midge_poll(w.client, -1);
        size_t sum = 0;
        for (unsigned i = 0; i < w.fake.n_socks; i++) {
            sum += w.fake.socks[i].sent_len;
        }
        assert_true(sum - before <= TURN + MIDGE_SEND_BUFFER + MIDGE_RECV_BUFFER);
        before = sum;
    } while (live > 0);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
        const struct fake_sock *s = &w.fake.socks[i];
        assert_memory_equal(s->sent + s->sent_len - SIZE, body, SIZE);
    }
    world_close(&w);
}

static void turn_steps(void **state)
{
    static const struct midge_config config = {
        .max_connections = 8, .max_per_origin = 8, .turn_steps = 4};
    static const struct fake_script slices = {.recv_slice = 3,
                                              .steps = {REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    static struct probe p[8];
    int live;
    (void)state;
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &slices);
    for (unsigned i = 0; i < 8; i++) {
        probe_get(&p[i], &w, URL);
    }
    do {
        live = midge_poll(w.client, -1);
        /* A step is one send and one receive at most; admission connects besides. */
        assert_true(w.fake.calls <= 2 * 4 + 3 * 8);
    } while (live > 0);
    for (unsigned i = 0; i < 8; i++) {
        probe_is_hello(&p[i]);
    }
    world_close(&w);
}

/* --- for foreign loops --- */

static void foreign_loop(void **state)
{
    static const struct midge_config config = {.timeouts = {.first_byte_ms = 700}};
    static const struct fake_script never = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    struct midge_pollfd fds[4];
    (void)state;
    world_open(&w, &config);
    assert_int_equal(midge_next_timeout(w.client), -1);
    assert_int_equal(midge_interest(w.client, fds, 4), 0);
    fake_listen(&w.fake, 80, &never);
    probe_get(&p, &w, URL);
    assert_int_equal(midge_next_timeout(w.client), 0);
    for (unsigned i = 0; i < 20; i++) {
        world_turn(&w, 0);
    }
    assert_int_equal(midge_interest(w.client, fds, 4), 1);
    assert_int_equal(midge_interest(w.client, NULL, 0), 1);
    assert_int_equal(fds[0].sock, 0);
    assert_int_equal(fds[0].events, MIDGE_POLL_IN);
    assert_int_equal(midge_next_timeout(w.client), 700);
    w.fake.now_ms += 300; /* time passes outside of midge_poll */
    assert_int_equal(midge_next_timeout(w.client), 400);
    w.fake.now_ms += 401;
    assert_int_equal(midge_next_timeout(w.client), 0);
    w.fake.now_ms -= 701;
    midge_wake(w.client);
    world_turn(&w, -1);
    assert_int_equal(w.fake.now_ms, 1000);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1700);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    assert_int_equal(p.result.phase, MIDGE_PHASE_WAIT);
    world_close(&w);
}

static int resolver_wants(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n,
                          int *timeout_ms)
{
    (void)ctx;
    if (cap > 0) {
        fds[0] = (struct midge_pollfd){.sock = 77, .events = MIDGE_POLL_IN};
    }
    *n = 1;
    if (*timeout_ms < 0 || *timeout_ms > 30) {
        *timeout_ms = 30;
    }
    return MIDGE_OK;
}

/* The port's own timers (a resolver's retries) count for a foreign loop. */
/* A paused one gives a foreign loop nothing to wait for: after five minutes without a poll the
   idle deadline counts from the resume. */
static void foreign_loop_resumes(void **state)
{
    static const struct fake_script half = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), WAIT(300010),
                  SAY("llo"), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &half);
    probe_init(&p, &w, URL);
    p.pause = true;
    probe_start(&p);
    world_turns(&w, 8);
    assert_int_equal(p.writes, 1);
    assert_int_equal(midge_next_timeout(w.client), -1);
    w.fake.now_ms += 300000;
    p.pause = false;
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* A gather of both ends although their results are not taken. */
static void detached_and_gathered(void **state)
{
    struct world w;
    midge_id ids[2], all;
    struct midge_result result;
    (void)state;
    world_open(&w, NULL);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(midge_sleep(w.client, 10, &ids[i]), MIDGE_OK);
    }
    assert_int_equal(midge_gather(w.client, ids, 2, MIDGE_GATHER_ALL, &all), MIDGE_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(midge_detach(w.client, ids[i]), MIDGE_OK);
    }
    world_pass(&w, 20);
    assert_int_equal(midge_take(w.client, all, &result), MIDGE_OK);
    assert_int_equal(result.error, MIDGE_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(midge_done(w.client, ids[i]), MIDGE_ERR_STALE);
    }
    world_close(&w);
}

static void foreign_loop_port(void **state)
{
    struct world w;
    struct probe p;
    struct midge_pollfd fds[4];
    (void)state;
    world_open(&w, NULL);
    w.fake.port.interest = resolver_wants;
    w.fake.names[0] = (struct fake_name){.host = "example.com", .never = true};
    w.fake.n_names = 1;
    probe_get(&p, &w, URL);
    world_turns(&w, 5);
    assert_int_equal(midge_interest(w.client, fds, 4), 1);
    assert_int_equal(fds[0].sock, 77);
    assert_int_equal(midge_next_timeout(w.client), 30);
    w.fake.port.interest = NULL;
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    assert_int_equal(w.fake.lookups_canceled, 1);
    world_close(&w);
}

/* --- memory --- */

/* Two GETs, the second on the kept connection; true if the failure came before the end. */
static bool with_failure(uint32_t nth, bool sticky)
{
    struct world w;
    world_open(&w, NULL);
    midge__memory_fail_at(&w.client->memory, nth, sticky);
    for (unsigned i = 0; i < 2; i++) {
        struct midge_blob blob;
        struct midge_result r;
        midge_id id = 0;
        midge_blob_init(&blob, w.client, 100);
        struct midge_request get = {.url = URL, .sink = &blob.sink};
        int err = midge_start(w.client, &get, &id);
        if (err == MIDGE_OK) {
            uint64_t before = w.fake.now_ms;
            err = midge_wait(w.client, id, &r);
            assert_true(w.fake.now_ms - before < 1000); /* no wait without need */
            assert_int_equal(err, r.error);
            assert_int_equal(midge_done(w.client, id), MIDGE_ERR_STALE);
        }
        if (err == MIDGE_OK) {
            assert_int_equal(blob.len, 5);
            assert_memory_equal(blob.data, "hello", 6);
        } else {
            assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
        }
        midge_blob_free(&blob);
    }
    bool failed = w.client->memory.stats.failures > 0;
    midge__memory_fail_at(&w.client->memory, 0, false);
    world_close(&w);
    return failed;
}

static void each_allocation_fails(void **state)
{
    uint32_t nth = 1;
    (void)state;
    while (with_failure(nth, false)) {
        nth++;
    }
    assert_true(nth > 8 && nth < 100);
    for (nth = 1; with_failure(nth, true); nth++) {
    }
}

/* A block of `size`: 50 requests through it, as many at once as it takes. */
static void through(size_t size, struct midge_config *config)
{
    struct world w;
    static struct probe p[50];
    unsigned started = 0;
    config->memory_size = size;
    world_open(&w, config);
    while (started < 50) {
        probe_init(&p[started], &w, started % 3 ? URL : OTHER);
        int err = midge_start(w.client, &p[started].request, NULL);
        if (err == MIDGE_OK) {
            started++;
        } else {
            assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
            world_turn(&w, -1);
        }
    }
    world_run(&w);
    for (unsigned i = 0; i < 50; i++) {
        probe_is_hello(&p[i]);
    }
    struct midge_stats stats = world_stats(&w);
    assert_int_equal(stats.memory_size, size);
    assert_true(stats.alloc_peak <= size);
    world_close(&w);
}

static void least_block(void **state)
{
    struct midge_config config = {.max_connections = 8, .max_awaitables = 64};
    struct world w;
    (void)state;
    size_t least = midge_memory_least(&config);
    through(least, &config);
    through(least + least / 2, &config);
    through(midge_memory_needed(&config), &config);
    /* Less is refused, not crashed on. */
    memset(&w, 0, sizeof w);
    fake_init(&w.fake);
    static const size_t less[] = {1, 16, 1000, 10000};
    for (unsigned i = 0; i < 4 + 3; i++) {
        config.memory_size = i < 4 ? less[i] : least - least * (i - 4) / 3 - 1;
        config.port = &w.fake.port;
        config.alloc = world_alloc;
        config.release = world_release;
        config.alloc_ctx = &w;
        assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_NO_MEMORY);
        assert_null(w.client);
        assert_int_equal(w.released, i + 1);
    }
}

static void refused_opens(void **state)
{
    struct world w;
    (void)state;
    memset(&w, 0, sizeof w);
    fake_init(&w.fake);
    struct midge_config config = {.port = &w.fake.port,
                                  .alloc = world_alloc,
                                  .release = world_release,
                                  .alloc_ctx = &w,
                                  .tls = {.ca = "no certificate", .ca_len = 14}};
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_CA);
    assert_null(w.client);
    assert_int_equal(w.released, 1);
    /* What a request may not send, a session may not either. */
    static const struct midge_header bad[] = {{"X", "a\r\nEvil: 1"},
                                              {"Transfer-Encoding", "chunked"},
                                              {"Content-Length", "5"},
                                              {"", "x"}};
    config.n_headers = 1;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        config.headers = &bad[i];
        assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_HEADER);
        assert_null(w.client);
    }
    config.n_headers = 0;
    config.port = NULL;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_INVALID);
    assert_int_equal(midge_open(NULL, &config), MIDGE_ERR_INVALID);
    assert_int_equal(midge_open(&w.client, NULL), MIDGE_ERR_INVALID);
}

/* Without a root nothing https can be verified: midge_start says so, and nothing is begun. */
static void no_root_no_https(void **state)
{
    struct world w;
    midge_id id = 7;
    (void)state;
    world_open(&w, NULL);
    struct midge_request get = {.url = "https://a.test/"};
    size_t before = world_stats(&w).alloc_live;
    assert_int_equal(midge_start(w.client, &get, &id), MIDGE_ERR_CA);
    assert_int_equal(id, 7);
    assert_int_equal(world_stats(&w).alloc_live, before);
    for (int skip = 0; skip < 2; skip++) { /* what needs none begins */
        get.url = skip ? "https://a.test/" : "http://a.test/";
        get.dangerously_skip_verification = (uint8_t)skip;
        assert_int_equal(midge_start(w.client, &get, &id), MIDGE_OK);
        assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
        assert_int_equal(midge_detach(w.client, id), MIDGE_OK);
    }
    world_run(&w);
    world_close(&w);
}

static void *no_block(void *ctx, size_t size)
{
    (void)ctx;
    (void)size;
    return NULL;
}

static void callers_block(void **state)
{
    struct world w;
    struct midge_config config = {.max_connections = 2, .max_awaitables = 8};
    struct probe p;
    (void)state;
    memset(&w, 0, sizeof w);
    fake_init(&w.fake);
    config.port = &w.fake.port;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_NO_MEMORY); /* no alloc either */
    config.alloc = no_block;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_NO_MEMORY);
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    config.release = world_release; /* not for this block */
    config.alloc_ctx = &w;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_OK);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    assert_ptr_equal(midge_client_port(w.client), &w.fake.port);
    assert_int_equal(midge_now_ms(w.client), fake_clock_ms(&w.fake));
    void *mine = midge_alloc(w.client, 100);
    assert_non_null(mine);
    midge_free(w.client, mine);
    midge_free(w.client, NULL);
    assert_null(midge_alloc(w.client, config.memory_size));
    midge_close(w.client);
    assert_int_equal(w.released, 0);
    memset(config.memory, 0xdd, config.memory_size); /* it is ours again, unpoisoned */
    free(config.memory);
    fake_deinit(&w.fake);
    config.memory = NULL;
    config.port = NULL;
    assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_INVALID);
}

/* Each of the port's functions that every port has. */
static void ports_are_whole(void **state)
{
    struct fake fake;
    struct midge_client *client = NULL;
    (void)state;
    fake_init(&fake);
    struct midge_config config = {.port = &fake.port, .memory_size = 100000};
    config.memory = malloc(config.memory_size);
    for (size_t at = offsetof(struct midge_port, clock_ms); at <= offsetof(struct midge_port, wake);
         at += sizeof fake.port.wake) {
        struct midge_port port = fake.port;
        memset((char *)&port + at, 0, sizeof port.wake);
        config.port = &port;
        assert_int_equal(midge_open(&client, &config), MIDGE_ERR_INVALID);
        assert_null(client);
    }
    config.port = &fake.port;
    assert_int_equal(midge_open(&client, &config), MIDGE_OK);
    midge_close(client);
    free(config.memory);
    fake_deinit(&fake);
}

/* Each table of the client has room for all that it may hold at once: sleeps that end, timers of
   requests and connections, origins, descriptors. */
static void tables_are_full(void **state)
{
    static const struct fake_script slow = {.connect_ms = 5,
                                            .steps = {REQUEST, WAIT(20), SAY(HELLO), LOOP}};
    static const struct midge_config config = {
        .max_connections = 7, .max_per_origin = 2, .max_awaitables = 40};
    static char urls[40][40];
    struct world w;
    static struct probe p[20];
    midge_id sleeps[20];
    (void)state;
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &slow);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 20; i++) {
            (void)snprintf(urls[i], sizeof urls[i], "http://h%u.test/", i % 10);
            assert_int_equal(midge_sleep(w.client, 1 + 7 * (i % 5), &sleeps[i]), MIDGE_OK);
            probe_get(&p[i], &w, urls[i]);
        }
        midge_id none;
        assert_int_equal(midge_sleep(w.client, 1, &none), MIDGE_ERR_NO_SLOT);
        world_run(&w);
        (void)midge__memory_verify(&w.client->memory);
        for (unsigned i = 0; i < 20; i++) {
            struct midge_result result;
            assert_int_equal(midge_take(w.client, sleeps[i], &result), MIDGE_OK);
            assert_int_equal(result.error, MIDGE_OK);
            for (unsigned j = 0; j < i; j++) {
                assert_int_not_equal(sleeps[i], sleeps[j]);
            }
            probe_is_hello(&p[i]);
        }
        assert_int_equal(w.fake.peak_open, 7);
    }
    world_close(&w);
}

/* config.fail_alloc: the nth allocation fails, from the client's own first one on; sticky: all that
   follow, too. */
static void planned_failures(void **state)
{
    (void)state;
    for (uint8_t sticky = 0; sticky < 2; sticky++) {
        const struct midge_request get = {.url = URL};
        struct midge_client *client = NULL;
        struct fake fake;
        midge_id id;
        fake_init(&fake);
        struct midge_config config = {.port = &fake.port,
                                      .max_awaitables = 4,
                                      .memory_size = 100000,
                                      .fail_alloc = 1,
                                      .fail_alloc_sticky = sticky};
        config.memory = malloc(config.memory_size);
        while (midge_open(&client, &config) == MIDGE_ERR_NO_MEMORY) {
            config.fail_alloc++;
            assert_true(config.fail_alloc < 20);
        }
        assert_non_null(client);
        assert_true(config.fail_alloc > 1);
        /* A start tries once more. */
        assert_int_equal(midge_start(client, &get, &id), sticky ? MIDGE_ERR_NO_MEMORY : MIDGE_OK);
        midge_close(client);
        free(config.memory);
        fake_deinit(&fake);
    }
}

/* A request that was started without limits of its own gets none later; a borrowed one does. */
static void limits_after_the_start(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    (void)state;
    for (uint8_t borrows = 0; borrows < 2; borrows++) {
        world_open(&w, &(struct midge_config){.timeouts = {.first_byte_ms = 500}});
        fake_listen(&w.fake, 80, &silent);
        probe_init(&p, &w, URL);
        p.request.borrow = borrows;
        probe_start(&p);
        p.request.timeouts.first_byte_ms = 200;
        world_run(&w);
        assert_int_equal(w.fake.now_ms, 1000 + (borrows ? 200 : 500));
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_get),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(fifty),
        cmocka_unit_test(keep_alive_reuse),
        cmocka_unit_test(idle_connection_ends),
        cmocka_unit_test(unsolicited_bytes),
        cmocka_unit_test(base_url_and_headers),
        cmocka_unit_test(base_url_and_odd_ones),
        cmocka_unit_test(base_url_and_mistakes),
        cmocka_unit_test(no_body),
        cmocka_unit_test(response_and_trace),
        cmocka_unit_test(interim_heads),
        cmocka_unit_test(peers_are_told),
        cmocka_unit_test(bad_starts),
        cmocka_unit_test(source_of_no_bytes),
        cmocka_unit_test(failing_poll),
        cmocka_unit_test(results_once),
        cmocka_unit_test(canceled_is_taken_once),
        cmocka_unit_test(detached),
        cmocka_unit_test(watched),
        cmocka_unit_test(passed_on_whole),
        cmocka_unit_test(no_slot),
        cmocka_unit_test(copies_unless_borrowed),
        cmocka_unit_test(everything_works),
        cmocka_unit_test(cancel_after_turns),
        cmocka_unit_test(close_after_turns),
        cmocka_unit_test(cancel_in_callbacks),
        cmocka_unit_test(close_in_callbacks),
        cmocka_unit_test(start_in_callbacks),
        cmocka_unit_test(others_in_callbacks),
        cmocka_unit_test(cancel_in_on_send),
        cmocka_unit_test(close_within_cancel),
        cmocka_unit_test(close_within_wait),
        cmocka_unit_test(close_idle),
        cmocka_unit_test(turn_bytes),
        cmocka_unit_test(turn_bytes_sent),
        cmocka_unit_test(turn_steps),
        cmocka_unit_test(foreign_loop),
        cmocka_unit_test(foreign_loop_resumes),
        cmocka_unit_test(detached_and_gathered),
        cmocka_unit_test(foreign_loop_port),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(least_block),
        cmocka_unit_test(refused_opens),
        cmocka_unit_test(no_root_no_https),
        cmocka_unit_test(callers_block),
        cmocka_unit_test(ports_are_whole),
        cmocka_unit_test(tables_are_full),
        cmocka_unit_test(planned_failures),
        cmocka_unit_test(limits_after_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
