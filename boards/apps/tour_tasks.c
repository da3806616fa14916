/* SPDX-License-Identifier: MIT */
/*
 * Lessons 1 to 5: coroutines, tasks, gather, sleep, cleanup.
 *
 * A task is a function and a state. The function returns at each MIDGE_AWAIT and is called again
 * to continue after it, so local variables are lost there: lasting values belong in the state.
 */
#include "tour.h"

/* --- 1. coroutine ---
 *     async def hello():
 *         print("hello")
 *         await asyncio.sleep(0.05)
 *         print("world")
 */

struct hello {
    struct tour *tour;
    midge_id nap;
    struct midge_result result;
};

static int hello(struct midge_task *task, void *state)
{
    struct hello *h = state;
    MIDGE_BEGIN(task);
    app_print(&h->tour->app, "   hello\n");
    (void)midge_sleep(midge_task_client(task), 50, &h->nap);
    MIDGE_AWAIT(task, h->nap, &h->result);
    app_print(&h->tour->app, "   world\n");
    MIDGE_END(task);
}

void lesson_coroutine(struct tour *tour)
{
    struct hello h = {.tour = tour};
    midge_id id;
    if (tour_failed(tour, "coroutine", midge_spawn(tour->app.client, hello, &h, &id))) {
        return;
    }
    /* Nothing of hello has run yet: it runs inside midge_poll, and waiting is a loop over that. */
    app_print(&tour->app, "   spawned\n");
    (void)midge_wait(tour->app.client, id, NULL);
}

/* --- 2. task ---
 *     first = asyncio.create_task(say_after(0.2, "a second later"))
 *     other = asyncio.create_task(say_after(0.1, "…"))
 */

struct say_after {
    struct tour *tour;
    const char *what;
    uint32_t ms;
    midge_id nap;
    struct midge_result result;
};

static int say_after(struct midge_task *task, void *state)
{
    struct say_after *s = state;
    MIDGE_BEGIN(task);
    (void)midge_sleep(midge_task_client(task), s->ms, &s->nap);
    MIDGE_AWAIT(task, s->nap, &s->result);
    app_print(&s->tour->app, "   %s\n", s->what);
    MIDGE_END(task);
}

void lesson_task(struct tour *tour)
{
    struct say_after slow = {.tour = tour, .what = "slow: 200 ms", .ms = 200};
    struct say_after fast = {.tour = tour, .what = "fast: 100 ms", .ms = 100};
    struct midge_client *client = tour->app.client;
    uint64_t began = midge_now_ms(client);
    midge_id ids[2];
    /* Both run from now on; the order in which they are awaited does not matter. */
    int err = midge_spawn(client, say_after, &slow, &ids[0]);
    if (err == MIDGE_OK) {
        err = midge_spawn(client, say_after, &fast, &ids[1]);
        if (err == MIDGE_OK) {
            (void)midge_wait(client, ids[1], NULL);
        }
        (void)midge_wait(client, ids[0], NULL);
    }
    if (!tour_failed(tour, "task", err)) {
        app_print(&tour->app, "   both in %u ms, not in 300\n",
                  (unsigned)(midge_now_ms(client) - began));
    }
}

/* --- 3. gather ---
 *     squares = await asyncio.gather(square(1), square(2), square(3))
 */

struct square {
    int of;
    midge_id nap;
    struct midge_result result;
};

static int square(struct midge_task *task, void *state)
{
    struct square *s = state;
    MIDGE_BEGIN(task);
    (void)midge_sleep(midge_task_client(task), 20, &s->nap);
    MIDGE_AWAIT(task, s->nap, &s->result);
    return midge_task_return(task, MIDGE_OK, s->of * s->of);
    MIDGE_END(task);
}

void lesson_gather(struct tour *tour)
{
    struct square squares[3] = {{.of = 1}, {.of = 2}, {.of = 3}};
    struct midge_client *client = tour->app.client;
    midge_id ids[3], all;
    size_t n = 0;
    int err = MIDGE_OK;
    while (n < 3 && (err = midge_spawn(client, square, &squares[n], &ids[n])) == MIDGE_OK) {
        n++;
    }
    if (err == MIDGE_OK &&
        (err = midge_gather(client, ids, n, MIDGE_GATHER_ALL, &all)) == MIDGE_OK) {
        (void)midge_wait(client, all, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        struct midge_result result;
        (void)midge_wait(client, ids[i], &result); /* in the order of the list */
        app_print(&tour->app, "   %d squared is %d\n", squares[i].of, (int)result.value);
    }
    (void)tour_failed(tour, "gather", err);
}

/* --- 4. sleep --- */

struct ticker {
    unsigned ticks;
    midge_id nap;
    struct midge_result result;
};

static int tick(struct midge_task *task, void *state)
{
    struct ticker *t = state;
    MIDGE_BEGIN(task);
    while (t->result.error == MIDGE_OK) {
        t->ticks++;
        (void)midge_sleep(midge_task_client(task), 20, &t->nap);
        MIDGE_AWAIT(task, t->nap, &t->result);
    }
    MIDGE_END(task); /* canceled: the await said so */
}

void lesson_sleep(struct tour *tour)
{
    struct ticker ticker = {.ticks = 0};
    struct midge_client *client = tour->app.client;
    midge_id ticking, nap;
    if (tour_failed(tour, "sleep", midge_spawn(client, tick, &ticker, &ticking))) {
        return;
    }
    if (!tour_failed(tour, "sleep", midge_sleep(client, 110, &nap))) {
        (void)midge_wait(client, nap, NULL);
    }
    (void)midge_cancel(client, ticking);
    (void)midge_wait(client, ticking, NULL);
    /* Not how far: on a busy machine many naps are over at once. */
    app_print(&tour->app, "   while we slept, another task counted to %s\n",
              ticker.ticks >= 2 ? "2 and beyond" : "1");
}

/* --- 5. cleanup ---
 *     try:
 *         await asyncio.sleep(60)
 *     finally:
 *         print("cleaned up")
 */

struct holder {
    struct tour *tour;
    void *held;
    midge_id nap;
    struct midge_result result;
};

static int hold(struct midge_task *task, void *state)
{
    struct holder *h = state;
    MIDGE_BEGIN(task);
    h->held = midge_alloc(midge_task_client(task), 100);
    (void)midge_sleep(midge_task_client(task), 60000, &h->nap);
    MIDGE_AWAIT(task, h->nap, &h->result);
    /* There is only one path: after an await that fails the code continues in the same place. */
    midge_free(midge_task_client(task), h->held);
    app_print(&h->tour->app, "   the task: %s, cleaned up\n", midge_err_text(h->result.error));
    MIDGE_END(task);
}

void lesson_cleanup(struct tour *tour)
{
    struct holder holder = {.tour = tour};
    struct midge_client *client = tour->app.client;
    midge_id holding, bounded;
    if (tour_failed(tour, "cleanup", midge_spawn(client, hold, &holder, &holding))) {
        return;
    }
    /* asyncio.wait_for: after 50 ms the task is canceled. */
    int err = midge_timeout(client, holding, 50, &bounded);
    if (err == MIDGE_OK) {
        app_print(&tour->app, "   its caller: %s\n",
                  midge_err_text(midge_wait(client, bounded, NULL)));
    } else {
        (void)midge_cancel(client, holding);
        (void)midge_wait(client, holding, NULL);
    }
    (void)tour_failed(tour, "cleanup", err);
}
