/* SPDX-License-Identifier: MIT */
/* Tasks on the real core, and gather, timeouts and semaphores with what the core completes. */
#include "fake_port.h"

#define URL "http://example.com/"

static const struct fake_script silent = {.steps = {REQUEST}};

static struct midge_result take(struct world *w, midge_id id, int error)
{
    struct midge_result r;
    assert_int_equal(midge_take(w->client, id, &r), MIDGE_OK);
    assert_int_equal(r.id, id);
    assert_int_equal(r.error, error);
    assert_int_equal(midge_take(w->client, id, &r), MIDGE_ERR_STALE);
    return r;
}

static midge_id sleep_for(struct world *w, uint32_t ms)
{
    midge_id id = 0;
    assert_int_equal(midge_sleep(w->client, ms, &id), MIDGE_OK);
    return id;
}

static midge_id get(struct world *w, const char *url)
{
    struct midge_request request = {.url = url};
    midge_id id = 0;
    assert_int_equal(midge_start(w->client, &request, &id), MIDGE_OK);
    return id;
}

/* --- sleeps and futures --- */

static void sleeps(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, NULL);
    midge_id late = sleep_for(&w, 300), soon = sleep_for(&w, 100), now = sleep_for(&w, 0);
    struct midge_result r;
    assert_int_equal(midge_wait(w.client, now, &r), MIDGE_OK);
    assert_int_equal(w.fake.now_ms, 1000);
    assert_int_equal(midge_wait(w.client, soon, &r), MIDGE_OK);
    assert_int_equal(w.fake.now_ms, 1100);
    assert_int_equal(midge_wait(w.client, late, &r), MIDGE_OK);
    assert_int_equal(w.fake.now_ms, 1300);
    midge_id never = sleep_for(&w, UINT32_MAX);
    assert_int_equal(midge_future_complete(w.client, never, &r), MIDGE_ERR_STALE); /* no future */
    assert_int_equal(midge_cancel(w.client, never), MIDGE_OK);
    take(&w, never, MIDGE_ERR_CANCELED);
    world_close(&w);
}

static unsigned cancels;

static void count_cancel(void *ctx, midge_id id)
{
    assert_non_null(ctx);
    assert_int_not_equal(id, 0);
    cancels++;
}

static void complete_in_cancel(void *ctx, midge_id id)
{
    struct world *w = ctx;
    cancels++;
    assert_int_equal(midge_future_complete(w->client, id, &(struct midge_result){.value = 5}),
                     MIDGE_OK);
}

static void futures(void **state)
{
    struct world w;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    cancels = 0;
    assert_int_equal(midge_future(w.client, count_cancel, &w, &id), MIDGE_OK);
    const struct midge_result result = {.error = MIDGE_ERR_JSON, .value = 7};
    assert_int_equal(midge_future_complete(w.client, id, &result), MIDGE_OK);
    assert_int_equal(midge_future_complete(w.client, id, &result), MIDGE_ERR_STALE);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(take(&w, id, MIDGE_ERR_JSON).value, 7);
    assert_int_equal(cancels, 0);
    assert_int_equal(midge_future(w.client, count_cancel, &w, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    take(&w, id, MIDGE_ERR_CANCELED);
    assert_int_equal(cancels, 1);
    assert_int_equal(midge_future(w.client, complete_in_cancel, &w, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(take(&w, id, MIDGE_OK).value, 5);
    assert_int_equal(cancels, 2);
    /* Its owner forgot it: close ends it. */
    assert_int_equal(midge_future(w.client, count_cancel, &w, &id), MIDGE_OK);
    midge_close(w.client);
    assert_int_equal(cancels, 3);
    world_close(&w);
}

/* --- tasks --- */

struct steps {
    struct world *w;
    midge_id awaited, child;
    struct midge_result slept, got, sub;
    unsigned at, cleaned;
    int error;
};

static int sub_task(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    s->awaited = sleep_for(s->w, 50);
    MIDGE_AWAIT(task, s->awaited, &s->slept);
    return midge_task_return(task, MIDGE_OK, 42);
    MIDGE_END(task);
}

static int all_three(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    s->at = 1;
    assert_ptr_equal(midge_task_client(task), s->w->client);
    s->awaited = sleep_for(s->w, 100);
    MIDGE_AWAIT(task, s->awaited, &s->slept);
    s->at = 2;
    s->awaited = get(s->w, URL);
    MIDGE_AWAIT(task, s->awaited, &s->got);
    s->at = 3;
    assert_int_equal(midge_spawn(s->w->client, sub_task, s, &s->child), MIDGE_OK);
    MIDGE_AWAIT(task, s->child, &s->sub);
    s->at = 4;
    s->cleaned++;
    if (s->error != MIDGE_OK) {
        return midge_task_return(task, s->error, 1);
    }
    MIDGE_END(task);
}

static void task_awaits(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_spawn(w.client, all_three, &s, &id), MIDGE_OK);
    assert_int_equal(s.at, 0); /* runs from the next turn on */
    world_run(&w);
    assert_int_equal(s.at, 4);
    assert_int_equal(w.fake.now_ms, 1150);
    assert_int_equal(s.got.status, 200);
    assert_int_equal(s.got.body_len, 5);
    assert_int_equal(s.sub.value, 42);
    assert_int_equal(take(&w, id, MIDGE_OK).value, 0);
    s = (struct steps){.w = &w, .error = MIDGE_ERR_JSON};
    assert_int_equal(midge_spawn(w.client, all_three, &s, &id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(take(&w, id, MIDGE_ERR_JSON).value, 1);
    assert_int_equal(midge_spawn(w.client, NULL, &s, &id), MIDGE_ERR_INVALID);
    world_close(&w);
}

static void task_canceled_before_start(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_spawn(w.client, all_three, &s, &id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(s.at, 0);
    take(&w, id, MIDGE_ERR_CANCELED);
    world_close(&w);
}

/* In whatever await: that one ends CANCELED, the further ones end at once, the end is reached. */
static void task_canceled_in_await(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 3; at++) {
        struct world w;
        struct steps s = {.w = &w};
        midge_id id;
        world_open(&w, NULL);
        if (at == 2) {
            fake_next(&w.fake, &silent);
        }
        assert_int_equal(midge_spawn(w.client, all_three, &s, &id), MIDGE_OK);
        while (s.at < at) {
            world_turn(&w, -1);
        }
        world_turns(&w, 3);
        uint64_t before = w.fake.now_ms;
        assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
        assert_int_equal(midge_done(w.client, id), 0); /* not cut off */
        world_run(&w);
        assert_int_equal(s.at, 4);
        assert_int_equal(s.cleaned, 1);
        assert_int_equal(w.fake.now_ms, before);
        assert_int_equal(s.slept.error, at == 1 || at == 3 ? MIDGE_ERR_CANCELED : MIDGE_OK);
        assert_int_equal(s.got.error, at <= 2 ? MIDGE_ERR_CANCELED : MIDGE_OK);
        assert_int_equal(s.sub.error, MIDGE_ERR_CANCELED);
        take(&w, id, MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

static int stubborn(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    for (s->at = 0; s->at < 5; s->at++) {
        s->awaited = sleep_for(s->w, 10);
        MIDGE_AWAIT(task, s->awaited, &s->slept);
        if (s->slept.error == MIDGE_ERR_CANCELED) {
            s->cleaned++;
        }
    }
    return midge_task_return(task, MIDGE_OK, 3);
    MIDGE_END(task);
}

static int stale(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    MIDGE_AWAIT(task, s->awaited, &s->got);
    MIDGE_AWAIT(task, 0, &s->slept);
    MIDGE_AWAIT(task, task->id, &s->sub); /* itself: it would never end */
    MIDGE_END(task);
}

static void task_odd(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    /* What has ended already, and what is stale, does not wait. */
    midge_id slept = s.awaited = sleep_for(&w, 1);
    world_run(&w);
    assert_int_equal(midge_spawn(w.client, stubborn, &s, &id), MIDGE_OK);
    world_turns(&w, 2);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(s.cleaned, 5);
    take(&w, id, MIDGE_ERR_CANCELED);
    world_pass(&w, 1);
    (void)midge_detach(w.client, slept);
    world_close(&w);
}

static void task_awaits_ended(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    s.awaited = sleep_for(&w, 1);
    world_run(&w);
    assert_int_equal(midge_done(w.client, s.awaited), 1);
    assert_int_equal(midge_spawn(w.client, stale, &s, &id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(s.got.error, MIDGE_OK);
    assert_int_equal(s.slept.error, MIDGE_ERR_STALE);
    assert_int_equal(s.sub.error, MIDGE_ERR_INVALID);
    take(&w, id, MIDGE_OK);
    world_close(&w);
}

static int awaits_given(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    MIDGE_AWAIT(task, s->awaited, &s->got);
    s->at = 1;
    MIDGE_END(task);
}

/* Two that await each other never end, but canceling does not run away, and close frees them. */
static void await_in_a_ring(void **state)
{
    struct world w;
    struct steps a = {.w = &w}, b = {.w = &w};
    midge_id one, two;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_spawn(w.client, awaits_given, &a, &one), MIDGE_OK);
    assert_int_equal(midge_spawn(w.client, awaits_given, &b, &two), MIDGE_OK);
    a.awaited = two;
    b.awaited = one;
    world_turns(&w, 3);
    assert_int_equal(midge_cancel(w.client, one), MIDGE_OK);
    world_turns(&w, 3);
    midge_close(w.client);
    assert_int_equal(a.at + b.at, 0);
    world_close(&w);
}

static void close_with_tasks(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 12; turns++) {
        struct world w;
        struct steps s = {.w = &w}, other = {.w = &w};
        midge_id id, id2;
        world_open(&w, NULL);
        assert_int_equal(midge_spawn(w.client, all_three, &s, &id), MIDGE_OK);
        assert_int_equal(midge_spawn(w.client, stubborn, &other, &id2), MIDGE_OK);
        for (unsigned i = 0; i < turns; i++) {
            world_turn(&w, -1);
        }
        assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
        assert_int_equal(midge_cancel(w.client, id2), MIDGE_OK);
        world_run(&w);
        midge_close(w.client);
        assert_int_equal(s.cleaned, turns > 0);
        world_close(&w);
    }
}

static int waits(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    s->error = midge_sleep(task->client, 10, &s->awaited);
    MIDGE_AWAIT(task, s->awaited, &s->slept);
    s->at = 1;
    s->error = midge_sleep(task->client, 10, &s->child);
    MIDGE_AWAIT(task, s->child, &s->got);
    s->at = 2;
    MIDGE_END(task);
}

/* Tasks run to their end in midge_close: awaits end CLOSED, starts fail CLOSED. */
static void close_in_await(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_spawn(w.client, waits, &s, &id), MIDGE_OK);
    world_turn(&w, 0);
    midge_close(w.client);
    assert_int_equal(s.at, 2);
    assert_int_equal(s.slept.error, MIDGE_ERR_CLOSED);
    assert_int_equal(s.error, MIDGE_ERR_CLOSED);
    assert_int_equal(s.got.error, MIDGE_ERR_STALE);
    world_close(&w);
}

static int closes(struct midge_task *task, void *state)
{
    struct steps *s = state;
    MIDGE_BEGIN(task);
    midge_close(task->client);
    s->at = 1;
    MIDGE_AWAIT(task, s->awaited, &s->slept);
    s->at = 2;
    MIDGE_END(task);
}

static void close_in_task(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    s.awaited = sleep_for(&w, 1000);
    assert_int_equal(midge_spawn(w.client, closes, &s, &id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(s.at, 2);
    assert_int_equal(s.slept.error, MIDGE_ERR_CLOSED);
    world_close(&w);
}

/* What the task awaits is also canceled, taken or detached by other code. */
static void awaited_by_two(void **state)
{
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    assert_int_equal(midge_spawn(w.client, sub_task, &s, &id), MIDGE_OK);
    world_turns(&w, 2);
    assert_int_equal(midge_watch(w.client, s.awaited, probe_on_watch, &s), MIDGE_ERR_BUSY);
    assert_int_equal(midge_cancel(w.client, s.awaited), MIDGE_OK);
    world_run(&w);
    assert_int_equal(s.slept.error, MIDGE_ERR_CANCELED);
    assert_int_equal(take(&w, id, MIDGE_OK).value, 42); /* only its await was canceled */
    world_close(&w);
}

static unsigned done_calls;

static void takes_own(void *ctx, const struct midge_result *result)
{
    struct world *w = ctx;
    struct midge_result r;
    done_calls++;
    (void)midge_take(w->client, result->id, &r);
}

/* A result that its on_done takes away from under a task: the task goes on all the same. */
static void taken_from_under(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(10), SAY(HELLO), LOOP}};
    struct world w;
    struct steps s = {.w = &w};
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &slow); /* the task waits already when it ends */
    done_calls = 0;
    struct midge_request request = {.url = URL, .ctx = &w, .on_done = takes_own};
    assert_int_equal(midge_start(w.client, &request, &s.awaited), MIDGE_OK);
    assert_int_equal(midge_spawn(w.client, awaits_given, &s, &id), MIDGE_OK);
    world_run(&w);
    assert_int_equal(done_calls, 1);
    assert_int_equal(s.at, 1);
    assert_int_equal(s.got.error, MIDGE_ERR_STALE);
    take(&w, id, MIDGE_OK);
    /* By other code, between its end and its delivery. */
    s = (struct steps){.w = &w};
    s.awaited = sleep_for(&w, 50);
    midge_id slept = s.awaited;
    assert_int_equal(midge_spawn(w.client, awaits_given, &s, &id), MIDGE_OK);
    world_turns(&w, 2);
    assert_int_equal(midge_cancel(w.client, slept), MIDGE_OK);
    take(&w, slept, MIDGE_ERR_CANCELED);
    world_run(&w);
    assert_int_equal(s.at, 1);
    take(&w, id, MIDGE_OK);
    assert_int_equal(midge_done(w.client, slept), MIDGE_ERR_STALE);
    world_close(&w);
}

/* Detached by other code: the task that awaits it has its result all the same. */
static void detached_and_awaited(void **state)
{
    struct world w;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    for (unsigned early = 0; early < 2; early++) {
        struct steps s = {.w = &w};
        s.awaited = sleep_for(&w, 50);
        midge_id slept = s.awaited;
        if (early) {
            assert_int_equal(midge_detach(w.client, slept), MIDGE_OK);
        }
        assert_int_equal(midge_spawn(w.client, awaits_given, &s, &id), MIDGE_OK);
        world_turns(&w, 2);
        if (!early) {
            assert_int_equal(midge_detach(w.client, slept), MIDGE_OK);
        }
        world_run(&w);
        assert_int_equal(s.at, 1);
        assert_int_equal(s.got.error, MIDGE_OK);
        take(&w, id, MIDGE_OK);
        assert_int_equal(midge_done(w.client, slept), MIDGE_ERR_STALE);
    }
    world_close(&w);
}

/* --- gather, timeout, semaphore --- */

static void gathers(void **state)
{
    struct world w;
    midge_id ids[5], id;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 81, &silent);
    struct steps s = {.w = &w};
    ids[0] = get(&w, URL);
    ids[1] = sleep_for(&w, 100);
    assert_int_equal(midge_spawn(w.client, sub_task, &s, &ids[2]), MIDGE_OK);
    ids[3] = get(&w, URL);
    ids[4] = get(&w, URL);
    assert_int_equal(midge_gather(w.client, ids, 5, MIDGE_GATHER_ALL, &id), MIDGE_OK);
    struct midge_result r;
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(w.fake.now_ms, 1100);
    for (unsigned i = 0; i < 5; i++) {
        r = take(&w, ids[i], MIDGE_OK);
        assert_int_equal(r.status, i == 0 || i > 2 ? 200 : 0);
    }
    /* FAIL_FAST: the refused one cancels the silent one. */
    static const struct fake_script refuses = {.connect = FAKE_REFUSES, .connect_ms = 5};
    fake_listen(&w.fake, 82, &refuses);
    ids[0] = get(&w, "http://example.com:81/");
    ids[1] = get(&w, "http://example.com:82/");
    assert_int_equal(midge_gather(w.client, ids, 2, MIDGE_GATHER_FAIL_FAST, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_CONNECT);
    assert_int_equal(r.error, MIDGE_ERR_CONNECT);
    assert_int_equal(r.child, ids[1]);
    take(&w, ids[0], MIDGE_ERR_CANCELED);
    take(&w, ids[1], MIDGE_ERR_CONNECT);
    /* FIRST: the rest goes on. */
    ids[0] = sleep_for(&w, 200);
    ids[1] = get(&w, URL);
    assert_int_equal(midge_gather(w.client, ids, 2, MIDGE_GATHER_FIRST, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.child, ids[1]);
    take(&w, ids[1], MIDGE_OK);
    assert_int_equal(midge_done(w.client, ids[0]), 0);
    /* Canceling a gather cancels the children; closing ends them all. */
    ids[1] = get(&w, "http://example.com:81/");
    assert_int_equal(midge_gather(w.client, ids, 2, MIDGE_GATHER_ALL, &id), MIDGE_OK);
    world_turns(&w, 5);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    take(&w, id, MIDGE_ERR_CANCELED);
    take(&w, ids[0], MIDGE_ERR_CANCELED);
    take(&w, ids[1], MIDGE_ERR_CANCELED);
    world_close(&w);
}

static void close_with_gathers(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 8; turns++) {
        struct world w;
        struct steps s = {.w = &w};
        midge_id ids[3], inner, outer, limit, task;
        struct midge_semaphore semaphore;
        world_open(&w, NULL);
        fake_listen(&w.fake, 81, &silent);
        midge_semaphore_init(&semaphore, 0);
        ids[0] = get(&w, "http://example.com:81/");
        ids[1] = sleep_for(&w, 1000);
        assert_int_equal(midge_acquire(w.client, &semaphore, &ids[2]), MIDGE_OK);
        assert_int_equal(midge_gather(w.client, ids, 3, turns % 2, &inner), MIDGE_OK);
        assert_int_equal(midge_timeout(w.client, inner, 500, &limit), MIDGE_OK);
        assert_int_equal(midge_gather(w.client, &limit, 1, MIDGE_GATHER_FIRST, &outer), MIDGE_OK);
        s.awaited = outer;
        assert_int_equal(midge_spawn(w.client, awaits_given, &s, &task), MIDGE_OK);
        world_turns(&w, turns);
        midge_close(w.client);
        assert_null(semaphore.head);
        assert_int_equal(s.at, turns > 0);
        assert_int_equal(s.got.error, turns > 0 ? MIDGE_ERR_CLOSED : MIDGE_OK);
        world_close(&w);
    }
}

static void timeouts(void **state)
{
    struct world w;
    midge_id of, id;
    struct midge_result r;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 81, &silent);
    of = get(&w, "http://example.com:81/");
    assert_int_equal(midge_timeout(w.client, of, 70, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_TIMEOUT);
    assert_int_equal(w.fake.now_ms, 1070);
    assert_int_equal(midge_done(w.client, of), MIDGE_ERR_STALE);
    /* In time: the whole result is passed on. */
    of = get(&w, URL);
    assert_int_equal(midge_timeout(w.client, of, 70, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.error, MIDGE_OK);
    assert_int_equal(r.id, id);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_len, 5);
    assert_string_equal(r.cipher, "");
    /* A task cleans up after its time is over: the timeout waits for it. */
    struct steps s = {.w = &w};
    assert_int_equal(midge_spawn(w.client, stubborn, &s, &of), MIDGE_OK);
    assert_int_equal(midge_timeout(w.client, of, 15, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_ERR_TIMEOUT);
    assert_int_equal(s.at, 5);
    /* Canceled: what it waited for, too. */
    of = get(&w, "http://example.com:81/");
    assert_int_equal(midge_timeout(w.client, of, 70, &id), MIDGE_OK);
    world_turns(&w, 5);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    take(&w, id, MIDGE_ERR_CANCELED);
    assert_int_equal(midge_done(w.client, of), MIDGE_ERR_STALE);
    world_close(&w);
}

struct limited {
    struct world *w;
    struct midge_semaphore *semaphore;
    unsigned *inside, *most;
    midge_id waiting;
    struct midge_result r, got;
};

static int limited(struct midge_task *task, void *state)
{
    struct limited *l = state;
    MIDGE_BEGIN(task);
    assert_int_equal(midge_acquire(l->w->client, l->semaphore, &l->waiting), MIDGE_OK);
    MIDGE_AWAIT(task, l->waiting, &l->r);
    if (l->r.error != MIDGE_OK) {
        return midge_task_return(task, l->r.error, 0);
    }
    *l->most = ++*l->inside > *l->most ? *l->inside : *l->most;
    l->waiting = get(l->w, URL);
    MIDGE_AWAIT(task, l->waiting, &l->got);
    l->waiting = sleep_for(l->w, 10);
    MIDGE_AWAIT(task, l->waiting, &l->r);
    --*l->inside;
    midge_release(l->w->client, l->semaphore);
    MIDGE_END(task);
}

static void semaphores(void **state)
{
    enum { N = 10 };
    struct world w;
    struct midge_semaphore semaphore;
    struct limited l[N];
    midge_id ids[N], id;
    unsigned inside = 0, most = 0;
    struct midge_result r;
    (void)state;
    world_open(&w, NULL);
    midge_semaphore_init(&semaphore, 3);
    for (unsigned i = 0; i < N; i++) {
        l[i] = (struct limited){&w, &semaphore, &inside, &most, 0, {0}, {0}};
        assert_int_equal(midge_spawn(w.client, limited, &l[i], &ids[i]), MIDGE_OK);
    }
    assert_int_equal(midge_gather(w.client, ids, N, MIDGE_GATHER_ALL, &id), MIDGE_OK);
    world_turns(&w, 2);
    assert_int_equal(midge_cancel(w.client, ids[7]), MIDGE_OK); /* while it waits for its turn */
    assert_int_equal(midge_wait(w.client, id, &r), MIDGE_OK);
    assert_int_equal(r.child, ids[7]);
    assert_int_equal(most, 3);
    assert_int_equal(inside, 0);
    assert_int_equal(semaphore.permits, 3);
    assert_null(semaphore.head);
    for (unsigned i = 0; i < N; i++) {
        take(&w, ids[i], i == 7 ? MIDGE_ERR_CANCELED : MIDGE_OK);
        assert_int_equal(l[i].got.status, i == 7 ? 0 : 200);
    }
    assert_int_equal(w.fake.now_ms, 1030); /* nine in threes */
    world_close(&w);
}

/* Each allocation fails once in a program of all of these. */
static bool program_with_failure(uint32_t nth)
{
    struct world w;
    midge_id ids[3] = {0}, id = 0, limit = 0;
    struct midge_result r;
    world_open(&w, NULL);
    midge__memory_fail_at(&w.client->memory, nth, false);
    struct midge_request request = {.url = URL};
    int err = midge_start(w.client, &request, &ids[0]);
    err = err == MIDGE_OK ? midge_sleep(w.client, 5, &ids[1]) : err;
    err = err == MIDGE_OK ? midge_future(w.client, NULL, NULL, &ids[2]) : err;
    err =
        err == MIDGE_OK ? midge_future_complete(w.client, ids[2], &(struct midge_result){0}) : err;
    err = err == MIDGE_OK ? midge_gather(w.client, ids, 3, MIDGE_GATHER_ALL, &id) : err;
    err = err == MIDGE_OK ? midge_timeout(w.client, id, 100, &limit) : err;
    if (err == MIDGE_OK) {
        id = 0; /* the timeout takes it */
        err = midge_wait(w.client, limit, &r);
        assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
    } else {
        assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
    }
    bool failed = w.client->memory.stats.failures > 0;
    midge__memory_fail_at(&w.client->memory, 0, false);
    midge_id given[4] = {ids[0], ids[1], ids[2], id};
    for (unsigned i = 0; i < 4; i++) {
        if (given[i] != 0) {
            (void)midge_cancel(w.client, given[i]);
            (void)midge_detach(w.client, given[i]);
        }
    }
    world_close(&w);
    return failed;
}

static void each_allocation_fails(void **state)
{
    uint32_t nth = 1;
    (void)state;
    while (program_with_failure(nth)) {
        nth++;
    }
    assert_true(nth > 8 && nth < 100);
}

/* --- room --- */

struct roomy {
    struct midge_client *client;
    midge_id get, task;
    int err;
    unsigned tries, gots;
    struct midge_result result;
};

static int start_large(struct roomy *r)
{
    static char url[1000];
    struct midge_request request = {.url = url};
    (void)snprintf(url, sizeof url, "%s%0900d", URL, 0);
    r->tries++;
    /* Memory that it takes for the try and gives back wakes no waiting request. */
    void *mine = midge_alloc(r->client, 100);
    int err = midge_start(r->client, &request, &r->get);
    midge_free(r->client, mine);
    return err;
}

static int two_gets(struct midge_task *task, void *state)
{
    struct roomy *r = state;
    MIDGE_BEGIN(task);
    for (r->gots = 0; r->gots < 2; r->gots++) {
        MIDGE_AWAIT_ROOM(task, r->err, start_large(r));
        if (r->err != MIDGE_OK) {
            return midge_task_return(task, r->err, 0);
        }
        MIDGE_AWAIT(task, r->get, &r->result);
        if (r->result.error != MIDGE_OK) {
            return midge_task_return(task, r->result.error, 0);
        }
    }
    MIDGE_END(task);
}

struct spawner {
    struct roomy *all;
    unsigned n, at, refused;
    int err;
    struct midge_client *client;
};

static int spawn_next(struct spawner *s)
{
    s->all[s->at].client = s->client;
    int err = midge_spawn(s->client, two_gets, &s->all[s->at], &s->all[s->at].task);
    s->refused += err != MIDGE_OK;
    return err;
}

static int spawn_all(struct midge_task *task, void *state)
{
    struct spawner *s = state;
    MIDGE_BEGIN(task);
    for (s->at = 0; s->at < s->n; s->at++) {
        MIDGE_AWAIT_ROOM(task, s->err, spawn_next(s));
        assert_int_equal(s->err, MIDGE_OK);
        assert_int_equal(midge_detach(s->client, s->all[s->at].task), MIDGE_OK);
    }
    MIDGE_END(task);
}

/* Any number of tasks gets through the smallest block, and none asks in every turn. */
static void tasks_wait_for_room(void **state)
{
    enum { N = 100 };
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(100), SAY(HELLO), LOOP}};
    static struct roomy all[N];
    struct world w;
    struct midge_config config = {.max_connections = 2, .max_awaitables = 250};
    unsigned tries = 0;
    midge_id id;
    (void)state;
    memset(all, 0, sizeof all);
    config.memory_size = midge_memory_least(&config);
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &slow);
    struct spawner s = {.all = all, .n = N, .client = w.client};
    assert_int_equal(midge_spawn(w.client, spawn_all, &s, &id), MIDGE_OK);
    world_run(&w);
    (void)take(&w, id, MIDGE_OK);
    assert_true(s.refused > 0);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(all[i].gots, 2);
        tries += all[i].tries;
    }
    assert_in_range(tries, 2 * N + 1, 100 * N);
    assert_true(w.turns < 200 * N);
    world_close(&w);
}

/* With nothing that could give room back, and when it is canceled, a task is told so. */
static void room_that_never_comes(void **state)
{
    static const struct fake_script never = {.connect = FAKE_NEVER};
    struct roomy r[3] = {{0}};
    struct world w;
    (void)state;
    struct midge_config config = {.max_connections = 2};
    config.memory_size = midge_memory_least(&config);
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &never);
    for (unsigned i = 0; i < 3; i++) {
        r[i].client = w.client;
        assert_int_equal(midge_spawn(w.client, two_gets, &r[i], &r[i].task), MIDGE_OK);
    }
    void *eaten = midge_alloc(w.client, midge__memory_largest_free(&w.client->memory) - 600);
    assert_non_null(eaten);
    world_run(&w);
    for (unsigned i = 0; i < 3; i++) {
        (void)take(&w, r[i].task, MIDGE_ERR_NO_MEMORY);
    }
    midge_free(w.client, eaten);
    midge_id alive = get(&w, URL);
    world_turns(&w, 3); /* its connection is made */
    r[0] = (struct roomy){.client = w.client};
    assert_int_equal(midge_spawn(w.client, two_gets, &r[0], &r[0].task), MIDGE_OK);
    eaten = midge_alloc(w.client, midge__memory_largest_free(&w.client->memory) - 600 -
                                      midge__protocol_state_size());
    world_turns(&w, 10);
    assert_int_equal(midge_done(w.client, r[0].task), 0);
    assert_int_equal(midge_cancel(w.client, r[0].task), MIDGE_OK);
    world_turns(&w, 2);
    (void)take(&w, r[0].task, MIDGE_ERR_NO_MEMORY);
    midge_free(w.client, eaten);
    assert_int_equal(midge_cancel(w.client, alive), MIDGE_OK);
    (void)take(&w, alive, MIDGE_ERR_CANCELED);
    world_close(&w);
}

static uint64_t called_at;
static struct world *called_of;

static void note_call(void *ctx, midge_id id)
{
    assert_ptr_equal(ctx, called_of);
    if (id == 0) {
        called_at = called_of->fake.now_ms;
    }
}

/* A future of the library calls its owner after a time, with the id 0. It may be set again. */
static void future_with_a_time(void **state)
{
    struct world w;
    midge_id id;
    (void)state;
    world_open(&w, NULL);
    called_of = &w;
    called_at = 0;
    assert_int_equal(midge__future(w.client, note_call, &w, &id), MIDGE_OK);
    for (unsigned i = 1; i < 3; i++) {
        uint64_t before = w.fake.now_ms;
        midge__future_after(w.client, id, 100 * i);
        world_pass(&w, 1000);
        assert_int_equal(called_at, before + 100 * i);
    }
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    world_run(&w);
    (void)take(&w, id, MIDGE_ERR_CANCELED);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps),
        cmocka_unit_test(futures),
        cmocka_unit_test(task_awaits),
        cmocka_unit_test(task_canceled_before_start),
        cmocka_unit_test(task_canceled_in_await),
        cmocka_unit_test(task_odd),
        cmocka_unit_test(task_awaits_ended),
        cmocka_unit_test(await_in_a_ring),
        cmocka_unit_test(close_with_tasks),
        cmocka_unit_test(close_in_await),
        cmocka_unit_test(close_in_task),
        cmocka_unit_test(awaited_by_two),
        cmocka_unit_test(taken_from_under),
        cmocka_unit_test(detached_and_awaited),
        cmocka_unit_test(gathers),
        cmocka_unit_test(close_with_gathers),
        cmocka_unit_test(timeouts),
        cmocka_unit_test(semaphores),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(tasks_wait_for_room),
        cmocka_unit_test(room_that_never_comes),
        cmocka_unit_test(future_with_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
