/* SPDX-License-Identifier: MIT */
/*
 * fetch: any URLs, repeated as often as asked for, all at once. It shows the capacity of a board:
 * how many connections, how fast, how failures look, and whether the next round starts afresh.
 */
#include "app.h"

#define FETCHED_BYTES (MIDGE_MAX_AWAITABLES * 64) /* of the block, for the most there can be */

struct fetch {
    struct app *app;
    size_t total, next; /* requests of this round; those below next were started */
    size_t live;
    size_t done;
    struct fetched *all; /* one block: many small ones would fragment the memory */
    size_t n;            /* how many requests there can be at once */
};

/* One request; small, because there may be many. */
struct fetched {
    struct midge_null_sink sink;
    struct fetch *fetch;
    unsigned number; /* from 1; 0: free */
};

static const char *url_of(const struct fetched *one)
{
    const struct app *app = one->fetch->app;
    return app->args[(one->number - 1) % app->n_args];
}

static void start_more(struct fetch *fetch);

static void show(struct fetched *one, const struct midge_result *result)
{
    struct app *app = one->fetch->app;
    struct app_item item = {
        .app = app, .what = "request", .number = one->number, .result = *result};
    if (result->error != MIDGE_OK || result->status < 200 || result->status > 299) {
        app_fail_result(&item, NULL);
    } else if (!app->quiet) {
        app_print(app, "request %u: %d, %lu bytes, %lu us, handshake %lu us%s\n", one->number,
                  result->status, (unsigned long)one->sink.len, (unsigned long)result->t.total_us,
                  (unsigned long)result->t.tls_us, result->resumed ? ", resumed" : "");
    }
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct fetched *one = ctx;
    struct fetch *fetch = one->fetch;
    show(one, result);
    one->number = 0;
    fetch->live--;
    fetch->done++;
    start_more(fetch);
}

static int start_one(struct fetched *one)
{
    const struct app *app = one->fetch->app;
    midge_null_sink_init(&one->sink);
    const struct midge_request get = {
        .url = url_of(one),
        .sink = &one->sink.sink,
        .timeouts = {.total_ms = app->timeout_ms, .dns_ms = app->dns_timeout_ms},
        .no_reuse = app->no_reuse,
        .ctx = one,
        .on_done = on_done};
    return midge_start(app->client, &get, NULL);
}

/* Finds a free one, as live < n. */
static int start_next(struct fetch *fetch)
{
    struct fetched *one = fetch->all;
    while (one->number != 0) {
        one++;
    }
    *one = (struct fetched){.fetch = fetch, .number = (unsigned)fetch->next + 1};
    int err = start_one(one);
    one->number = err == MIDGE_OK ? one->number : 0;
    return err;
}

static void show_not_started(struct fetch *fetch, int err)
{
    struct fetched one = {.fetch = fetch, .number = (unsigned)fetch->next};
    const struct midge_result result = {
        .error = err, .url = url_of(&one), .cipher = "", .detail = ""};
    show(&one, &result);
    fetch->done++;
}

static bool memory_may_come(const struct fetch *fetch)
{
    struct midge_stats stats;
    midge_client_stats(fetch->app->client, &stats);
    return fetch->live > 0 || stats.open_connections > 0;
}

/* When the block is full, there is room again after one of the requests or a kept connection has
   ended. */
static void start_more(struct fetch *fetch)
{
    const size_t most = fetch->app->sync ? 1 : fetch->n;
    while (fetch->next < fetch->total && fetch->live < most) {
        const int err = start_next(fetch);
        if (app_is_full(err) && memory_may_come(fetch)) {
            return;
        }
        fetch->next++;
        if (err == MIDGE_OK) {
            fetch->live++;
        } else {
            show_not_started(fetch, err);
        }
    }
}

/* False: the port failed. */
static bool run_round(struct fetch *fetch)
{
    struct app *app = fetch->app;
    const uint32_t began = board_millis(app->board);
    fetch->next = fetch->live = fetch->done = 0;
    start_more(fetch);
    while (fetch->done < fetch->total) {
        const int err = midge_poll(app->client, -1);
        if (err < 0) {
            app_error(app, "fetch: other error: %s\n", midge_err_text(err));
            app->failed++;
            app->stuck = true;
            return false;
        }
        start_more(fetch);
    }
    app->elapsed_ms = board_millis(app->board) - began;
    return true;
}

static void pause_between(const struct app *app)
{
    midge_id id;
    if (app->pause_ms > 0 && midge_sleep(app->client, app->pause_ms, &id) == MIDGE_OK) {
        (void)midge_wait(app->client, id, NULL);
    }
}

static size_t live_bytes(const struct app *app)
{
    struct midge_stats stats;
    midge_client_stats(app->client, &stats);
    return stats.alloc_live;
}

/* Memory for as many requests as there are awaitables, or as the block has room for. */
static bool take_memory(struct fetch *fetch)
{
    struct app *app = fetch->app;
    fetch->n = fetch->total < MIDGE_MAX_AWAITABLES ? fetch->total : MIDGE_MAX_AWAITABLES;
    while (fetch->n > 0 &&
           (fetch->all = midge_alloc(app->client, fetch->n * sizeof *fetch->all)) == NULL) {
        fetch->n /= 2;
    }
    if (fetch->n == 0) {
        app_error(app, "fetch: other error: %s\n", midge_err_text(MIDGE_ERR_NO_MEMORY));
        app->failed++;
        return false;
    }
    for (size_t i = 0; i < fetch->n; i++) {
        fetch->all[i].number = 0;
    }
    return true;
}

static void fetch_work(struct app *app)
{
    static struct fetch fetch; /* may live longer than this function: app->stuck */
    fetch = (struct fetch){.app = app, .total = app->n_args * (app->times > 0 ? app->times : 1)};
    const unsigned rounds = app->rounds > 0 ? app->rounds : 1;
    size_t live = 0;
    if (!take_memory(&fetch)) {
        return;
    }
    for (unsigned round = 1; round <= rounds && run_round(&fetch); round++) {
        if (rounds > 1) {
            app->quiet = true;
            if (round <= 2 || round % 50 == 0 || live_bytes(app) > live) {
                live = live_bytes(app);
                app_print(app, "round %u: %u bytes live\n", round, (unsigned)live);
            }
            pause_between(app);
        }
    }
    app_summary(app, fetch.total, "requests");
    app_free(app, fetch.all);
}

int app_fetch(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_NUMBER("--times", "N", times, "each URL so often, at once"),
        APP_NUMBER("--rounds", "N", rounds, "all of it again, N times"),
        APP_NUMBER("--pause", "MS", pause_ms, "between two rounds, in ms"),
        APP_NUMBER("--timeout", "MS", timeout_ms, "for each request, in ms"),
        APP_NUMBER("--dns-timeout", "MS", dns_timeout_ms, "for each lookup of a name, in ms"),
        APP_NUMBER("--per-host", "N", per_host, "connections to one origin"),
        APP_FLAG("--no-reuse", no_reuse, "a connection for each request"),
        APP_OPTIONS,
        {.name = NULL}};
    static const struct app_usage usage = {"URL...", "Gets the URLs, all at once.", options};
    struct app app = {.board = board, .name = "fetch", .api = "http://localhost"};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    if (app.n_args == 0) {
        app_error(&app, "fetch: which URL?\n");
        return BOARD_EXIT_USAGE;
    }
    if (!app_open(&app, FETCHED_BYTES, 0)) {
        return BOARD_EXIT_FAILED;
    }
    fetch_work(&app);
    return app_close(&app);
}
