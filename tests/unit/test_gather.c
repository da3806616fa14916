/* SPDX-License-Identifier: MIT */
/* gather, timeout, semaphore against a fake core; each case with watches run at once and later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_core.h"

#include "../../src/async/gather.c"
#include "../../src/async/semaphore.c"
#include "../../src/async/timeout.c"

static struct midge_client *core;

static int setup(void **state)
{
    core = calloc(1, sizeof *core);
    core->sync = *state != NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unsigned leaked = core->allocs - core->frees;
    free(core);
    return leaked == 0 ? 0 : -1;
}

static midge_id future(void)
{
    midge_id id = 0;
    assert_int_equal(midge_future(core, NULL, NULL, &id), MIDGE_OK);
    return id;
}

static void complete(midge_id id, int error)
{
    const struct midge_result result = {.error = error, .value = 7};
    assert_int_equal(midge_future_complete(core, id, &result), MIDGE_OK);
}

static midge_id gather(const midge_id *ids, size_t n, enum midge_gather_mode mode)
{
    midge_id id = 0;
    assert_int_equal(midge_gather(core, ids, n, mode, &id), MIDGE_OK);
    assert_int_not_equal(id, 0);
    return id;
}

static struct midge_result take(midge_id id)
{
    struct midge_result result;
    fake_turn(core);
    assert_int_equal(midge_take(core, id, &result), MIDGE_OK);
    return result;
}

static void expect_live(midge_id id)
{
    fake_turn(core);
    assert_int_equal(midge_done(core, id), 0);
}

static void expect_end(midge_id id, int error)
{
    assert_int_equal(take(id).error, error);
}

static void expect_clean(void)
{
    fake_turn(core);
    assert_int_equal(fake_used(core), 0);
    assert_int_equal(core->allocs, core->frees);
}

/* --- gather --- */

static void all_returns_errors(void **state)
{
    (void)state;
    midge_id c[3] = {future(), future(), future()};
    midge_id g = gather(c, 3, MIDGE_GATHER_ALL);
    complete(c[2], MIDGE_OK);
    complete(c[0], MIDGE_ERR_CONNECT);
    expect_live(g);
    assert_int_equal(midge_done(core, c[1]), 0);
    complete(c[1], MIDGE_ERR_TLS);
    struct midge_result result = take(g);
    assert_int_equal(result.error, MIDGE_OK);
    assert_int_equal(result.child, c[0]);
    expect_end(c[0], MIDGE_ERR_CONNECT);
    expect_end(c[1], MIDGE_ERR_TLS);
    assert_int_equal(take(c[2]).value, 7);
    expect_clean();
}

static void ended_before(void **state)
{
    (void)state;
    midge_id c[2] = {future(), future()};
    complete(c[0], MIDGE_OK);
    complete(c[1], MIDGE_OK);
    fake_turn(core);
    midge_id g = gather(c, 2, MIDGE_GATHER_ALL);
    expect_end(g, MIDGE_OK);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_OK);
    expect_clean();
}

static void fail_fast_cancels_the_rest(void **state)
{
    (void)state;
    midge_id c[4] = {future(), future(), future(), future()};
    midge_id g = gather(c, 4, MIDGE_GATHER_FAIL_FAST);
    complete(c[0], MIDGE_OK);
    complete(c[2], MIDGE_ERR_CERT);
    struct midge_result result = take(g);
    assert_int_equal(result.error, MIDGE_ERR_CERT);
    assert_int_equal(result.child, c[2]);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_ERR_CANCELED);
    expect_end(c[2], MIDGE_ERR_CERT);
    expect_end(c[3], MIDGE_ERR_CANCELED);
    expect_clean();
}

static void fail_fast_all_good(void **state)
{
    (void)state;
    midge_id c[2] = {future(), future()};
    midge_id g = gather(c, 2, MIDGE_GATHER_FAIL_FAST);
    complete(c[1], MIDGE_OK);
    expect_live(g);
    complete(c[0], MIDGE_OK);
    struct midge_result result = take(g);
    assert_int_equal(result.error, MIDGE_OK);
    assert_int_equal(result.child, 0);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_OK);
    expect_clean();
}

/* Canceling a child cancels the gather itself, from within its own cancel loop. */
static midge_id to_cancel;
static void cancel_another(void *ctx, midge_id id)
{
    (void)ctx;
    (void)id;
    midge_cancel(core, to_cancel);
}

static void canceled_within_its_cancel_loop(void **state)
{
    (void)state;
    midge_id c[4] = {future(), 0, future(), future()};
    midge_future(core, cancel_another, NULL, &c[1]);
    midge_id g = to_cancel = gather(c, 4, MIDGE_GATHER_FAIL_FAST);
    complete(c[2], MIDGE_ERR_RECV);
    expect_end(g, MIDGE_ERR_CANCELED);
    expect_end(c[0], MIDGE_ERR_CANCELED);
    expect_end(c[1], MIDGE_ERR_CANCELED);
    expect_end(c[2], MIDGE_ERR_RECV);
    expect_end(c[3], MIDGE_ERR_CANCELED);
    expect_clean();
}

/* Canceling a child ends another child well, within the loop. */
static void complete_another(void *ctx, midge_id id)
{
    (void)id;
    complete(*(midge_id *)ctx, MIDGE_OK);
}

static void sibling_ends_in_the_cancel_loop(void **state)
{
    (void)state;
    midge_id c[3] = {0, future(), future()};
    midge_future(core, complete_another, &c[1], &c[0]);
    midge_id g = gather(c, 3, MIDGE_GATHER_FAIL_FAST);
    complete(c[2], MIDGE_ERR_SEND);
    struct midge_result result = take(g);
    assert_int_equal(result.error, MIDGE_ERR_SEND);
    assert_int_equal(result.child, c[2]);
    expect_end(c[0], MIDGE_ERR_CANCELED);
    expect_end(c[1], MIDGE_OK);
    expect_end(c[2], MIDGE_ERR_SEND);
    expect_clean();
}

static void first_leaves_the_others(void **state)
{
    (void)state;
    midge_id c[3] = {future(), future(), future()};
    midge_id g = gather(c, 3, MIDGE_GATHER_FIRST);
    complete(c[1], MIDGE_ERR_EMPTY_REPLY);
    complete(c[0], MIDGE_OK); /* in the same turn: it is for the next gather */
    struct midge_result result = take(g);
    assert_int_equal(result.error, MIDGE_OK);
    midge_id left[2];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (c[i] != result.child) {
            left[n++] = c[i];
        }
    }
    assert_int_equal(n, 2);
    g = gather(left, 2, MIDGE_GATHER_FIRST);
    result = take(g);
    assert_true(result.child == c[0] || result.child == c[1]);
    g = gather(&c[2], 1, MIDGE_GATHER_FIRST);
    expect_live(g);
    complete(c[2], MIDGE_OK);
    assert_int_equal(take(g).child, c[2]);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_ERR_EMPTY_REPLY);
    expect_end(c[2], MIDGE_OK);
    expect_clean();
}

static void cancel_all(void **state)
{
    (void)state;
    midge_id c[3] = {future(), future(), future()};
    midge_id g = gather(c, 3, MIDGE_GATHER_ALL);
    complete(c[1], MIDGE_OK); /* deferred: its watch has not run when the gather is canceled */
    midge_cancel(core, g);
    expect_end(g, MIDGE_ERR_CANCELED);
    expect_end(c[0], MIDGE_ERR_CANCELED);
    expect_end(c[1], MIDGE_OK);
    expect_end(c[2], MIDGE_ERR_CANCELED);
    expect_clean();
}

static void cancel_first_is_only_the_wait(void **state)
{
    (void)state;
    midge_id c[2] = {future(), future()};
    midge_id g = gather(c, 2, MIDGE_GATHER_FIRST);
    midge_cancel(core, g);
    expect_end(g, MIDGE_ERR_CANCELED);
    expect_live(c[0]);
    g = gather(c, 2, MIDGE_GATHER_ALL); /* they are not watched any more */
    complete(c[0], MIDGE_OK);
    complete(c[1], MIDGE_OK);
    expect_end(g, MIDGE_OK);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_OK);
    expect_clean();
}

/* A child that ended may be awaited by another since; canceling must not take that watch away. */
static void cancel_spares_a_foreign_watch(void **state)
{
    (void)state;
    midge_id c[2] = {future(), future()};
    midge_id g = gather(c, 2, MIDGE_GATHER_ALL);
    complete(c[0], MIDGE_OK);
    fake_turn(core);
    midge_id other = gather(c, 1, MIDGE_GATHER_ALL);
    midge_cancel(core, g);
    expect_end(other, MIDGE_OK);
    expect_end(g, MIDGE_ERR_CANCELED);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_ERR_CANCELED);
    expect_clean();
}

static void gather_of_gathers(void **state)
{
    (void)state;
    midge_id a[2] = {future(), future()}, b[2] = {future(), future()};
    midge_id g[2] = {gather(a, 2, MIDGE_GATHER_FAIL_FAST), gather(b, 2, MIDGE_GATHER_ALL)};
    midge_id outer = gather(g, 2, MIDGE_GATHER_FAIL_FAST);
    complete(a[1], MIDGE_ERR_TLS);
    struct midge_result result = take(outer);
    assert_int_equal(result.error, MIDGE_ERR_TLS);
    assert_int_equal(result.child, g[0]);
    expect_end(g[0], MIDGE_ERR_TLS);
    expect_end(g[1], MIDGE_ERR_CANCELED);
    expect_end(a[0], MIDGE_ERR_CANCELED);
    expect_end(a[1], MIDGE_ERR_TLS);
    expect_end(b[0], MIDGE_ERR_CANCELED);
    expect_end(b[1], MIDGE_ERR_CANCELED);
    expect_clean();
}

static void refused_changes_nothing(void **state)
{
    (void)state;
    midge_id c[3] = {future(), future(), 0}, g = 0;
    assert_int_equal(midge_gather(core, c, 0, MIDGE_GATHER_ALL, &g), MIDGE_ERR_INVALID);
    assert_int_equal(midge_gather(core, NULL, 1, MIDGE_GATHER_ALL, &g), MIDGE_ERR_INVALID);
    assert_int_equal(midge_gather(core, c, SIZE_MAX, MIDGE_GATHER_ALL, &g), MIDGE_ERR_INVALID);
    assert_int_equal(midge_gather(core, c, 2, (enum midge_gather_mode)9, &g), MIDGE_ERR_INVALID);
    assert_int_equal(midge_gather(core, c, 3, MIDGE_GATHER_ALL, &g), MIDGE_ERR_STALE);
    c[2] = c[0];
    assert_int_equal(midge_gather(core, c, 3, MIDGE_GATHER_ALL, &g), MIDGE_ERR_BUSY);
    core->fail_alloc = 1;
    assert_int_equal(midge_gather(core, c, 2, MIDGE_GATHER_ALL, &g), MIDGE_ERR_NO_MEMORY);
    core->fail_slot = 1;
    assert_int_equal(midge_gather(core, c, 2, MIDGE_GATHER_ALL, &g), MIDGE_ERR_NO_SLOT);
    assert_int_equal(core->allocs, core->frees);
    g = gather(c, 2, MIDGE_GATHER_ALL); /* their watches were given back */
    assert_int_equal(midge_gather(core, c, 2, MIDGE_GATHER_ALL, &c[2]), MIDGE_ERR_BUSY);
    complete(c[0], MIDGE_OK);
    complete(c[1], MIDGE_OK);
    expect_end(g, MIDGE_OK);
    expect_end(c[0], MIDGE_OK);
    expect_end(c[1], MIDGE_OK);
    expect_clean();
}

/* --- timeout --- */

static midge_id timeout(midge_id of, uint32_t ms)
{
    midge_id id = 0;
    assert_int_equal(midge_timeout(core, of, ms, &id), MIDGE_OK);
    return id;
}

static void timeout_passes_the_result_on(void **state)
{
    (void)state;
    const struct midge_result result = {.error = MIDGE_ERR_TLS, .value = 3, .status = 200};
    midge_id of = future(), t = timeout(of, 100);
    fake_advance(core, 99);
    midge_future_complete(core, of, &result);
    struct midge_result got = take(t);
    assert_int_equal(got.error, MIDGE_ERR_TLS);
    assert_int_equal(got.value, 3);
    assert_int_equal(got.status, 200);
    assert_int_equal(got.id, t);
    assert_int_equal(midge_done(core, of), MIDGE_ERR_STALE);
    expect_clean();
}

static void timeout_cancels(void **state)
{
    (void)state;
    midge_id of = future(), t = timeout(of, 100);
    fake_advance(core, 99);
    expect_live(t);
    fake_advance(core, 1);
    expect_end(t, MIDGE_ERR_TIMEOUT);
    assert_int_equal(midge_done(core, of), MIDGE_ERR_STALE);
    expect_clean();
}

static void timeout_in_the_turn_of_the_end(void **state)
{
    (void)state;
    midge_id of = future(), t = timeout(of, 100);
    core->now += 100;
    complete(of, MIDGE_OK);
    expect_end(t, MIDGE_OK);
    expect_clean();
}

/* The sleep's slot comes before that of the thing: its watch runs first. */
static void timeout_fires_before_the_watch_of_the_end(void **state)
{
    (void)state;
    midge_id low = future(), of = 0, t;
    assert_int_equal(midge_sleep(core, 100, &of), MIDGE_OK);
    complete(low, MIDGE_OK);
    expect_end(low, MIDGE_OK);
    t = timeout(of, 100);
    fake_advance(core, 100);
    expect_end(t, core->sync ? MIDGE_ERR_TIMEOUT : MIDGE_OK);
    expect_clean();
}

static void timeout_of_a_gather(void **state)
{
    (void)state;
    midge_id c[2] = {future(), future()};
    midge_id t = timeout(gather(c, 2, MIDGE_GATHER_ALL), 10);
    fake_advance(core, 10);
    expect_end(t, MIDGE_ERR_TIMEOUT);
    expect_end(c[0], MIDGE_ERR_CANCELED);
    expect_end(c[1], MIDGE_ERR_CANCELED);
    expect_clean();
}

static void timeout_canceled_cancels(void **state)
{
    (void)state;
    midge_id of = future(), t = timeout(of, 10);
    midge_cancel(core, t);
    expect_end(t, MIDGE_ERR_CANCELED);
    expect_clean();
}

static void timeout_refused(void **state)
{
    (void)state;
    midge_id of = future(), t = 0;
    assert_int_equal(midge_timeout(core, 12345, 10, &t), MIDGE_ERR_STALE);
    core->fail_alloc = 1;
    assert_int_equal(midge_timeout(core, of, 10, &t), MIDGE_ERR_NO_MEMORY);
    for (unsigned nth = 1; nth <= 2; nth++) {
        core->fail_slot = nth;
        assert_int_equal(midge_timeout(core, of, 10, &t), MIDGE_ERR_NO_SLOT);
    }
    t = timeout(of, 10);
    assert_int_equal(midge_timeout(core, of, 10, &t), MIDGE_ERR_BUSY);
    complete(of, MIDGE_OK);
    expect_end(t, MIDGE_OK);
    expect_clean();
}

/* --- semaphore --- */

static struct midge_semaphore semaphore;

static midge_id acquire(void)
{
    midge_id id = 0;
    assert_int_equal(midge_acquire(core, &semaphore, &id), MIDGE_OK);
    return id;
}

static void semaphore_in_order(void **state)
{
    (void)state;
    midge_semaphore_init(&semaphore, 2);
    midge_id a[5];
    for (size_t i = 0; i < 5; i++) {
        a[i] = acquire();
    }
    expect_end(a[0], MIDGE_OK);
    expect_end(a[1], MIDGE_OK);
    for (size_t i = 2; i < 5; i++) {
        expect_live(a[i]);
        midge_release(core, &semaphore);
        expect_end(a[i], MIDGE_OK);
    }
    assert_int_equal(semaphore.permits, 0);
    midge_release(core, &semaphore);
    midge_release(core, &semaphore);
    assert_int_equal(semaphore.permits, 2);
    expect_clean();
}

static void semaphore_waiters_canceled(void **state)
{
    (void)state;
    static const int error[6] = {MIDGE_OK,           MIDGE_ERR_CANCELED, MIDGE_ERR_CANCELED,
                                 MIDGE_ERR_CANCELED, MIDGE_OK,           MIDGE_ERR_CANCELED};
    midge_semaphore_init(&semaphore, 1);
    midge_id a[6];
    for (size_t i = 0; i < 6; i++) {
        a[i] = acquire();
    }
    midge_cancel(core, a[2]); /* in the middle, behind it, at the head, at the tail */
    midge_cancel(core, a[3]);
    midge_cancel(core, a[1]);
    midge_cancel(core, a[5]);
    midge_release(core, &semaphore);
    for (size_t i = 0; i < 6; i++) {
        expect_end(a[i], error[i]);
    }
    assert_null(semaphore.head);
    assert_null(semaphore.tail);
    midge_id next = acquire();
    midge_release(core, &semaphore);
    expect_end(next, MIDGE_OK);
    expect_clean();
}

static void semaphore_canceled_after_the_grant(void **state)
{
    (void)state;
    midge_semaphore_init(&semaphore, 1);
    midge_id a = acquire(), b = acquire();
    midge_release(core, &semaphore);
    midge_cancel(core, b); /* too late: it holds the permit, and says so */
    expect_end(a, MIDGE_OK);
    expect_end(b, MIDGE_OK);
    assert_int_equal(semaphore.permits, 0);
    midge_release(core, &semaphore);
    assert_int_equal(semaphore.permits, 1);
    expect_clean();
}

static void release_when_granted(void *ctx, midge_id id, const struct midge_result *result)
{
    (void)id;
    assert_int_equal(result->error, MIDGE_OK);
    ++*(int *)ctx;
    midge_release(core, &semaphore);
}

static void semaphore_released_in_a_watch(void **state)
{
    (void)state;
    int granted = 0;
    midge_semaphore_init(&semaphore, 1);
    midge_id a[8];
    a[0] = acquire();
    for (size_t i = 1; i < 8; i++) {
        a[i] = acquire();
        assert_int_equal(midge_watch(core, a[i], release_when_granted, &granted), MIDGE_OK);
    }
    midge_release(core, &semaphore);
    fake_turn(core);
    assert_int_equal(granted, 7);
    assert_int_equal(semaphore.permits, 1);
    for (size_t i = 0; i < 8; i++) {
        expect_end(a[i], MIDGE_OK);
    }
    expect_clean();
}

static void semaphore_with_timeout(void **state)
{
    (void)state;
    midge_semaphore_init(&semaphore, 1);
    midge_id a = acquire(), t = timeout(acquire(), 10);
    fake_advance(core, 10);
    expect_end(t, MIDGE_ERR_TIMEOUT);
    assert_null(semaphore.head);
    /* Granted and canceled in one turn: the timeout must tell that the permit is held. */
    t = timeout(acquire(), 10);
    midge_release(core, &semaphore);
    midge_cancel(core, t);
    expect_end(t, MIDGE_OK);
    midge_release(core, &semaphore);
    assert_int_equal(semaphore.permits, 1);
    expect_end(a, MIDGE_OK);
    expect_clean();
}

static void semaphore_refused(void **state)
{
    (void)state;
    midge_id id = 0;
    midge_semaphore_init(&semaphore, 1);
    core->fail_slot = 1;
    assert_int_equal(midge_acquire(core, &semaphore, &id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(semaphore.permits, 1);
    midge_id a = acquire();
    core->fail_slot = 1;
    assert_int_equal(midge_acquire(core, &semaphore, &id), MIDGE_ERR_NO_SLOT);
    core->fail_alloc = 1;
    assert_int_equal(midge_acquire(core, &semaphore, &id), MIDGE_ERR_NO_MEMORY);
    assert_null(semaphore.head);
    expect_end(a, MIDGE_OK);
    expect_clean();
}

static int sync_mode;
#define BOTH(test)                                                                                 \
    {#test " (later)", test, setup, teardown, NULL},                                               \
    {                                                                                              \
#test " (at once)", test, setup, teardown, &sync_mode                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(all_returns_errors),
        BOTH(ended_before),
        BOTH(fail_fast_cancels_the_rest),
        BOTH(fail_fast_all_good),
        BOTH(canceled_within_its_cancel_loop),
        BOTH(sibling_ends_in_the_cancel_loop),
        BOTH(first_leaves_the_others),
        BOTH(cancel_all),
        BOTH(cancel_first_is_only_the_wait),
        BOTH(cancel_spares_a_foreign_watch),
        BOTH(gather_of_gathers),
        BOTH(refused_changes_nothing),
        BOTH(timeout_passes_the_result_on),
        BOTH(timeout_cancels),
        BOTH(timeout_in_the_turn_of_the_end),
        BOTH(timeout_fires_before_the_watch_of_the_end),
        BOTH(timeout_of_a_gather),
        BOTH(timeout_canceled_cancels),
        BOTH(timeout_refused),
        BOTH(semaphore_in_order),
        BOTH(semaphore_waiters_canceled),
        BOTH(semaphore_canceled_after_the_grant),
        BOTH(semaphore_released_in_a_watch),
        BOTH(semaphore_with_timeout),
        BOTH(semaphore_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
