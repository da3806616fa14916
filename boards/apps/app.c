/* SPDX-License-Identifier: MIT */
/* What the programs share: the client, one task per item, the answer's way to JSON. */
#include <stdio.h>
#include <string.h>

#include "app.h"

/* --- the client --- */

bool app_open(struct app *app, size_t app_bytes)
{
    /* All items at once are the point: as many connections to one origin as there can be. */
    const struct midge_config config = {
        .max_per_origin = app->per_host > 0 && app->per_host < MIDGE_MAX_CONNECTIONS
                              ? (uint16_t)app->per_host
                              : MIDGE_MAX_CONNECTIONS};
    return board_open(app->board, &config, app_bytes, &app->client) == MIDGE_OK;
}

int app_close(struct app *app)
{
    board_close(app->board, app->client);
    app->client = NULL;
    return app->failed > 0 ? BOARD_EXIT_FAILED : BOARD_EXIT_OK;
}

/* --- tasks --- */

static struct app_item *item_at(void *states, size_t size, size_t i)
{
    return (struct app_item *)(void *)((char *)states + i * size);
}

/* Cleared memory of the client's block; NULL after one line. */
static void *take_memory(struct app *app, const char *what, size_t n, size_t size)
{
    void *memory = n <= SIZE_MAX / size ? midge_alloc(app->client, n * size) : NULL;
    if (memory == NULL) {
        app_error(app, "%s: other error: %s for %u times %s\n", app->name,
                  midge_err_text(MIDGE_ERR_NO_MEMORY), (unsigned)n, what);
        app->failed++;
        return NULL;
    }
    memset(memory, 0, n * size);
    return memory;
}

void *app_items(struct app *app, const char *what, size_t n, size_t size)
{
    void *states = take_memory(app, what, n, size);
    if (states == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        *item_at(states, size, i) =
            (struct app_item){.app = app, .what = what, .number = (unsigned)i + 1};
    }
    return states;
}

static bool spawn(struct app_item *item, midge_task_fn fn, midge_id *id)
{
    int err = midge_spawn(item->app->client, fn, item, id);
    if (err != MIDGE_OK) {
        app_fail(item, app_error_class(err), "%s", midge_err_text(err));
    }
    return err == MIDGE_OK;
}

static void wait_for(struct app *app, midge_id id)
{
    const int err = midge_wait(app->client, id, NULL);
    if (err == MIDGE_ERR_PORT) {
        app_error(app, "%s: other error: %s\n", app->name, midge_err_text(err));
        app->failed += !app->stuck;
        app->stuck = true;
    }
}

void app_free(struct app *app, void *memory)
{
    if (!app->stuck) {
        midge_free(app->client, memory);
    }
}

/* Start one, wait for it, start the next. */
static void each_after_another(struct app *app, midge_task_fn fn, void *states, size_t n,
                               size_t size)
{
    midge_id id;
    for (size_t i = 0; i < n && !app->stuck; i++) {
        if (spawn(item_at(states, size, i), fn, &id)) {
            wait_for(app, id);
        }
    }
}

/* Start all, gather, wait for that. What became of each is in its state. */
static void each_at_once(struct app *app, midge_task_fn fn, void *states, size_t n, size_t size)
{
    midge_id *ids = take_memory(app, "task", n, sizeof *ids), all;
    size_t started = 0;
    for (size_t i = 0; i < n && ids != NULL; i++) {
        started += spawn(item_at(states, size, i), fn, &ids[started]);
    }
    if (started > 0 &&
        midge_gather(app->client, ids, started, MIDGE_GATHER_ALL, &all) == MIDGE_OK) {
        wait_for(app, all);
    }
    for (size_t i = 0; i < started && !app->stuck; i++) {
        wait_for(app, ids[i]); /* has ended: takes the result */
    }
    app_free(app, ids);
}

void app_each(struct app *app, midge_task_fn fn, void *states, size_t n, size_t size)
{
    uint64_t began = board_millis(app->board);
    (app->sync ? each_after_another : each_at_once)(app, fn, states, n, size);
    app->elapsed_ms = (uint32_t)(board_millis(app->board) - began);
}

void app_summary(const struct app *app, size_t n, const char *what)
{
    uint32_t hundredths = (app->elapsed_ms + 5) / 10;
    app_print(app, "%u %s in %u.%02u s, %s\n", (unsigned)n, what, (unsigned)(hundredths / 100),
              (unsigned)(hundredths % 100), app->sync ? "one after another" : "all at once");
}

/* --- one request --- */

bool app_url(struct app_item *item, char *url, size_t cap, const char *path)
{
    const char *api = item->app->api;
    size_t base = strlen(api);
    while (base > 0 && api[base - 1] == '/') {
        base--;
    }
    int len = snprintf(url, cap, "%.*s%s", base < cap ? (int)base : (int)cap, api, path);
    if (len < 0 || (size_t)len >= cap) {
        app_fail(item, app_error_class(MIDGE_ERR_URL), "--api is too long a URL: %s", api);
        return false;
    }
    return true;
}

bool app_start(struct app_item *item, const struct midge_request *request)
{
    int err = midge_start(item->app->client, request, &item->id);
    if (err != MIDGE_OK) {
        item->result = (struct midge_result){.error = err, .cipher = "", .detail = ""};
        app_fail_result(item, request->url, NULL);
    }
    return err == MIDGE_OK;
}

/* In the order of their starts. */
static void keep_row(const struct app_item *item)
{
    struct app_rows *rows = item->app->rows;
    const struct midge_result *result = &item->result;
    if (rows == NULL || rows->n == rows->cap) {
        return;
    }
    size_t at = rows->n++;
    for (; at > 0 && rows->at[at - 1].t.start_us > result->t.start_us; at--) {
        rows->at[at] = rows->at[at - 1];
    }
    rows->at[at] = (struct app_row){
        .what = item->what, .number = item->number, .error = result->error, .t = result->t};
}

/* {"error": {"message": …}}, as OpenAI and many others say it. */
static void fail_with_message(struct app_item *item, const char *url, const struct midge_blob *body)
{
    struct midge_client *client = item->app->client;
    struct cJSON *json = NULL;
    if (body != NULL && body->len > 0) {
        (void)midge_json_parse(client, body->data, body->len, 0, &json, NULL);
    }
    app_fail_result(item, url, json != NULL ? midge_json_string(json, "error.message") : NULL);
    midge_json_free(client, json);
}

bool app_answered(struct app_item *item, const char *url, const struct midge_blob *body)
{
    const struct midge_result *result = &item->result;
    keep_row(item);
    if (result->error == MIDGE_OK && result->status >= 200 && result->status < 300) {
        return true;
    }
    fail_with_message(item, url, body);
    return false;
}

struct cJSON *app_json(struct app_item *item, const char *url, const struct midge_blob *body,
                       unsigned depth)
{
    struct cJSON *json;
    size_t offset;
    int err = midge_json_parse(item->app->client, body->data, body->len, depth, &json, &offset);
    if (err != MIDGE_OK) {
        app_fail(item, app_error_class(err), "%s at byte %u of %u from %s",
                 err == MIDGE_ERR_JSON ? "malformed or too deep" : midge_err_text(err),
                 (unsigned)offset, (unsigned)body->len, url);
    }
    return json;
}

int app_only_200(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    return response->status == 200 ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS;
}
