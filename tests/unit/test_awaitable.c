/* SPDX-License-Identifier: MIT */
/* Ids stay stale, and no way of passing a result on makes a success of it. */
#include "fake_port.h"
#include "midge/gather.h"

#define URL "http://example.com/"

static midge_id use_slot(struct world *w)
{
    midge_id id;
    assert_int_equal(midge_sleep(w->client, 100000, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w->client, id), MIDGE_OK);
    assert_int_equal(midge_take(w->client, id, NULL), MIDGE_OK);
    return id;
}

/* --- ids --- */

/* So many starts, all in one slot if the rest are taken, until an id is given again. */
static uint64_t period(struct world *w)
{
    midge_id first = use_slot(w);
    midge_id step = use_slot(w) - first;
    assert_int_equal(step, w->config.max_awaitables);
    /* The last ids of all, and those after them. */
    w->client->serial = UINT32_MAX / step - 2;
    midge_id last = use_slot(w);
    assert_true(last > UINT32_MAX - 2 * step);
    midge_id again = use_slot(w);
    assert_true(again >= step && again < 2 * step);
    return (last - again) / step + 1;
}

static void ids_last_long(void **state)
{
    static const struct {
        uint16_t slots;
        uint64_t least;
    } rows[] = {{0, (1U << 24) + 1},   {1, UINT32_MAX - 2},   {64, 1U << 25}, {127, 1U << 25},
                {255, (1U << 24) + 1}, {256, (1U << 24) - 2}, {65000, 66000}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        struct world w;
        world_open(&w, &(struct midge_config){.max_awaitables = rows[i].slots != 0
                                                                    ? rows[i].slots
                                                                    : MIDGE_MAX_AWAITABLES});
        assert_true(period(&w) >= rows[i].least);
        world_close(&w);
    }
}

/* As many starts as a 16-bit generation holds. */
static void stale_stays_stale(void **state)
{
    struct world w;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    midge_id first = use_slot(&w);
    for (unsigned i = 0; i < 65536 + 2; i++) {
        assert_int_equal(midge_sleep(w.client, 100000, &id), MIDGE_OK);
        assert_int_not_equal(id, first);
        assert_int_equal(midge_cancel(w.client, first), MIDGE_ERR_STALE);
        assert_int_equal(midge_done(w.client, first), MIDGE_ERR_STALE);
        (void)midge_cancel(w.client, id);
        (void)midge_take(w.client, id, NULL);
    }
    world_close(&w);
}

/* All slots in use, at each number of them: every id leads to its own. */
static void all_slots(void **state)
{
    static const uint16_t counts[] = {1, 2, 63, 64, 65, 255, 256, 257};
    static midge_id ids[257];
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(counts); i++) {
        struct world w;
        midge_id more;
        world_open(&w, &(struct midge_config){.max_awaitables = counts[i]});
        w.client->serial = UINT32_MAX / counts[i] - 2; /* it goes round on the way */
        for (unsigned k = 0; k < counts[i]; k++) {
            assert_int_equal(midge_sleep(w.client, 1 + k, &ids[k]), MIDGE_OK);
        }
        assert_int_equal(midge_sleep(w.client, 1, &more), MIDGE_ERR_NO_SLOT);
        for (unsigned k = 0; k < counts[i]; k++) {
            struct midge_result r;
            assert_int_equal(midge_wait(w.client, ids[k], &r), MIDGE_OK);
            assert_int_equal(r.id, ids[k]);
            assert_int_equal(w.fake.now_ms, 1001 + k);
            assert_int_equal(midge_done(w.client, ids[k]), MIDGE_ERR_STALE);
        }
        world_close(&w);
    }
}

/* A turn fires as many due timers as it has steps; the rest is due at once. */
static void a_turn_fires_few_timers(void **state)
{
    enum { N = 100, STEPS = 8 };
    struct world w;
    midge_id ids[N];
    unsigned done = 0;
    (void)state;
    world_open(&w, &(struct midge_config){.max_awaitables = N, .turn_steps = STEPS});
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(midge_sleep(w.client, 10, &ids[i]), MIDGE_OK);
    }
    w.fake.now_ms += 10;
    for (unsigned before = 0; done < N; before = done) {
        assert_int_equal(midge_next_timeout(w.client), 0);
        world_turns(&w, 1);
        for (done = 0; done < N && midge_done(w.client, ids[done]) == 1; done++) {
        }
        assert_int_equal(done, before + STEPS < N ? before + STEPS : N);
    }
    for (unsigned i = 0; i < N; i++) {
        struct midge_result r;
        assert_int_equal(midge_take(w.client, ids[i], &r), MIDGE_OK);
    }
    world_close(&w);
}

/* --- watchers --- */

static void watch_again(struct probe *p)
{
    assert_int_equal(midge_watch(p->w->client, p->id, probe_on_watch, p), MIDGE_OK);
}

/* A watcher that is set within the first one is called too; then a detached thing is dropped. */
static void watched_twice(void **state)
{
    (void)state;
    for (unsigned detached = 0; detached < 2; detached++) {
        struct world w;
        struct probe p = {.w = &w, .at = ON_WATCH, .act = watch_again};
        world_open(&w, NULL);
        assert_int_equal(midge_sleep(w.client, 1, &p.id), MIDGE_OK);
        watch_again(&p);
        if (detached) {
            assert_int_equal(midge_detach(w.client, p.id), MIDGE_OK);
        }
        world_run(&w);
        world_turns(&w, 2);
        assert_int_equal(p.watches, 2);
        assert_int_equal(midge_take(w.client, p.id, NULL), detached ? MIDGE_ERR_STALE : MIDGE_OK);
        world_close(&w);
    }
}

/* Its result was taken, but its callback has not been called yet. */
static void taken_cannot_be_watched(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_get(&p, &w, URL);
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    assert_int_equal(midge_take(w.client, p.id, NULL), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, p.id, probe_on_watch, &p), MIDGE_ERR_STALE);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    assert_int_equal(p.watches, 0);
    world_close(&w);
}

/* --- results that are passed on --- */

static int awaits(struct midge_task *task, void *state)
{
    static struct midge_result r;
    const midge_id *id = state;
    MIDGE_BEGIN(task);
    MIDGE_AWAIT(task, *id, &r);
    return midge_task_return(task, r.error, r.status);
    MIDGE_END(task);
}

enum way { BY_TIMEOUT, BY_TWO_TIMEOUTS, BY_TASK, BY_TIMEOUT_OF_TASK, WAYS };

/* The request's result by that way; *status: as far as that way tells it. */
static int pass_on(struct world *w, enum way way, midge_id *id, struct midge_result *r)
{
    static midge_id of, next;
    int err = MIDGE_OK;
    of = next = *id;
    if (way != BY_TASK) {
        err = midge_timeout(w->client, of, 1000, &next);
    }
    if (err == MIDGE_OK && way == BY_TWO_TIMEOUTS) {
        *id = of = next;
        err = midge_timeout(w->client, of, 500, &next);
    }
    if (err == MIDGE_OK && way >= BY_TASK) {
        *id = of = next;
        err = midge_spawn(w->client, awaits, &of, &next);
    }
    if (err == MIDGE_OK) {
        *id = next;
        int waited = midge_wait(w->client, next, r);
        assert_int_equal(waited, r->error);
        r->status = way >= BY_TASK ? (uint16_t)r->value : r->status;
    }
    return err;
}

/* A 404 with the nth allocation failing. False: all went well. */
static bool not_found(enum way way, uint32_t nth)
{
    static const struct fake_script script = {
        .steps = {REQUEST, SAY("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), LOOP}};
    struct world w;
    struct midge_result r = {.error = MIDGE_OK};
    struct midge_request request = {.url = URL};
    midge_id id = 0;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &script);
    midge__memory_fail_at(&w.client->memory, nth, false);
    int err = midge_start(w.client, &request, &id);
    err = err == MIDGE_OK ? pass_on(&w, way, &id, &r) : err;
    bool failed = w.client->memory.stats.failures > 0;
    midge__memory_fail_at(&w.client->memory, 0, false);
    if (err == MIDGE_OK && r.error == MIDGE_OK) {
        assert_int_equal(r.status, 404);
    } else {
        assert_true(failed && (err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY));
        assert_true(err != MIDGE_OK || r.error == MIDGE_ERR_NO_MEMORY);
        (void)midge_cancel(w.client, id);
        (void)midge_detach(w.client, id);
    }
    world_close(&w);
    return failed;
}

static void no_success_of_a_404(void **state)
{
    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        uint32_t nth = 1;
        while (not_found((enum way)way, nth)) {
            nth++;
        }
        assert_true(nth > 5 && nth < 100);
    }
}

/* --- the URL of a result --- */

static const struct fake_script not_here = {
    .steps = {REQUEST, SAY("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), LOOP}};
static const char sentence[] = "404 Client Error: Not Found for url: http://example.com/a%20b";

/* The caller's text is gone after the start. */
static midge_id get_from_buffer(struct world *w)
{
    char url[] = "HTTP://Example.com:80/./a%20b";
    midge_id id;
    assert_int_equal(midge_start(w->client, &(struct midge_request){.url = url}, &id), MIDGE_OK);
    memset(url, '#', sizeof url - 1);
    return id;
}

/* All memory that is free has other bytes. */
static void fill_free_memory(struct midge_client *client)
{
    void *all[2000];
    size_t n = 0;
    while (n < MIDGE_ARRAY_LEN(all) && (all[n] = midge_alloc(client, 48)) != NULL) {
        memset(all[n++], '#', 48);
    }
    while (n > 0) {
        midge_free(client, all[--n]);
    }
}

static void assert_says(const struct midge_result *r)
{
    char text[128];
    assert_int_equal(midge_raise_for_status(r, text, sizeof text), MIDGE_ERR_HTTP_STATUS);
    assert_string_equal(text, sentence);
}

static int raises(struct midge_task *task, void *state)
{
    static struct midge_result r;
    MIDGE_BEGIN(task);
    MIDGE_AWAIT(task, *(const midge_id *)state, &r);
    fill_free_memory(midge_task_client(task)); /* as the JSON of an answer may */
    assert_says(&r);
    return midge_task_return(task, MIDGE_OK, 1);
    MIDGE_END(task);
}

static void url_in_a_result(void **state)
{
    struct world w;
    struct midge_result r;
    midge_id id, other;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &not_here);
    id = get_from_buffer(&w);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    fill_free_memory(w.client);
    assert_says(&r);
    id = get_from_buffer(&w); /* passed on */
    assert_int_equal(midge_timeout(w.client, id, 1000, &other), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, other, &r), MIDGE_OK);
    fill_free_memory(w.client);
    assert_says(&r);
    id = get_from_buffer(&w); /* in a task */
    assert_int_equal(midge_spawn(w.client, raises, &id, &other), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, other, &r), MIDGE_OK);
    assert_int_equal(r.value, 1);
    assert_null(r.url);
    assert_int_equal(midge_sleep(w.client, 1, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_null(r.url);
    world_close(&w);
}

static void done_says(void *ctx, const struct midge_result *result)
{
    assert_says(result);
    ++*(unsigned *)ctx;
}

static void url_in_a_callback(void **state)
{
    struct world w;
    unsigned calls = 0;
    const struct midge_request get = {
        .url = "http://example.com/a%20b", .borrow = 1, .on_done = done_says, .ctx = &calls};
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &not_here);
    assert_int_equal(midge_start(w.client, &get, NULL), MIDGE_OK);
    world_run(&w);
    assert_int_equal(calls, 1);
    world_close(&w);
}

/* What a taken result points to takes memory until the client is called again, never with another
   one. */
static void url_is_freed(void **state)
{
    struct world w;
    struct midge_result r;
    struct midge_stats stats;
    midge_id ids[2];
    (void)state;
    world_open(&w, &(struct midge_config){.max_per_origin = 1});
    fake_listen(&w.fake, 80, &not_here);
    assert_int_equal(midge_wait(w.client, get_from_buffer(&w), &r), MIDGE_OK); /* it stays open */
    assert_int_equal(midge_poll(w.client, 0), 0);
    midge_client_stats(w.client, &stats);
    const size_t idle = stats.alloc_live;
    ids[0] = get_from_buffer(&w);
    midge_client_stats(w.client, &stats);
    const size_t one = stats.alloc_live - idle;
    assert_int_equal(midge_wait(w.client, ids[0], &r), MIDGE_OK);
    midge_client_stats(w.client, &stats);
    assert_int_equal(stats.alloc_live, idle + one);
    ids[0] = get_from_buffer(&w); /* frees it first */
    midge_client_stats(w.client, &stats);
    assert_int_equal(stats.alloc_live, idle + one);
    ids[1] = get_from_buffer(&w);
    world_run(&w);
    assert_int_equal(midge_take(w.client, ids[0], &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, ids[1], &r), MIDGE_OK);
    assert_says(&r);
    midge_client_stats(w.client, &stats);
    assert_int_equal(stats.alloc_live, idle + one);
    assert_int_equal(midge_poll(w.client, 0), 0);
    midge_client_stats(w.client, &stats);
    assert_int_equal(stats.alloc_live, idle);
    ids[0] = get_from_buffer(&w);
    world_run(&w);
    assert_int_equal(midge_take(w.client, ids[0], &r), MIDGE_OK); /* the close frees it */
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_last_long),       cmocka_unit_test(stale_stays_stale),
        cmocka_unit_test(all_slots),           cmocka_unit_test(a_turn_fires_few_timers),
        cmocka_unit_test(watched_twice),       cmocka_unit_test(taken_cannot_be_watched),
        cmocka_unit_test(no_success_of_a_404), cmocka_unit_test(url_in_a_result),
        cmocka_unit_test(url_in_a_callback),   cmocka_unit_test(url_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
