/* SPDX-License-Identifier: MIT */
/* tour: the ideas of an asyncio lesson, one by one, in the lesson's order. */
#include "tour.h"

#define TOUR_BYTES 65536 /* of the client's block: a few answers */

static const struct {
    const char *title;
    void (*teach)(struct tour *tour);
} lessons[] = {
    {"coroutine: a function that can wait", lesson_coroutine},
    {"task: two of them at the same time", lesson_task},
    {"gather: one wait for many", lesson_gather},
    {"sleep: waiting stops no other", lesson_sleep},
    {"cleanup: on every path, also when canceled", lesson_cleanup},
    {"streamed iteration: a body chunk by chunk", lesson_stream},
    {"many URLs at once", lesson_many},
    {"catching an error", lesson_catch},
    {"gather that returns errors", lesson_errors_returned},
    {"gather that fails fast", lesson_fail_fast},
    {"as completed: the first one first", lesson_as_completed},
    {"a log of errors", lesson_log},
};

struct midge_result tour_run(struct tour *tour, midge_task_fn fn, void *state)
{
    struct midge_result result = {.error = MIDGE_OK};
    midge_id id;
    result.error = midge_spawn(tour->app.client, fn, state, &id);
    if (result.error == MIDGE_OK) {
        (void)midge_wait(tour->app.client, id, &result);
    }
    return result;
}

bool tour_failed(struct tour *tour, const char *what, int err)
{
    if (err == MIDGE_OK) {
        return false;
    }
    app_error(&tour->app, "tour: %s: %s error: %s\n", what, app_error_class(err),
              midge_err_text(err));
    tour->app.failed++;
    return true;
}

int app_tour(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {APP_OPTIONS, {.name = NULL}};
    static const struct app_usage usage = {NULL, "Shows the ideas of asyncio, one by one.",
                                           options};
    struct tour tour = {.app = {.board = board, .name = "tour"}};
    struct app *app = &tour.app;
    int code;
    if (!app_options(app, &usage, argc, argv, &code)) {
        return code;
    }
    tour.key_api = app->api != NULL ? app->api : IMAGES_API;
    app->api = app->api != NULL ? app->api : POSTS_API;
    if (!app_open(app, TOUR_BYTES, 0)) {
        return BOARD_EXIT_FAILED;
    }
    for (unsigned i = 0; i < sizeof lessons / sizeof lessons[0]; i++) {
        app_print(app, "%u. %s\n", i + 1, lessons[i].title);
        lessons[i].teach(&tour);
    }
    return app_close(app);
}
