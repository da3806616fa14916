/* SPDX-License-Identifier: MIT */
/*
 * Lessons with requests: a streamed body, many URLs, an error caught, a log of errors. Each lesson
 * is a task, or a few calls, with its Python original in a comment, and a function lesson_NAME that
 * runs it and prints the result.
 */
#include <stdio.h>

#include "tour.h"

/* --- streamed iteration ---
 *     async for chunk in response.content:
 *         …
 *
 * A sink is called with each chunk as it comes; nothing is kept. When the sink cannot take more, it
 * returns PAUSE, and TCP slows the server down until midge_resume.
 */

struct stream {
    struct app_item item;
    struct midge_sink sink; /* ours, see write and finish */
    midge_id get, paused, later;
    size_t chunks, bytes;
};

static struct stream *stream_of(struct midge_sink *sink)
{
    return (struct stream *)(void *)((char *)sink - offsetof(struct stream, sink));
}

static void tell_paused(struct stream *stream)
{
    const struct midge_result paused = {.error = MIDGE_OK};
    (void)midge_future_complete(stream->item.app->client, stream->paused, &paused);
}

static int stream_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct stream *stream = stream_of(sink);
    (void)data;
    stream->bytes += len;
    if (stream->chunks++ > 0) {
        return MIDGE_OK;
    }
    tell_paused(stream);
    return MIDGE_ERR_PAUSE; /* this chunk is taken, no more for now */
}

static int stream_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)err;
    (void)complete;
    if (stream_of(sink)->chunks == 0) {
        tell_paused(stream_of(sink)); /* nothing came: end the wait for a pause */
    }
    return MIDGE_OK;
}

static int begin_stream(struct app_item *item)
{
    struct stream *stream = (struct stream *)(void *)item;
    char url[APP_URL];
    const struct midge_request get = {.url = url, .sink = &stream->sink};
    int err = midge_future(stream->item.app->client, NULL, NULL, &stream->paused);
    if (err != MIDGE_OK) {
        return err;
    }
    err = app_url(item, url, sizeof url, "/posts") ? app_start(item, &get) : MIDGE_ERR_URL;
    if (err != MIDGE_OK) {
        (void)midge_detach(item->app->client, stream->paused);
        tell_paused(stream);
    }
    stream->get = item->id;
    item->id = stream->paused; /* awaited first */
    return err;
}

static void resume_stream(void *ctx)
{
    struct stream *stream = ctx;
    (void)midge_resume(stream->item.app->client, stream->get);
}

static int stream_task(struct midge_task *task, void *state)
{
    struct stream *stream = state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    APP_AWAIT(task, &stream->item, begin_stream);
    if (!stream->item.failed) {
        app_print(stream->item.app, "   a first chunk, then a pause\n");
        if (midge_call_later(client, 50, resume_stream, stream, &stream->later) != MIDGE_OK) {
            resume_stream(stream);
        }
        MIDGE_AWAIT(task, stream->get, &stream->item.result);
        if (app_answered(&stream->item, NULL)) {
            app_print(stream->item.app, "   %u bytes in %u chunks\n", (unsigned)stream->bytes,
                      (unsigned)stream->chunks);
        }
        (void)midge_cancel(client, stream->later); /* it may still wait, and would use the state */
    }
    MIDGE_END(task);
}

static int prepare_stream(struct app_item *item)
{
    ((struct stream *)(void *)item)->sink =
        (struct midge_sink){.write = stream_write, .finish = stream_finish};
    return MIDGE_OK;
}

void lesson_stream(struct tour *tour)
{
    static const struct app_work work = {.what = "stream",
                                         .size = sizeof(struct stream),
                                         .n = 1,
                                         .fn = stream_task,
                                         .begin = prepare_stream};
    (void)app_each(&tour->app, &work);
}

/* --- many URLs at once --- */

#define MANY      5
#define PAGE_MORE 1024 /* of the block, for an item: the request's copy */

struct page {
    struct app_item item;
    char url[APP_URL];
};

static int get_page(struct app_item *item)
{
    struct page *page = (struct page *)(void *)item;
    char path[32];
    (void)snprintf(path, sizeof path, "/posts/%u", item->number);
    const struct midge_request get = {.url = page->url}; /* no sink: bytes are only counted */
    return app_url(item, page->url, sizeof page->url, path) ? app_start(item, &get) : MIDGE_ERR_URL;
}

static int page_task(struct midge_task *task, void *state)
{
    struct page *page = state;
    MIDGE_BEGIN(task);
    APP_AWAIT(task, &page->item, get_page);
    (void)app_answered(&page->item, NULL);
    MIDGE_END(task);
}

static void show_page(struct app_item *item)
{
    const struct page *page = (struct page *)(void *)item;
    app_print(item->app, "   %u %s: %u bytes\n", item->result.status, page->url,
              (unsigned)item->result.body_len);
}

void lesson_many(struct tour *tour)
{
    static const struct app_work work = {.what = "page",
                                         .size = sizeof(struct page),
                                         .more = PAGE_MORE,
                                         .n = MANY,
                                         .fn = page_task,
                                         .end = show_page};
    (void)app_each(&tour->app, &work);
    app_print(&tour->app, "   ");
    app_summary(&tour->app, MANY, "pages");
}

/* --- catching an error ---
 *     try:
 *         await session.get(url)
 *     except aiohttp.ClientError as error:
 *         print(error)
 */

void lesson_catch(struct tour *tour)
{
    const struct midge_request get = {.url = TOUR_REFUSED};
    struct midge_result result;
    char text[160];
    midge_id id;
    if (tour_failed(tour, "catch", midge_start(tour->app.client, &get, &id))) {
        return; /* not even begun: a malformed URL, no memory */
    }
    int err = midge_wait(tour->app.client, id, &result);
    (void)midge_result_text(&result, text, sizeof text);
    app_print(&tour->app, "   caught a %s error: %s\n", app_error_class(err), text);
    app_print(&tour->app, "   and the program goes on\n");
}

/* --- a log of errors: response.raise_for_status() --- */

static void log_error(struct tour *tour, const struct midge_request *request)
{
    struct midge_result result;
    char text[256];
    midge_id id;
    if (tour_failed(tour, "log", midge_start(tour->app.client, request, &id))) {
        return;
    }
    (void)midge_wait(tour->app.client, id, &result);
    if (midge_raise_for_status(&result, text, sizeof text) != MIDGE_OK) {
        app_print(&tour->app, "   ERROR %s\n", text);
    }
}

void lesson_log(struct tour *tour)
{
    struct app_item item = {.app = &tour->app, .what = "log", .number = 1};
    struct app keyed = tour->app;
    struct app_item keyed_item = {.app = &keyed, .what = "log", .number = 2};
    char missing[APP_URL], locked[APP_URL];
    keyed.api = tour->key_api;
    if (!app_url(&item, missing, sizeof missing, "/posts/0") ||
        !app_url(&keyed_item, locked, sizeof locked, "/v1/images/generations")) {
        return;
    }
    const struct midge_request requests[] = {
        {.url = missing},
        {.url = locked, .body = "{}", .body_len = 2, .content_type = "application/json"},
        {.url = TOUR_REFUSED}};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        log_error(tour, &requests[i]);
    }
}
