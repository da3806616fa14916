/* SPDX-License-Identifier: MIT */
/*
 * Lessons with gather and errors. Everything that can be started can be awaited in the same way:
 * these gather sleeps and requests.
 */
#include "tour.h"

/* Starts a sleep of ms; with ms 0 a request that is refused. */
static int begin(struct tour *tour, uint32_t ms, midge_id *id)
{
    const struct midge_request refused = {.url = TOUR_REFUSED};
    return ms > 0 ? midge_sleep(tour->app.client, ms, id)
                  : midge_start(tour->app.client, &refused, id);
}

static int begin_all(struct tour *tour, const uint32_t *ms, midge_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int err = begin(tour, ms[i], &ids[i]);
        if (err != MIDGE_OK) {
            while (i-- > 0) { /* a lesson that cannot begin cancels the rest */
                (void)midge_cancel(tour->app.client, ids[i]);
                (void)midge_detach(tour->app.client, ids[i]);
            }
            return err;
        }
    }
    return MIDGE_OK;
}

/* Gathers three, waits, and shows the result of each. */
static void show_gather(struct tour *tour, const uint32_t ms[3], enum midge_gather_mode mode)
{
    struct midge_client *client = tour->app.client;
    midge_id ids[3], all;
    if (tour_failed(tour, "gather", begin_all(tour, ms, ids, 3))) {
        return;
    }
    if (!tour_failed(tour, "gather", midge_gather(client, ids, 3, mode, &all))) {
        app_print(&tour->app, "   the gather: %s\n", midge_err_text(midge_wait(client, all, NULL)));
    }
    for (size_t i = 0; i < 3; i++) {
        app_print(&tour->app, "   %s: %s\n", ms[i] > 0 ? "a sleep" : "a refused request",
                  midge_err_text(midge_wait(client, ids[i], NULL)));
    }
}

/* gather(..., return_exceptions=True): all end, each in its own way. */
void lesson_errors_returned(struct tour *tour)
{
    static const uint32_t ms[3] = {20, 0, 40};
    show_gather(tour, ms, MIDGE_GATHER_ALL);
}

/* TaskGroup: the first error cancels the rest, so the sleep of a minute is cut short. */
void lesson_fail_fast(struct tour *tour)
{
    static const uint32_t ms[3] = {60000, 0, 60000};
    show_gather(tour, ms, MIDGE_GATHER_FAIL_FAST);
}

/* Shows which of n it was, and removes it from the lists. */
static size_t drop(struct tour *tour, midge_id *ids, uint32_t *ms, size_t n, midge_id which)
{
    size_t i = 0;
    while (i < n - 1 && ids[i] != which) {
        i++;
    }
    app_print(&tour->app, "   a sleep of %u ms\n", (unsigned)ms[i]);
    (void)midge_wait(tour->app.client, ids[i], NULL);
    ids[i] = ids[n - 1];
    ms[i] = ms[n - 1];
    return n - 1;
}

/* asyncio.as_completed: gather FIRST again and again with the remaining ones. */
void lesson_as_completed(struct tour *tour)
{
    uint32_t ms[3] = {150, 50, 100};
    midge_id ids[3], first;
    int err = begin_all(tour, ms, ids, 3);
    for (size_t n = 3; n > 0 && err == MIDGE_OK;) {
        err = midge_gather(tour->app.client, ids, n, MIDGE_GATHER_FIRST, &first);
        if (err == MIDGE_OK) {
            struct midge_result result;
            (void)midge_wait(tour->app.client, first, &result);
            n = drop(tour, ids, ms, n, result.child);
        }
    }
    (void)tour_failed(tour, "as completed", err);
}
