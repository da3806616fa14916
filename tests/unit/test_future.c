/* SPDX-License-Identifier: MIT */
/* Calls after a time. Sleeps and futures are in test_client.c, test_awaitable.c and test_gather.c.
 */
#include "fake_port.h"

struct calls {
    struct world w;
    unsigned n;
    uint64_t at[8]; /* ms since the start */
    uint64_t began;
    midge_id id, other; /* `other` is canceled by the call */
    unsigned again;     /* how many times it is started again */
    bool closes;
};

static void calls_open(struct calls *c, const struct midge_config *config)
{
    memset(c, 0, sizeof *c);
    world_open(&c->w, config);
    c->began = c->w.fake.now_ms;
}

static void called(void *ctx)
{
    struct calls *c = ctx;
    c->at[c->n++] = c->w.fake.now_ms - c->began;
    if (c->other != 0) {
        assert_int_equal(midge_cancel(c->w.client, c->other), MIDGE_OK);
    }
    if (c->again > 0) {
        c->again--;
        assert_int_equal(midge_call_later(c->w.client, 10, called, c, &c->id), MIDGE_OK);
    }
    if (c->closes) {
        midge_close(c->w.client);
    }
}

static void calls_once(void **state)
{
    struct calls c;
    (void)state;
    calls_open(&c, NULL);
    assert_int_equal(midge_call_later(c.w.client, 50, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_call_later(c.w.client, 20, called, &c, NULL), MIDGE_OK);
    assert_int_equal(midge_done(c.w.client, c.id), 0);
    assert_int_equal(midge_next_timeout(c.w.client), 20);
    world_run(&c.w);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.at[0], 20);
    assert_int_equal(c.at[1], 50);
    assert_int_equal(midge_done(c.w.client, c.id), MIDGE_ERR_STALE);
    world_close(&c.w);
    assert_int_equal(c.n, 2);
}

static void calls_at_once(void **state)
{
    struct calls c;
    (void)state;
    calls_open(&c, NULL);
    assert_int_equal(midge_call_later(c.w.client, 0, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(c.n, 0); /* not before the next turn */
    world_turn(&c.w, 0);
    assert_int_equal(c.n, 1);
    world_close(&c.w);
}

static void calls_again(void **state)
{
    struct calls c;
    (void)state;
    calls_open(&c, &(struct midge_config){.max_awaitables = 2});
    c.again = 5;
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    world_run(&c.w);
    assert_int_equal(c.n, 6);
    assert_int_equal(c.at[5], 60);
    world_close(&c.w);
}

static void cancel_ends_without_call(void **state)
{
    struct calls c;
    (void)state;
    calls_open(&c, NULL);
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_call_later(c.w.client, MIDGE_NO_TIMEOUT, called, &c, &c.other),
                     MIDGE_OK);
    assert_int_equal(midge_call_later(c.w.client, 5, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_cancel(c.w.client, c.id), MIDGE_OK);
    world_run(&c.w); /* the first one cancels the one without end */
    assert_int_equal(c.n, 1);
    assert_int_equal(c.at[0], 10);
    assert_int_equal(midge_cancel(c.w.client, c.other), MIDGE_ERR_STALE);
    world_close(&c.w);
}

static void close_ends_without_call(void **state)
{
    struct calls c;
    (void)state;
    calls_open(&c, NULL);
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    midge_close(c.w.client);
    c.w.client = NULL;
    assert_int_equal(c.n, 0);
    world_close(&c.w);
    /* In the callback, with another one due in the same turn. */
    calls_open(&c, NULL);
    c.closes = true;
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_call_later(c.w.client, 20, called, &c, &c.id), MIDGE_OK);
    world_run(&c.w);
    assert_int_equal(c.n, 1);
    world_close(&c.w);
}

/* It can be awaited as everything else, also after its call. */
static void watched(void **state)
{
    struct calls c;
    struct probe p = {.w = NULL};
    struct midge_result result;
    midge_id all;
    (void)state;
    calls_open(&c, NULL);
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_watch(c.w.client, c.id, probe_on_watch, &p), MIDGE_OK);
    world_run(&c.w);
    assert_int_equal(c.n, 1);
    assert_int_equal(p.watches, 1);
    assert_int_equal(midge_take(c.w.client, c.id, &result), MIDGE_OK);
    assert_int_equal(result.error, MIDGE_OK);
    assert_int_equal(midge_call_later(c.w.client, 10, called, &c, &c.id), MIDGE_OK);
    assert_int_equal(midge_timeout(c.w.client, c.id, 5, &all), MIDGE_OK);
    assert_int_equal(midge_wait(c.w.client, all, &result), MIDGE_ERR_TIMEOUT);
    assert_int_equal(c.n, 1);
    world_close(&c.w);
}

static void refused(void **state)
{
    static const struct midge_result done;
    struct calls c;
    midge_id id;
    (void)state;
    calls_open(&c, &(struct midge_config){.max_awaitables = 1});
    assert_int_equal(midge_call_later(NULL, 1, called, &c, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_call_later(c.w.client, 1, NULL, &c, &id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_call_later(c.w.client, 1U << 31, called, &c, &id), MIDGE_ERR_INVALID);
    midge__memory_fail_at(&c.w.client->memory, 1, false);
    assert_int_equal(midge_call_later(c.w.client, 1, called, &c, &id), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(midge_call_later(c.w.client, 1, called, &c, &id), MIDGE_OK);
    assert_int_equal(midge_future_complete(c.w.client, id, &done), MIDGE_ERR_STALE);
    assert_int_equal(midge_call_later(c.w.client, 1, called, &c, &id), MIDGE_ERR_NO_SLOT);
    world_run(&c.w);
    assert_int_equal(c.n, 1);
    world_close(&c.w);
}

/* The futures of gather, timeout and semaphore end by themselves only: otherwise their state would
   be lost. */
static void inner_ones_are_refused(void **state)
{
    static const struct midge_result done;
    struct midge_semaphore semaphore;
    struct midge_result r;
    struct world w;
    midge_id child, all, late, own, permit, next;
    (void)state;
    world_open(&w, NULL);
    midge_semaphore_init(&semaphore, 1);
    assert_int_equal(midge_sleep(w.client, 10, &child), MIDGE_OK);
    assert_int_equal(midge_gather(w.client, &child, 1, MIDGE_GATHER_ALL, &all), MIDGE_OK);
    assert_int_equal(midge_timeout(w.client, all, 1000, &late), MIDGE_OK);
    assert_int_equal(midge_acquire(w.client, &semaphore, &permit), MIDGE_OK);
    assert_int_equal(midge_acquire(w.client, &semaphore, &next), MIDGE_OK);
    assert_int_equal(midge_future(w.client, NULL, NULL, &own), MIDGE_OK);
    const midge_id inner[] = {child, all, late, permit, next};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(inner); i++) {
        assert_int_equal(midge_future_complete(w.client, inner[i], &done), MIDGE_ERR_STALE);
    }
    assert_int_equal(midge__future_complete(w.client, own, &done), MIDGE_ERR_STALE);
    assert_int_equal(midge_future_complete(w.client, own, &done), MIDGE_OK);
    assert_int_equal(midge_done(w.client, late), 0);
    assert_int_equal(midge_done(w.client, next), 0);
    midge_release(w.client, &semaphore);
    assert_int_equal(midge_wait(w.client, next, &r), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, late, &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, child, &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, permit, &r), MIDGE_OK);
    assert_int_equal(midge_take(w.client, own, &r), MIDGE_OK);
    world_close(&w);
}

/* The completion callback takes the result, so that a wait finds none. */
static void waited_with_a_callback(void **state)
{
    struct world w;
    struct probe p;
    struct midge_result r;
    (void)state;
    world_open(&w, NULL);
    probe_get(&p, &w, "http://a.test/");
    assert_int_equal(midge_wait(w.client, p.id, &r), MIDGE_ERR_STALE);
    assert_int_equal(r.error, MIDGE_ERR_STALE);
    probe_is_hello(&p);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_once),
        cmocka_unit_test(calls_at_once),
        cmocka_unit_test(calls_again),
        cmocka_unit_test(cancel_ends_without_call),
        cmocka_unit_test(close_ends_without_call),
        cmocka_unit_test(watched),
        cmocka_unit_test(refused),
        cmocka_unit_test(inner_ones_are_refused),
        cmocka_unit_test(waited_with_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
