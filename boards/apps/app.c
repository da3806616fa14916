/* SPDX-License-Identifier: MIT */
/* Shared by the programs: the client, one request of an item, the answer's conversion to JSON. */
#include <stdio.h>
#include <string.h>

#include "app.h"

/* A person waits for a program: repeats come sooner than the library's, and who is told to wait for
   longer than LONGEST_MS is told so. */
#define FIRST_MS   500U
#define LONGEST_MS 15000U

/* --- the client --- */

static const struct midge_retry *rules_of_retries(struct app *app)
{
    app->retry.max = app->retries < UINT8_MAX ? (uint8_t)app->retries : UINT8_MAX;
    app->retry.first_ms = FIRST_MS;
    app->retry.most_ms = LONGEST_MS;
    return MIDGE_WITH_RETRY && app->retries > 0 ? &app->retry : NULL;
}

/* MIDGE_PROXY=host:port: all requests go there. */
static void set_proxy(const struct app *app, struct midge_config *config)
{
    static char host[64];
    static struct midge_proxy proxy;
    const char *text = MIDGE_WITH_PROXY ? board_env(app->board, "MIDGE_PROXY") : NULL;
    const char *colon = text != NULL ? strrchr(text, ':') : NULL;
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
        return;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    proxy = (struct midge_proxy){.host = host};
    for (const char *digit = colon + 1; *digit >= '0' && *digit <= '9'; digit++) {
        proxy.port = (uint16_t)(proxy.port * 10 + (*digit - '0'));
    }
    config->proxy = &proxy;
}

#if MIDGE_WITH_HTTP2
/* MIDGE_HTTP=2: HTTP/2, from each server that speaks it. */
static void set_http(const struct app *app, struct midge_config *config)
{
    const char *text = board_env(app->board, "MIDGE_HTTP");
    config->http = text != NULL && strcmp(text, "2") == 0 ? MIDGE_HTTP_2 : MIDGE_HTTP_1_1;
}
#else
#define set_http(app, config) ((void)(config))
#endif

bool app_open(struct app *app, size_t app_bytes, size_t kept)
{
    /* To run all items at once, one origin may have all connections. */
    struct midge_config config = {.max_per_origin =
                                      app->per_host > 0 && app->per_host < MIDGE_MAX_CONNECTIONS
                                          ? (uint16_t)app->per_host
                                          : MIDGE_MAX_CONNECTIONS,
                                  .retry = rules_of_retries(app),
                                  .rate = app->rate.requests > 0 ? &app->rate : NULL,
                                  .retry_budget = UINT16_MAX}; /* its items are all there are */
    struct midge_stats stats;
    set_proxy(app, &config);
    set_http(app, &config);
    app_log_open(app, &config);
    if (board_open(app->board, &config, app_bytes, &app->client) != MIDGE_OK) {
        return false;
    }
    midge_client_stats(app->client, &stats);
    config.tls = app->board->tls; /* as in board_open: roots need memory too */
    kept += midge_memory_least(&config);
    app->spare = stats.memory_size > kept ? stats.memory_size - kept : 0;
    return true;
}

int app_close(struct app *app)
{
    board_close(app->board, app->client);
    app->client = NULL;
    app_log_close(app);
    return app->failed > 0 ? BOARD_EXIT_FAILED : BOARD_EXIT_OK;
}

void app_free(struct app *app, void *memory)
{
    if (!app->stuck) {
        midge_free(app->client, memory);
    }
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

int app_start(struct app_item *item, const struct midge_request *request)
{
    int err = midge_start(item->app->client, request, &item->id);
    item->repeatable = request->body == NULL && request->source == NULL; /* a GET */
    if (err != MIDGE_OK && !app_is_full(err)) {
        item->result =
            (struct midge_result){.error = err, .url = request->url, .cipher = "", .detail = ""};
        app_fail_result(item, NULL);
    }
    return err;
}

/* Keeps the rows in the order of their starts. */
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

bool app_answered_with(struct app_item *item, const char *body, size_t len)
{
    const struct midge_result *result = &item->result;
    char says[200];
    if (result->is_request) {
        keep_row(item);
    }
    if (item->failed) {
        return false; /* reported already, or never begun */
    }
    if (result->error == MIDGE_OK && result->status >= 200 && result->status < 300) {
        return true;
    }
    bool said = app_message(body, len, true, says, sizeof says);
    app_fail_result(item, said ? says : NULL);
    return false;
}

bool app_answered(struct app_item *item, const struct midge_blob *body)
{
    return app_answered_with(item, body != NULL ? (const char *)body->data : NULL,
                             body != NULL ? body->len : 0);
}

struct cJSON *app_json(struct app_item *item, const struct midge_blob *body, unsigned depth)
{
    struct cJSON *json;
    size_t offset;
    int err = midge_json_parse(item->app->client, body->data, body->len, depth, &json, &offset);
    if (err != MIDGE_OK) {
        app_fail(item, app_error_class(err), "%s at byte %u of %u from %s",
                 err == MIDGE_ERR_JSON ? "malformed or too deep" : midge_err_text(err),
                 (unsigned)offset, (unsigned)body->len, app_asked(item));
    }
    return json;
}

int app_only_200(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    return response->status == 200 ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS;
}
