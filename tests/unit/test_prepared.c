/* SPDX-License-Identifier: MIT */
/* Prepared requests: the same bytes as a start, no allocation, restarts in every place. */
#include "fake_port.h"

#define URL "http://example.com/a?b"

static void probe_prepare(struct probe *p, struct world *w, struct midge_prepared **prepared)
{
    probe_init(p, w, URL);
    assert_int_equal(midge_prepare(w->client, &p->request, prepared), MIDGE_OK);
}

/* As before its start. */
static void probe_clear(struct probe *p)
{
    p->id = 0;
    p->len = 0;
    p->cap = p->body != NULL ? p->cap : 0;
    p->dones = p->sink_finishes = p->source_finishes = 0;
}

static void probe_restart(struct probe *p, struct midge_prepared *prepared)
{
    probe_clear(p);
    assert_int_equal(midge_start_prepared(p->w->client, prepared, NULL, 0, &p->id), MIDGE_OK);
}

/* --- the same request --- */

static void set_body(struct midge_request *r, struct probe *p)
{
    (void)p;
    r->body = "12345";
    r->body_len = 5;
    r->content_type = "text/plain";
}

static void set_headers(struct midge_request *r, struct probe *p)
{
    static const struct midge_header list[] = {
        {"X-Long", "123456789012345678901234567890123456789012345678901234567890"},
        {"Accept", NULL},
        {"Host", "other"}};
    (void)p;
    r->headers = list;
    r->n_headers = 3;
    r->bearer = "token";
    r->method = "PUT";
}

static void set_source(struct midge_request *r, struct probe *p)
{
    p->give = 4;
    p->source.length = -1;
    r->source = &p->source;
}

static void set_mended(struct midge_request *r, struct probe *p)
{
    (void)p;
    r->url = "http://EXAMPLE.com:80/./\xc3\xa9?b#c";
    r->borrow = 1;
    r->timeouts.total_ms = 1000;
}

static void set_nothing(struct midge_request *r, struct probe *p)
{
    (void)r;
    (void)p;
}

/* Sent after `Host`, or as the last line of a prepared head. */
static size_t without_framing(char *out, const struct fake_sock *s, size_t from)
{
    static const char *const lines[] = {"Content-Length: ", "Transfer-Encoding: "};
    size_t n = 0;
    memcpy(out, s->sent + from, s->sent_len - from);
    n = s->sent_len - from;
    out[n] = '\0';
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(lines); i++) {
        char *line = strstr(out, lines[i]);
        if (line != NULL) {
            char *end = strstr(line, "\r\n") + 2;
            memmove(line, end, (size_t)(out + n + 1 - end));
            n -= (size_t)(end - line);
        }
    }
    return n;
}

static void same_bytes_of(const struct fake_script *server)
{
    static void (*const sets[])(struct midge_request *, struct probe *) = {
        set_nothing, set_body, set_headers, set_source, set_mended};
    static const struct midge_header own[] = {{"X-Client", "1"}};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(sets); i++) {
        struct world w;
        struct probe p;
        struct midge_prepared *prepared;
        static char sent[2][4096];
        world_open(&w, &(struct midge_config){.headers = own, .n_headers = 1});
        fake_listen(&w.fake, 80, server);
        probe_init(&p, &w, URL);
        sets[i](&p.request, &p);
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        size_t first = w.fake.socks[0].sent_len;
        size_t n = without_framing(sent[0], &w.fake.socks[0], 0);
        p.given = 0;
        assert_int_equal(midge_prepare(w.client, &p.request, &prepared), MIDGE_OK);
        for (unsigned j = 0; j < 2; j++) {
            uint64_t calls = world_stats(&w).alloc_calls;
            probe_restart(&p, prepared);
            assert_int_equal(world_stats(&w).alloc_calls, calls);
            world_run(&w);
            assert_int_equal(p.result.reused, 1);
            probe_is_hello(&p);
            assert_int_equal(w.fake.socks[0].sent_len, (j + 2) * first);
            assert_int_equal(without_framing(sent[1], &w.fake.socks[0], (j + 1) * first), n);
            assert_memory_equal(sent[0], sent[1], n);
            p.given = 0;
        }
        midge_prepared_free(w.client, prepared);
        world_close(&w);
    }
}

static void same_bytes(void **state)
{
    (void)state;
    same_bytes_of(&fake_hello);
}

static void same_bytes_in_pieces(void **state)
{
    static const struct fake_script slow = {.send_slice = 7, .steps = {REQUEST, SAY(HELLO), LOOP}};
    (void)state;
    same_bytes_of(&slow);
}

static void other_bodies(void **state)
{
    static const struct {
        const char *body;
        size_t len;
        const char *sent; /* a prepared head ends with the length */
    } rows[] = {{"123", 3, "Content-Length: 3\r\n\r\n123"},
                {"", 0, "Content-Length: 0\r\n\r\n"},
                {NULL, 0, "Content-Length: 5\r\n\r\nfirst"},
                {"1234567890ab", 12, "Content-Length: 12\r\n\r\n1234567890ab"}};
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    p.request.no_reuse = 1;
    p.request.body = "first";
    p.request.body_len = 5;
    assert_int_equal(midge_prepare(w.client, &p.request, &prepared), MIDGE_OK);
    for (unsigned i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        probe_clear(&p);
        assert_int_equal(midge_start_prepared(w.client, prepared, rows[i].body, rows[i].len, NULL),
                         MIDGE_OK);
        world_run(&w);
        probe_is_hello(&p);
        assert_true(fake_sent_has(&w.fake, i, "POST /a?b HTTP/1.1\r\nHost: example.com\r\n"));
        assert_true(fake_sent_has(&w.fake, i, rows[i].sent));
        assert_int_equal(p.result.retries, 0);
    }
    midge_prepared_free(w.client, prepared);
    /* A GET takes no body. */
    probe_prepare(&p, &w, &prepared);
    assert_int_equal(midge_start_prepared(w.client, prepared, "x", 1, &id), MIDGE_ERR_INVALID);
    midge_prepared_free(w.client, prepared);
    midge_prepared_free(w.client, NULL);
    world_close(&w);
}

/* --- errors --- */

static void refused(void **state)
{
    static const struct midge_header length[] = {{"content-length", "3"}};
    static const struct midge_header none[] = {{"Content-Length", NULL}};
    struct world w;
    struct midge_prepared *p = NULL;
    struct midge_request r = {
        .url = URL, .headers = length, .n_headers = 1, .body = "abc", .body_len = 3};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_HEADER); /* though it is right */
    r.headers = NULL;
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_INVALID);
    r.n_headers = 0;
    r.body = NULL;
    r.body_len = 0;
    assert_int_equal(midge_prepare(NULL, &r, &p), MIDGE_ERR_INVALID);
    assert_int_equal(midge_prepare(w.client, NULL, &p), MIDGE_ERR_INVALID);
    assert_int_equal(midge_prepare(w.client, &r, NULL), MIDGE_ERR_INVALID);
    r.url = "ftp://a/";
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_SCHEME);
    r.url = "https://a.test/"; /* no root to verify with */
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_CA);
    assert_null(p);
    r.url = URL;
    r.headers = none;
    r.n_headers = 1;
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, NULL, NULL, 0, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_start_prepared(NULL, p, NULL, 0, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, NULL), MIDGE_ERR_INVALID);
    midge_prepared_free(w.client, p);
    world_close(&w);
}

static void client_length(void **state)
{
    static const struct midge_header length[] = {{"Content-Length", "0"}};
    struct world w;
    struct midge_prepared *p;
    const struct midge_request r = {.url = URL};
    (void)state;
    world_open(&w, &(struct midge_config){.headers = length, .n_headers = 1});
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_HEADER);
    world_close(&w);
}

static void every_failed_allocation(void **state)
{
    (void)state;
    for (uint32_t nth = 1;; nth++) {
        struct world w;
        struct midge_prepared *p;
        const struct midge_request r = {.url = URL};
        world_open(&w, NULL);
        midge__memory_fail_at(&w.client->memory, nth, false);
        int err = midge_prepare(w.client, &r, &p);
        bool failed = w.client->memory.stats.failures > 0;
        /* The second is the origin, which tries once more after names and sessions are forgotten.
         */
        assert_int_equal(err, failed && nth != 2 ? MIDGE_ERR_NO_MEMORY : MIDGE_OK);
        if (err == MIDGE_OK) {
            midge_prepared_free(w.client, p);
        }
        world_close(&w);
        if (!failed) {
            assert_int_equal(nth, 4);
            return;
        }
    }
}

static void no_slot(void **state)
{
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    midge_id sleep, id;
    (void)state;
    world_open(&w, &(struct midge_config){.max_awaitables = 1});
    probe_prepare(&p, &w, &prepared);
    assert_int_equal(midge_sleep(w.client, 10, &sleep), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, prepared, NULL, 0, &id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(midge_cancel(w.client, sleep), MIDGE_OK);
    assert_int_equal(midge_take(w.client, sleep, NULL), MIDGE_OK);
    probe_restart(&p, prepared);
    world_run(&w);
    probe_is_hello(&p);
    midge_prepared_free(w.client, prepared);
    world_close(&w);
}

/* Memory that is promised to a connection is not for a prepared request. */
static void promised_memory(void **state)
{
    struct world w;
    struct midge_prepared *p;
    const struct midge_request r = {.url = URL};
    (void)state;
    world_open(&w, NULL);
    midge__memory_promise(&w.client->memory, 1, w.config.memory_size + UINT32_MAX / 2);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_ERR_NO_MEMORY);
    midge__memory_promise(&w.client->memory, 1, 0);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_OK);
    midge_prepared_free(w.client, p);
    world_close(&w);
}

/* Its limits count from the start, however long ago the last turn was. */
static void limits_count_from_the_start(void **state)
{
    static const struct fake_script mute = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    (void)state;
    world_open(&w, &(struct midge_config){.timeouts.total_ms = 500});
    fake_next(&w.fake, &mute);
    probe_prepare(&p, &w, &prepared);
    w.fake.now_ms += 1000;
    uint64_t start = w.fake.now_ms;
    probe_restart(&p, prepared);
    world_run(&w);
    assert_int_equal(w.fake.now_ms - start, 500);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    midge_prepared_free(w.client, prepared);
    world_close(&w);
}

/* --- several starts --- */

static struct midge_prepared *again;
static unsigned left;

static void restart_in_done(struct probe *p)
{
    p->dones = p->sink_finishes = 0;
    if (left > 0) {
        left--;
        probe_restart(p, again);
        assert_int_equal(midge_start_prepared(p->w->client, again, NULL, 0, NULL), MIDGE_ERR_BUSY);
    } else {
        p->dones = p->sink_finishes = 1;
    }
}

/* All with one slot and one piece of memory. */
static void in_on_done(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.max_awaitables = 1});
    probe_prepare(&p, &w, &again);
    p.at = ON_DONE;
    p.act = restart_in_done;
    left = 5;
    probe_restart(&p, again);
    uint64_t calls = world_stats(&w).alloc_calls;
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(left, 0);
    assert_int_equal(world_stats(&w).requests, 6);
    assert_true(world_stats(&w).alloc_calls - calls < 40);
    midge_prepared_free(w.client, again);
    world_close(&w);
}

static void one_at_a_time(void **state)
{
    struct world w;
    struct probe watcher = {.w = &w};
    struct midge_prepared *p;
    struct midge_request r = {.url = URL};
    struct midge_result result;
    midge_id ids[3];
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[0]), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[1]), MIDGE_ERR_BUSY);
    world_run(&w);
    assert_int_equal(midge_done(w.client, ids[0]), 1);
    /* The next start takes the result that was not taken. */
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[1]), MIDGE_OK);
    assert_int_equal(midge_done(w.client, ids[0]), MIDGE_ERR_STALE);
    assert_int_equal(midge_wait(w.client, ids[1], &result), MIDGE_OK);
    assert_int_equal(result.status, 200);
    /* Canceled, but its watcher was not called yet. */
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[2]), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, ids[2], probe_on_watch, &watcher), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, ids[2]), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[0]), MIDGE_ERR_BUSY);
    world_run(&w);
    assert_int_equal(watcher.watches, 1);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &ids[0]), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, ids[0], &result), MIDGE_OK);
    assert_int_equal(result.error, MIDGE_OK);
    midge_prepared_free(w.client, p);
    assert_true(midge__list_empty(&w.client->prepared)); /* its result was taken: freed at once */
    world_close(&w);
}

/* BUSY changes nothing: the result stays for the watcher that will take it. */
static void busy_takes_nothing(void **state)
{
    struct world w;
    struct probe watcher = {.w = &w};
    struct midge_prepared *p;
    const struct midge_request r = {.url = URL};
    midge_id id, other;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &id), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, id, probe_on_watch, &watcher), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &other), MIDGE_ERR_BUSY);
    assert_int_equal(midge_done(w.client, id), 1);
    world_run(&w);
    assert_int_equal(watcher.watches, 1);
    assert_int_equal(midge_take(w.client, id, NULL), MIDGE_OK);
    midge_prepared_free(w.client, p);
    world_close(&w);
}

/* What one start left behind is not in the next one's result. */
static void nothing_is_left(void **state)
{
    static const struct fake_script bad = {
        .steps = {REQUEST, SAY("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc"), FIN}};
    struct world w;
    struct midge_prepared *p;
    struct midge_request r = {.url = URL};
    struct midge_result result;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &bad);
    assert_int_equal(midge_prepare(w.client, &r, &p), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &id), MIDGE_OK);
    assert_int_not_equal(midge_wait(w.client, id, &result), MIDGE_OK);
    assert_int_equal(result.body_len, 3);
    assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &result), MIDGE_OK);
    assert_string_equal(result.url, URL);
    assert_int_equal(result.status, 200);
    assert_int_equal(result.body_len, 5);
    assert_int_equal(result.connects, 1);
    assert_string_equal(result.detail, "");
    midge_prepared_free(w.client, p);
    world_close(&w);
}

/* --- the end --- */

static void freed_while_started(void **state)
{
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    (void)state;
    world_open(&w, NULL);
    probe_prepare(&p, &w, &prepared);
    probe_restart(&p, prepared);
    midge_prepared_free(w.client, prepared);
    assert_int_equal(midge_start_prepared(w.client, prepared, NULL, 0, NULL), MIDGE_ERR_INVALID);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* midge_close frees those that are left: started, ended, never started. */
static void closed(void **state)
{
    struct world w;
    struct probe p[3];
    struct midge_prepared *prepared[3];
    struct midge_stats stats;
    (void)state;
    world_open(&w, &(struct midge_config){.stats_at_close = &stats});
    for (unsigned i = 0; i < 3; i++) {
        probe_prepare(&p[i], &w, &prepared[i]);
    }
    probe_restart(&p[0], prepared[0]);
    world_run(&w);
    probe_is_hello(&p[0]);
    probe_restart(&p[1], prepared[1]);
    midge_close(w.client);
    w.client = NULL;
    probe_ended(&p[1], MIDGE_ERR_CLOSED);
    assert_int_equal(stats.alloc_live, 0);
    world_close(&w);
}

/* A kept connection was closed by the server: it is replayed as any other request. */
static void replayed(void **state)
{
    static const struct fake_script once = {.steps = {REQUEST, SAY(HELLO), REQUEST, FIN}};
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    (void)state;
    world_open(&w, NULL);
    fake_next(&w.fake, &once);
    probe_prepare(&p, &w, &prepared);
    for (unsigned i = 0; i < 2; i++) {
        probe_restart(&p, prepared);
        world_run(&w);
        assert_int_equal(p.result.retries, i);
        probe_is_hello(&p);
    }
    assert_int_equal(w.fake.n_socks, 2);
    midge_prepared_free(w.client, prepared);
    world_close(&w);
}

/* The request's limits hold for each start, also when what was prepared is gone. */
static void limits_of_each_start(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST}};
    struct world w;
    struct probe p;
    struct midge_prepared *prepared;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.first_byte_ms = 100;
    assert_int_equal(midge_prepare(w.client, &p.request, &prepared), MIDGE_OK);
    p.request.timeouts.first_byte_ms = 5000;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t before = w.fake.now_ms;
        probe_restart(&p, prepared);
        world_run(&w);
        assert_int_equal(w.fake.now_ms - before, 100);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
    }
    midge_prepared_free(w.client, prepared);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(same_bytes_in_pieces),
        cmocka_unit_test(other_bodies),
        cmocka_unit_test(refused),
        cmocka_unit_test(client_length),
        cmocka_unit_test(no_slot),
        cmocka_unit_test(every_failed_allocation),
        cmocka_unit_test(promised_memory),
        cmocka_unit_test(limits_count_from_the_start),
        cmocka_unit_test(in_on_done),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(freed_while_started),
        cmocka_unit_test(closed),
        cmocka_unit_test(replayed),
        cmocka_unit_test(busy_takes_nothing),
        cmocka_unit_test(limits_of_each_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
