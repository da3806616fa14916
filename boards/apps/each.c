/* SPDX-License-Identifier: MIT */
/*
 * Runs a task for each item, as many at once as there is memory for.
 *
 * The number of live items is limited by the memory that the block has beyond the client's own
 * minimum, so the item whose turn it is finally finds room. An item that finds none awaits its
 * future (item->turn). The future is made when the item begins, since making one takes memory too.
 * After each turn of the client the loop completes one future, in rotation. When all items wait,
 * nothing runs that could free memory, and each has tried twice without success, the newest item
 * fails: it has done the least work, and its end makes room for the others.
 */
#include <string.h>

#include "app.h"

#define RETRY_MS        50U /* between two tries while nothing happens */
#define AWAITABLES      3U  /* for each item: task, future, request */
#define AWAITABLES_LEFT 4U
#define REPEATS_MAX     16U /* of a request that ended for lack of memory */

/* --- the list of items --- */

static void append(struct app_run *run, struct app_item *item)
{
    struct app_item **at = &run->first;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = item;
}

/* Removes the items at the front that have ended; without work->end the other ended ones too. */
static void take_ended(struct app *app)
{
    struct app_run *run = &app->run;
    struct app_item **at = &run->first;
    while (*at != NULL && ((*at)->ended || run->work->end == NULL)) {
        struct app_item *item = *at;
        if (!item->ended) {
            at = &item->next;
            continue;
        }
        *at = item->next;
        if (run->work->end != NULL) {
            run->work->end(item);
        }
        app_free(app, item);
    }
}

/* --- an item begins and ends --- */

/* The first item always fits: it tries with the memory that there is. */
static bool fits(const struct app *app, size_t bytes)
{
    return app->run.live == 0 || app->run.taken + bytes <= app->spare;
}

bool app_reserve(struct app_item *item, size_t bytes)
{
    if (!fits(item->app, item->room + bytes)) {
        return false;
    }
    item->room += bytes;
    return true;
}

static void drop(struct midge_client *client, midge_id id)
{
    (void)midge_detach(client, id);
    (void)midge_cancel(client, id);
}

static void on_end(void *ctx, midge_id id, const struct midge_result *result)
{
    struct app_item *item = ctx;
    struct app_run *run = &item->app->run;
    (void)result;
    (void)midge_detach(item->app->client, id);
    drop(item->app->client, item->turn);
    item->ended = true;
    run->taken -= item->room;
    run->live--;
    run->tries = 0;
}

/* The task runs from the next turn on. */
static int begin_task(struct app_item *item, midge_id *task)
{
    struct midge_client *client = item->app->client;
    int err = midge_future(client, NULL, NULL, &item->turn);
    if (err != MIDGE_OK) {
        return err;
    }
    err = midge_spawn(client, item->app->run.work->fn, item, task);
    if (err != MIDGE_OK) {
        drop(client, item->turn);
    }
    return err;
}

/* The state is filled in last, so that memory taken by `begin` need not be freed on an error. */
static int begin_item(struct app_item *item, const struct app_work *work)
{
    struct app *app = item->app;
    midge_id task;
    int err = begin_task(item, &task);
    if (err != MIDGE_OK) {
        return err;
    }
    err = work->begin != NULL ? work->begin(item) : MIDGE_OK;
    if (err != MIDGE_OK) {
        drop(app->client, task); /* the task never runs */
        drop(app->client, item->turn);
        return err;
    }
    (void)midge_watch(app->client, task, on_end, item);
    append(&app->run, item);
    app->run.taken += item->room;
    app->run.live++;
    return MIDGE_OK;
}

/* MIDGE_OK: one more has begun or failed; EOF: there is none; NO_MEMORY, NO_SLOT: not now. */
static int begin_next(struct app *app)
{
    struct app_run *run = &app->run;
    const size_t room = run->work->size + run->work->more;
    struct app_item *item = fits(app, room) ? midge_alloc(app->client, run->work->size) : NULL;
    if (item == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    memset(item, 0, run->work->size);
    *item = (struct app_item){
        .app = app, .what = run->work->what, .number = (unsigned)run->n + 1, .room = room};
    int err = begin_item(item, run->work);
    if (err != MIDGE_OK) {
        app_free(app, item);
    }
    if (err == MIDGE_ERR_EOF || app_is_full(err)) {
        return err;
    }
    run->n++;
    return MIDGE_OK;
}

/* --- as many as there is room for --- */

static unsigned most_live(const struct app *app)
{
    const unsigned most = (MIDGE_MAX_AWAITABLES - AWAITABLES_LEFT) / AWAITABLES;
    if (app->sync) {
        return 1;
    }
    return app->limit > 0 && app->limit < most ? app->limit : most;
}

/* Kept connections, and those that are closing, will free their memory. */
static bool memory_may_come(const struct app *app)
{
    struct midge_stats stats;
    midge_client_stats(app->client, &stats);
    return app->run.live > app->run.waiting || stats.open_connections > 0;
}

static void begin_more(struct app *app)
{
    struct app_run *run = &app->run;
    int err = MIDGE_OK;
    while (!run->all && err == MIDGE_OK && run->live < most_live(app)) {
        err = begin_next(app);
        run->all = err == MIDGE_ERR_EOF || (run->work->n > 0 && run->n == run->work->n);
    }
    if (app_is_full(err) && run->live == 0 && !memory_may_come(app)) {
        app_error(app, "%s: other error: %s for %s %u\n", app->name, midge_err_text(err),
                  run->work->what, (unsigned)run->n + 1);
        app->failed++;
        run->all = true;
    }
}

/* --- waiting items --- */

static void let_try(struct app_item *item)
{
    const struct midge_result now = {.error = MIDGE_OK};
    (void)midge_future_complete(item->app->client, item->turn, &now);
}

static struct app_item *last_waiting(struct app_item *item)
{
    struct app_item *last = NULL;
    for (; item != NULL; item = item->next) {
        last = item->waits ? item : last;
    }
    return last;
}

/* Lets one waiting item try, each time another one. */
static void let_one_try(struct app *app)
{
    struct app_run *run = &app->run;
    unsigned skip = run->waiting > 0 ? run->tries % run->waiting : 0;
    struct app_item *item = run->first;
    if (run->waiting == 0) {
        return;
    }
    if (run->tries > 2 * run->live && !memory_may_come(app)) {
        item = last_waiting(item);
        item->hopeless = true;
    } else {
        while (!item->waits || skip-- > 0) {
            item = item->next;
        }
    }
    let_try(item);
}

static bool port_failed(struct app *app, int err)
{
    if (err >= 0) {
        return false;
    }
    app_error(app, "%s: other error: %s\n", app->name, midge_err_text(err));
    app->failed++;
    app->stuck = true;
    return true;
}

size_t app_each(struct app *app, const struct app_work *work)
{
    struct app_run *run = &app->run;
    uint32_t began = board_millis(app->board);
    *run = (struct app_run){.work = work};
    for (;;) {
        begin_more(app);
        bool pressed = run->waiting > 0 || (run->live == 0 && !run->all);
        if ((run->all && run->live == 0) ||
            port_failed(app, midge_poll(app->client, pressed ? (int)RETRY_MS : -1))) {
            break;
        }
        take_ended(app);
        let_one_try(app);
    }
    app->elapsed_ms = board_millis(app->board) - began;
    return run->n;
}

/* --- in an item's task --- */

/* Makes item->id the future that the item awaits. */
static void wait_for_turn(struct app_item *item)
{
    struct app_run *run = &item->app->run;
    item->id = item->turn;
    item->waits = true;
    run->waiting++;
    run->tries++;
}

void app_begin(struct app_item *item, int (*start)(struct app_item *item))
{
    int err = item->app->stuck  ? MIDGE_ERR_CLOSED /* start may use freed memory */
              : item->postponed ? MIDGE_ERR_NO_MEMORY
                                : start(item);
    item->postponed = false;
    if (app_is_full(err) && !item->hopeless) {
        wait_for_turn(item);
        return;
    }
    if (err != MIDGE_OK) {
        if (!item->failed) {
            app_fail(item, app_error_class(err), "%s", midge_err_text(err));
        }
        item->id = 0; /* the await ends immediately */
        return;
    }
    item->hopeless = false;
    item->app->run.tries = 0;
}

/* A server may have begun to work on the request, and its work may cost money. */
static bool may_repeat(const struct app_item *item)
{
    return item->result.error == MIDGE_ERR_NO_MEMORY && item->repeats < REPEATS_MAX &&
           (item->repeatable || item->result.phase <= MIDGE_PHASE_TLS);
}

bool app_again(struct app_item *item)
{
    struct app_run *run = &item->app->run;
    if (item->waits) {
        item->waits = false;
        run->waiting--;
        /* Cannot fail: the memory of the completed future has just been freed. */
        (void)midge_future(item->app->client, NULL, NULL, &item->turn);
        return true;
    }
    item->postponed = !item->failed && may_repeat(item);
    item->repeats += item->postponed;
    return item->postponed;
}
