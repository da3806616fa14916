/* SPDX-License-Identifier: MIT */
/* compare: the same work one request at a time and all at once, with both times. */
#include "app.h"
#include "waterfall.h"

#define ROWS_MAX   48
#define ROWS_BYTES (ROWS_MAX * sizeof(struct app_row))

struct work {
    const char *name;
    const char *api; /* without --api */
    void (*run)(struct app *app);
    size_t bytes;
};

struct times {
    uint32_t sync_ms, concurrent_ms;
    bool failed; /* at least one item: work that was not done took no time */
};

/* Each run has a client of its own: connections and tickets of the run before must not help it. */
static bool run(struct app *app, const struct work *work)
{
    if (!app_open(app, work->bytes + ROWS_BYTES, ROWS_BYTES)) {
        return false;
    }
    work->run(app);
    return true;
}

static bool run_sync(const struct app *options, const struct work *work, struct times *times)
{
    struct app app = *options;
    app.sync = true;
    bool good = run(&app, work) && app_close(&app) == BOARD_EXIT_OK;
    times->sync_ms = app.elapsed_ms;
    return good;
}

static bool run_concurrent(const struct app *options, const struct work *work, struct times *times)
{
    struct app app = *options;
    struct app_rows rows = {.cap = ROWS_MAX};
    if (!app_open(&app, work->bytes + ROWS_BYTES, ROWS_BYTES)) {
        return false;
    }
    /* Without memory for the rows, the work is done without its picture. */
    rows.at = app.spare > 0 ? midge_alloc(app.client, ROWS_BYTES) : NULL;
    app.rows = rows.at != NULL ? &rows : NULL;
    work->run(&app);
    waterfall_show(&app, &rows);
    midge_free(app.client, rows.at);
    times->concurrent_ms = app.elapsed_ms;
    return app_close(&app) == BOARD_EXIT_OK;
}

static void show_times(const struct app *app, const char *name, const struct times *times)
{
    uint32_t sync = (times->sync_ms + 5) / 10, concurrent = (times->concurrent_ms + 5) / 10;
    uint32_t divisor = times->concurrent_ms > 0 ? times->concurrent_ms : 1;
    uint32_t tenths = (times->sync_ms * 10 + divisor / 2) / divisor;
    app_print(app, "%s: %u.%02u s one after another, %u.%02u s all at once, ", name,
              (unsigned)(sync / 100), (unsigned)(sync % 100), (unsigned)(concurrent / 100),
              (unsigned)(concurrent % 100));
    if (times->failed) {
        app_print(app, "no ratio: not all was done\n");
    } else {
        app_print(app, "ratio %u.%u\n", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
    }
}

static void compare(struct app *app, const struct work *work, struct times *total)
{
    struct times times = {0, 0, false};
    struct app one = *app;
    one.failed = 0; /* failures of other works */
    one.name = work->name;
    one.api = app->api != NULL ? app->api : work->api;
    bool good = run_sync(&one, work, &times);
    good = run_concurrent(&one, work, &times) && good;
    times.failed = !good;
    total->failed = total->failed || !good;
    app->failed += !good;
    show_times(app, work->name, &times);
    total->sync_ms += times.sync_ms;
    total->concurrent_ms += times.concurrent_ms;
}

/* The real API needs a key; another one may not. */
static bool has_key(struct app *app)
{
    app->key = board_env(app->board, "OPENAI_API_KEY");
    if (app->key == NULL || app->key[0] == '\0') {
        app->key = "none";
        return app->api != NULL;
    }
    return true;
}

int app_compare(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_OPTIONS,
        APP_TEXT("--output-dir", "DIR", output_dir, "keep the pictures there [they are dropped]"),
        {.name = NULL}};
    static const struct app_usage usage = {
        NULL, "Runs posts, itunes and images one request at a time, then all at once.", options};
    struct app app = {.board = board, .name = "compare", .quiet = true};
    struct times total = {0, 0, false};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    const struct work posts = {"posts", POSTS_API, posts_work, posts_bytes()};
    const struct work itunes = {"itunes", ITUNES_API, itunes_work, itunes_bytes(&app)};
    const struct work images = {"images", IMAGES_API, images_work, images_bytes(&app)};
    compare(&app, &posts, &total);
    compare(&app, &itunes, &total);
    if (has_key(&app)) {
        compare(&app, &images, &total);
    } else {
        app_print(&app, "images: left out: OPENAI_API_KEY is not set\n");
    }
    show_times(&app, "all", &total);
    return app.failed > 0 ? BOARD_EXIT_FAILED : BOARD_EXIT_OK;
}
