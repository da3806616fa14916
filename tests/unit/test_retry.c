/* SPDX-License-Identifier: MIT */
/* Retries: which failures may pass, the budget; then in a client. */
#include "fake_port.h"
#include "midge/err.h"
#include "policy/retry.h"

/* Each status: repeatable, not repeatable, the same with Retry-After, with any_failure. */
static void statuses(void **state)
{
    (void)state;
    for (unsigned status = 200; status < 600; status++) {
        struct midge__retry_case how = {.status = status, .was_sent = true, .is_repeatable = true};
        const bool passing = status == 408 || status == 429 || status == 500 || status == 502 ||
                             status == 503 || status == 504;
        assert_int_equal(midge__retry_helps(&how), passing);
        how.any_failure = true;
        assert_int_equal(midge__retry_helps(&how), status >= 400);
        how.any_failure = how.is_repeatable = false;
        assert_int_equal(midge__retry_helps(&how), status == 429);
        how.asks_later = true;
        assert_int_equal(midge__retry_helps(&how), status == 429 || status == 503);
    }
}

static void errors(void **state)
{
    static const struct {
        int err;
        bool passes, passes_any;
    } rows[] = {
        {MIDGE_ERR_RESOLVE, true, true},     {MIDGE_ERR_CONNECT, true, true},
        {MIDGE_ERR_SEND, true, true},        {MIDGE_ERR_RECV, true, true},
        {MIDGE_ERR_TIMEOUT, true, true},     {MIDGE_ERR_EMPTY_REPLY, true, true},
        {MIDGE_ERR_PARTIAL, true, true},     {MIDGE_ERR_TLS, false, true},
        {MIDGE_ERR_CERT, false, true},       {MIDGE_ERR_PROTOCOL, false, true},
        {MIDGE_ERR_PROXY, false, true},      {MIDGE_ERR_ENCODING, false, true},
        {MIDGE_ERR_CANCELED, false, false},  {MIDGE_ERR_CLOSED, false, false},
        {MIDGE_ERR_WRITE, false, false},     {MIDGE_ERR_NO_MEMORY, false, false},
        {MIDGE_ERR_REDIRECTS, false, false}, {-1234, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int repeatable = 0; repeatable < 2; repeatable++) {
            for (int sent = 0; sent < 2; sent++) {
                struct midge__retry_case how = {
                    .err = rows[i].err, .was_sent = sent, .is_repeatable = repeatable};
                const bool safe = repeatable || !sent;
                assert_int_equal(midge__retry_helps(&how), rows[i].passes && safe);
                how.any_failure = true;
                assert_int_equal(midge__retry_helps(&how), rows[i].passes_any && safe);
            }
        }
    }
}

static void budget(void **state)
{
    uint32_t left = 2 * MIDGE__RETRY_COST;
    (void)state;
    assert_true(midge__retry_pays(&left));
    assert_true(midge__retry_pays(&left));
    assert_false(midge__retry_pays(&left));
    for (unsigned i = 1; i < MIDGE__RETRY_COST; i++) {
        midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
        assert_false(midge__retry_pays(&left));
    }
    midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
    assert_true(midge__retry_pays(&left));
    for (unsigned i = 0; i < 100; i++) {
        midge__retry_earns(&left, 2 * MIDGE__RETRY_COST);
    }
    assert_int_equal(left, 2 * MIDGE__RETRY_COST);
}

/* --- in a client --- */

#define URL         "http://example.com/"
#define UNAVAILABLE SAY("HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbusy")

static const struct fake_script fails_once = {
    .steps = {REQUEST, UNAVAILABLE, REQUEST, SAY(HELLO), REQUEST, SAY(HELLO), LOOP}};
static const struct fake_script busy = {.steps = {REQUEST, UNAVAILABLE, LOOP}};
static const struct fake_script silent = {.steps = {REQUEST}};
static const struct fake_script none = {.connect = FAKE_REFUSES};

static void open_with(struct world *w, struct probe *p, const struct midge_retry *rules,
                      const struct fake_script *server)
{
    world_open(w, NULL);
    fake_listen(&w->fake, 80, server);
    probe_init(p, w, URL);
    p->request.retry = rules;
}

/* It ends after ms, and n repeats. */
static void ends_after(struct probe *p, unsigned ms, unsigned n)
{
    uint64_t before = p->w->fake.now_ms;
    probe_start(p);
    world_run(p->w);
    assert_int_equal(p->w->fake.now_ms - before, ms);
    assert_int_equal(p->result.retries, n);
}

static void is_busy(struct probe *p, unsigned ms, unsigned n)
{
    ends_after(p, ms, n);
    assert_int_equal(p->result.status, 503);
    assert_int_equal(p->responses, 1); /* the last answer's */
    assert_int_equal(p->result.body_len, 4);
    assert_int_equal(p->len, 4);
    assert_int_equal(p->sends, n + 1);
    probe_ended(p, MIDGE_OK);
    world_close(p->w);
}

static void is_good(struct probe *p, unsigned ms, unsigned n)
{
    ends_after(p, ms, n);
    assert_int_equal(p->responses, 1);
    assert_int_equal(p->result.retry_after_s, 0);
    probe_is_hello(p);
    world_close(p->w);
}

static const struct midge_retry three = {.max = 3, .fixed_ms = 500};
static const struct midge_retry once = {.max = 1, .fixed_ms = 500};

static void until_it_is_good(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &three, &fails_once);
    is_good(&p, 500, 1);
    open_with(&w, &p, &three, &busy);
    is_busy(&p, 1500, 3);
    open_with(&w, &p, NULL, &busy);
    is_busy(&p, 0, 0);
    /* The client's. */
    world_open(&w, &(struct midge_config){.retry = &three});
    fake_listen(&w.fake, 80, &fails_once);
    probe_init(&p, &w, URL);
    is_good(&p, 500, 1);
}

static int no_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0xff, len);
    return MIDGE_ERR_UNSUPPORTED;
}

/* fake_entropy gives a number that is 0.0862 of its range. */
static void waits_by_chance(void **state)
{
    static const struct midge_retry one = {.max = 1}, small = {.max = 1, .first_ms = 100};
    static const struct midge_retry twice = {.max = 2, .most_ms = 1500};
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &one, &busy);
    is_busy(&p, 86, 1);
    open_with(&w, &p, &small, &busy);
    is_busy(&p, 8, 1);
    open_with(&w, &p, &twice, &busy);
    is_busy(&p, 86 + 129, 2); /* 2000 would be above the most */
    /* Without entropy it is not always the longest wait. */
    open_with(&w, &p, &one, &fails_once);
    w.fake.port.entropy = no_entropy;
    probe_start(&p);
    world_run(&w);
    assert_true(w.fake.now_ms < 2000);
    assert_int_equal(p.result.retries, 1);
    probe_is_hello(&p);
    world_close(&w);
}

#define LATER(seconds)                                                                             \
    SAY("HTTP/1.1 503 x\r\nRetry-After: " seconds "\r\nContent-Length: 4\r\n\r\nbusy")

#define HELD_MS (MIDGE_WITH_RATE ? 86 : 0) /* by chance, so long is the origin held beyond it */

static void asked_wait(void **state)
{
    static const struct fake_script later = {.steps = {REQUEST, LATER("2"), REQUEST, SAY(HELLO)}};
    static const struct midge_retry by_chance = {.max = 1, .most_ms = 2000};
    static const struct midge_retry fixed = {.max = 1, .fixed_ms = 1999};
    static const struct midge_retry longer = {.max = 1, .fixed_ms = 2100};
    static const struct midge_retry too_long = {.max = 1, .most_ms = 1999};
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &by_chance, &later);
    is_good(&p, 2000 + 86, 1);
    open_with(&w, &p, &fixed, &later);
    is_good(&p, 2000 + HELD_MS, 1);
    open_with(&w, &p, &longer, &later);
    is_good(&p, 2100, 1);
    open_with(&w, &p, &too_long, &later);
    is_busy(&p, 0, 0);
}

/* --- on_repeat --- */

static struct seen {
    unsigned n, cancel_at;
    bool close;
    struct midge_repeat last;
} seen;

static void on_repeat(void *ctx, midge_id id, const struct midge_repeat *repeat)
{
    struct probe *p = ctx;
    seen.n++;
    assert_int_equal(repeat->number, seen.n);
    assert_int_equal(id, p->id);
    seen.last = *repeat;
    if (seen.n == seen.cancel_at) {
        if (seen.close) {
            midge_close(p->w->client);
        } else {
            assert_int_equal(midge_cancel(p->w->client, id), MIDGE_OK);
        }
    }
}

static const struct midge_retry telling = {.max = 3, .fixed_ms = 500, .on_repeat = on_repeat};

/* Each wait is told with its reason; the last answer is not. */
static void told(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    seen = (struct seen){.n = 0};
    open_with(&w, &p, &telling, &busy);
    is_busy(&p, 1500, 3);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.last.status, 503);
    assert_int_equal(seen.last.error, MIDGE_OK);
    assert_int_equal(seen.last.wait_ms, 500);
    seen = (struct seen){.n = 0};
    open_with(&w, &p, &telling, &none);
    ends_after(&p, 1500, 3);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.last.status, 0);
    assert_int_equal(seen.last.error, MIDGE_ERR_CONNECT);
    probe_ended(&p, MIDGE_ERR_CONNECT);
    world_close(&w);
    seen = (struct seen){.n = 0};
    open_with(&w, &p, &telling, &silent);
    p.request.timeouts.attempt_ms = 100;
    ends_after(&p, 4 * 100 + 3 * 500, 3);
    assert_int_equal(seen.last.error, MIDGE_ERR_TIMEOUT);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* The callback ends its request, or the client, after an answer, an error, or a time. */
static void ended_while_told(void **state)
{
    static const struct fake_script *const servers[] = {&busy, &none, &silent};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        seen = (struct seen){.cancel_at = 2, .close = i >= 3};
        open_with(&w, &p, &telling, servers[i % 3]);
        p.request.timeouts.attempt_ms = 100;
        probe_start(&p);
        world_run(&w);
        probe_ended(&p, seen.close ? MIDGE_ERR_CLOSED : MIDGE_ERR_CANCELED);
        assert_int_equal(p.result.retries, 2);
        world_close(&w);
        assert_int_equal(seen.n, 2);
    }
}

/* --- limits of time --- */

static void limits(void **state)
{
    static const struct midge_retry short_time = {.max = 9, .fixed_ms = 500, .time_ms = 1001};
    static const struct midge_retry shorter = {.max = 9, .fixed_ms = 500, .time_ms = 1000};
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(600), UNAVAILABLE, LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &short_time, &busy);
    is_busy(&p, 1000, 2);
    open_with(&w, &p, &shorter, &busy);
    is_busy(&p, 500, 1);
    open_with(&w, &p, &shorter, &slow); /* the answer itself takes time */
    is_busy(&p, 600, 0);
    for (unsigned total = 1000; total < 1002; total++) {
        open_with(&w, &p, &three, &busy);
        p.request.timeouts.total_ms = total;
        is_busy(&p, total == 1000 ? 500 : 1000, total == 1000 ? 1 : 2);
    }
    open_with(&w, &p, &shorter, &slow);
    p.request.timeouts.total_ms = 500;
    ends_after(&p, 500, 0);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* attempt_ms starts anew, total_ms does not. */
static void attempts(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &three, &silent);
    p.request.timeouts.attempt_ms = 100;
    ends_after(&p, 4 * 100 + 3 * 500, 3);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    assert_int_equal(p.sends, 4);
    world_close(&w);
    open_with(&w, &p, &three, &silent);
    p.request.timeouts.attempt_ms = 100;
    p.request.timeouts.total_ms = 650;
    ends_after(&p, 650, 1);
    assert_int_equal(p.sends, 2);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* A request that was never admitted was not tried. */
static void not_from_the_queue(void **state)
{
    struct world w;
    struct probe first, p;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 80, &silent);
    probe_init(&first, &w, URL);
    first.request.timeouts.total_ms = 1000;
    probe_start(&first);
    probe_init(&p, &w, URL);
    p.request.retry = &three;
    p.request.timeouts.queue_ms = 100;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.retries, 0);
    assert_int_equal(p.result.phase, MIDGE_PHASE_QUEUE);
    assert_int_equal(p.result.t.total_us, 100000);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    probe_ended(&first, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* --- errors --- */

static void errors_of_connections(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    /* Nothing was sent: also a POST. Nothing of the failed attempt is in the result. */
    open_with(&w, &p, &three, &fake_hello);
    fake_next(&w.fake, &none);
    p.request.body = "x";
    p.request.body_len = 1;
    ends_after(&p, 500, 1);
    assert_int_equal(p.result.native, 0);
    assert_int_equal(p.result.connects, 2);
    assert_string_equal(p.result.detail, "");
    probe_is_hello(&p);
    world_close(&w);
    /* The last error is the request's. */
    open_with(&w, &p, &three, &none);
    ends_after(&p, 1500, 3);
    assert_int_equal(p.result.native, 111);
    probe_ended(&p, MIDGE_ERR_CONNECT);
    world_close(&w);
}

/* A part of it may have been processed. An attempt that breaks is another one. */
static void broken_attempts(void **state)
{
    static const struct fake_script breaks = {.steps = {SENT(30), RESET}};
    static const struct fake_script then_breaks = {.steps = {REQUEST, UNAVAILABLE, REQUEST, RESET}};
    static const uint8_t body[100000];
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned put = 0; put < 2; put++) {
        open_with(&w, &p, &three, &fake_hello);
        fake_next(&w.fake, &breaks);
        p.request.method = put ? "PUT" : "POST";
        p.request.body = body;
        p.request.body_len = sizeof body;
        ends_after(&p, put ? 500 : 0, put);
        free(p.body);
        p.body = NULL;
        probe_ended(&p, put ? MIDGE_OK : p.result.error);
        assert_int_equal(p.result.error == MIDGE_OK, put);
        world_close(&w);
    }
    open_with(&w, &p, &once, &busy);
    fake_next(&w.fake, &then_breaks);
    p.request.method = "PUT"; /* not sent again by itself, as it was answered before */
    probe_start(&p);
    world_run(&w);
    assert_true(p.sends <= 3);
    assert_int_equal(w.fake.now_ms, 1500);
    free(p.body);
    world_close(&w);
}

/* By its method, by the answer, or because it is marked. */
static void posts(void **state)
{
    static const struct fake_script limited = {
        .steps = {REQUEST, SAY("HTTP/1.1 429 x\r\nContent-Length: 0\r\n\r\n"), REQUEST,
                  SAY(HELLO)}};
    static const struct midge_retry marked = {.max = 3, .fixed_ms = 500, .repeatable = 1};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        open_with(&w, &p, i == 2 ? &marked : &three, i == 1 ? &limited : &fails_once);
        p.request.body = "x";
        p.request.body_len = 1;
        if (i == 0) {
            is_busy(&p, 0, 0);
        } else {
            is_good(&p, 500, 1);
        }
    }
}

static void all_errors(void **state)
{
    static const struct fake_script missing = {
        .steps = {REQUEST, SAY("HTTP/1.1 400 x\r\nContent-Length: 4\r\n\r\nbusy"), REQUEST,
                  SAY(HELLO)}};
    static const struct midge_retry all = {.max = 1, .fixed_ms = 500, .all_errors = 1};
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &all, &missing);
    is_good(&p, 500, 1);
    open_with(&w, &p, &three, &missing);
    ends_after(&p, 0, 0);
    assert_int_equal(p.result.status, 400);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* --- sinks and sources --- */

static const struct fake_script cut = {.steps = {REQUEST, SAY(HELLO_LEN("5") "hel"), RESET}};

static int reset(struct midge_sink *sink)
{
    struct probe *p = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    assert_int_equal(p->len, 3);
    p->len = 0;
    return MIDGE_OK;
}

static int reset_fails(struct midge_sink *sink)
{
    (void)sink;
    return MIDGE_ERR_INVALID;
}

static int reset_cancels(struct midge_sink *sink)
{
    struct probe *p = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
    return MIDGE_OK;
}

/* Bytes that the sink has got are taken back, or there is no repeat. */
static void cut_bodies(void **state)
{
    static int (*const resets[])(struct midge_sink *) = {NULL, reset_fails, reset_cancels, reset};
    static const int errs[] = {MIDGE_ERR_RECV, MIDGE_ERR_RECV, MIDGE_ERR_CANCELED, MIDGE_OK};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        open_with(&w, &p, &three, &fake_hello);
        fake_next(&w.fake, &cut);
        p.sink.reset = resets[i];
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.sends, i == 3 ? 2 : 1);
        if (i == 3) {
            assert_int_equal(w.fake.now_ms, 1500);
            assert_int_equal(p.responses, 2);
            probe_is_hello(&p);
        } else {
            assert_int_equal(w.fake.now_ms, 1000);
            assert_int_equal(p.result.body_len, 3);
            probe_ended(&p, errs[i]);
        }
        world_close(&w);
    }
    /* Without a sink there is nothing to take back. */
    open_with(&w, &p, &three, &fake_hello);
    fake_next(&w.fake, &cut);
    p.request.sink = NULL;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.body_len, 5);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* An answer that is dropped never got to the sink. */
static void dropped_answer(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &three, &fails_once);
    p.sink.reset = reset_fails;
    is_good(&p, 500, 1);
}

static int rewind_fails(struct midge_source *source)
{
    (void)source;
    return MIDGE_ERR_INVALID;
}

static int rewind_cancels(struct midge_source *source)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
    return MIDGE_OK;
}

static void sources(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        open_with(&w, &p, &three, &fails_once);
        p.request.method = "PUT";
        probe_source(&p, 5, 5);
        if (i == 0) {
            assert_non_null(p.source.rewind);
            is_good(&p, 500, 1);
            assert_int_equal(p.rewinds, 1);
            continue;
        }
        p.source.rewind = i == 1 ? NULL : i == 2 ? rewind_fails : rewind_cancels;
        if (i == 1) {
            is_busy(&p, 0, 0);
            continue;
        }
        ends_after(&p, 0, 0);
        assert_int_equal(p.sends, 1);
        probe_ended(&p, i == 2 ? MIDGE_ERR_REWIND : MIDGE_ERR_CANCELED);
        world_close(&w);
    }
    /* It was not read yet. */
    open_with(&w, &p, &three, &fake_hello);
    fake_next(&w.fake, &none);
    probe_source(&p, 5, 5);
    p.source.rewind = NULL;
    ends_after(&p, 500, 1);
    probe_is_hello(&p);
    world_close(&w);
}

/* --- the budget --- */

/* What n more requests ended with: repeats of them all. */
static unsigned repeats_of(struct world *w, unsigned n)
{
    unsigned repeats = 0;
    while (n-- > 0) {
        struct probe p;
        probe_get(&p, w, URL);
        world_run(w);
        repeats += p.result.retries;
        probe_ended(&p, MIDGE_OK);
    }
    return repeats;
}

static void budget_of(unsigned budget, unsigned repeats)
{
    struct world w;
    world_open(&w, &(struct midge_config){.retry = &once, .retry_budget = (uint16_t)budget});
    for (unsigned i = 0; i < repeats; i++) {
        fake_next(&w.fake, &busy);
    }
    fake_listen(&w.fake, 80, &busy);
    assert_int_equal(repeats_of(&w, repeats + 5), repeats);
    world_close(&w);
}

static void budgets(void **state)
{
    (void)state;
    budget_of(1, 1);
    budget_of(3, 3);
    budget_of(0, 10);
}

/* Ten good answers give one repeat more; bad ones give none. */
static void budget_comes_back(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, UNAVAILABLE, REQUEST, UNAVAILABLE, REQUEST, SAY(HELLO),
                  REQUEST, SAY(HELLO),  REQUEST, SAY(HELLO),  REQUEST, SAY(HELLO),
                  REQUEST, SAY(HELLO),  REQUEST, SAY(HELLO),  REQUEST, SAY(HELLO),
                  REQUEST, SAY(HELLO),  REQUEST, SAY(HELLO),  REQUEST, UNAVAILABLE,
                  REQUEST, SAY(HELLO),  REQUEST, UNAVAILABLE, REQUEST, SAY(HELLO)}};
    struct world w;
    (void)state;
    world_open(&w, &(struct midge_config){.retry = &once, .retry_budget = 1});
    fake_listen(&w.fake, 80, &server);
    assert_int_equal(repeats_of(&w, 1), 1); /* both answers are bad */
    assert_int_equal(repeats_of(&w, 9), 0);
    assert_int_equal(repeats_of(&w, 1), 0); /* a bad one, and nine are not enough */
    assert_int_equal(repeats_of(&w, 1), 0);
    assert_int_equal(repeats_of(&w, 1), 1);
    world_close(&w);
}

/* --- while it waits --- */

static void others_go_on(void **state)
{
    struct world w;
    struct probe p, other;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 1});
    fake_listen(&w.fake, 80, &fails_once);
    probe_init(&p, &w, URL);
    p.request.retry = &three;
    probe_start(&p);
    world_pass(&w, 100);
    probe_get(&other, &w, URL);
    world_pass(&w, 100);
    assert_int_equal(other.dones, 1);
    probe_is_hello(&other);
    assert_int_equal(p.dones, 0);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1500);
    assert_int_equal(p.result.connects, 1);
    probe_is_hello(&p);
    world_close(&w);
}

/* The wait is not time in the queue; the limit of the queue counts after it. */
static void queue_after_the_wait(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, UNAVAILABLE, REQUEST, WAIT(300), SAY(HELLO), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p, other;
    (void)state;
    for (unsigned queue_ms = 199; queue_ms < 202; queue_ms += 2) {
        world_open(&w, &(struct midge_config){.max_connections = 1});
        fake_listen(&w.fake, 80, &server);
        probe_init(&p, &w, URL);
        p.request.retry = &once;
        p.request.timeouts.queue_ms = queue_ms;
        probe_start(&p);
        world_pass(&w, 400);
        probe_get(&other, &w, URL); /* it has the connection until 700 */
        while (p.dones == 0) {
            world_turn(&w, -1);
        }
        if (queue_ms > 200) {
            assert_int_equal(w.fake.now_ms, 1700);
            probe_is_hello(&p);
        } else {
            assert_int_equal(w.fake.now_ms, 1500 + queue_ms);
            probe_ended(&p, MIDGE_ERR_TIMEOUT);
        }
        world_run(&w);
        probe_is_hello(&other);
        world_close(&w);
    }
}

/* A source that had nothing when the answer came. Then the limits count again. */
static void early_answer(void **state)
{
    static const struct fake_script early = {.steps = {SENT(40), UNAVAILABLE}};
    static const struct fake_script stops = {.steps = {REQUEST, SAY(HELLO_LEN("5") "h")}};
    struct world w;
    struct probe p;
    (void)state;
    open_with(&w, &p, &once, &stops);
    fake_next(&w.fake, &early);
    p.request.method = "PUT";
    probe_source(&p, 5, -1);
    p.hunger = 1;
    p.request.timeouts.idle_ms = 100;
    p.request.timeouts.total_ms = 100000;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.retries, 1);
    assert_true(w.fake.now_ms <= 1000 + MIDGE_EARLY_ANSWER_MS + 500 + 100);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

static void ends_while_it_waits(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned closes = 0; closes < 2; closes++) {
        open_with(&w, &p, &three, &busy);
        probe_start(&p);
        world_pass(&w, 100);
        assert_int_equal(p.dones, 0);
        if (closes) {
            midge_close(w.client);
            w.client = NULL;
        } else {
            assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
            world_run(&w);
        }
        assert_int_equal(w.fake.now_ms, 1100);
        assert_int_equal(p.sends, 1);
        probe_ended(&p, closes ? MIDGE_ERR_CLOSED : MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

/* The answer that is dropped breaks, or is long: the wait begins then. */
static void dropped_answers_end(void **state)
{
    static const struct fake_script breaks = {
        .steps = {REQUEST, SAY("HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbu"), RESET}};
    static const struct fake_script endless = {
        .steps = {REQUEST, SAY("HTTP/1.1 503 x\r\nContent-Length: 999999\r\n\r\n")}};
    struct world w;
    struct probe p;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_with(&w, &p, &three, &fake_hello);
        fake_next(&w.fake, i == 0 ? &breaks : &endless);
        is_good(&p, 500, 1);
        assert_int_equal(w.fake.n_socks, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(errors),
        cmocka_unit_test(budget),
        cmocka_unit_test(until_it_is_good),
        cmocka_unit_test(waits_by_chance),
        cmocka_unit_test(asked_wait),
        cmocka_unit_test(told),
        cmocka_unit_test(ended_while_told),
        cmocka_unit_test(limits),
        cmocka_unit_test(attempts),
        cmocka_unit_test(not_from_the_queue),
        cmocka_unit_test(errors_of_connections),
        cmocka_unit_test(posts),
        cmocka_unit_test(all_errors),
        cmocka_unit_test(cut_bodies),
        cmocka_unit_test(dropped_answer),
        cmocka_unit_test(sources),
        cmocka_unit_test(budgets),
        cmocka_unit_test(budget_comes_back),
        cmocka_unit_test(others_go_on),
        cmocka_unit_test(ends_while_it_waits),
        cmocka_unit_test(broken_attempts),
        cmocka_unit_test(queue_after_the_wait),
        cmocka_unit_test(early_answer),
        cmocka_unit_test(dropped_answers_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
