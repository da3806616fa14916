/* SPDX-License-Identifier: MIT */
/*
 * A future that watches one request after another. Each is a download (download.c) of the next
 * slice. Its sink stands between the download and the application's: it passes all on but finish,
 * which the application's sink gets at the end of the last one.
 *
 *     the request ended        then
 *     well, the file did not   the next slice
 *     all else                 the end
 */
#include "midge/slices.h"

#if MIDGE_WITH_SLICES

#include <stdbool.h>
#include <string.h>

#include "base/check.h"

/* --- the sink of each slice --- */

static struct midge_slices *of_sink(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_slices, part);
}

static int part_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_sink *whole = of_sink(sink)->request->sink;
    return whole->write(whole, data, len);
}

static int part_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)err;
    of_sink(sink)->complete = (uint8_t)complete;
    return MIDGE_OK;
}

static int part_reset(struct midge_sink *sink)
{
    struct midge_sink *whole = of_sink(sink)->request->sink;
    return whole->reset(whole);
}

static int part_head(struct midge_sink *sink, struct midge_response *response)
{
    struct midge_sink *whole = of_sink(sink)->request->sink;
    return whole->head != NULL ? whole->head(whole, response) : MIDGE_OK;
}

/* --- the end --- */

static void release(struct midge_slices *s)
{
    const midge_id current = s->current;
    s->current = 0;
    (void)midge_watch(s->client, current, NULL, NULL);
    (void)midge_cancel(s->client, current);
    (void)midge_take(s->client, current, NULL);
}

static int finish_sink(struct midge_slices *s, int err)
{
    struct midge_sink *whole = s->request->sink;
    const enum midge_complete complete =
        err == MIDGE_OK ? (enum midge_complete)s->complete : MIDGE_COMPLETE_NO;
    const int did = whole->finish(whole, err, complete);
    return err != MIDGE_OK ? err : did;
}

/* The caller's struct may be gone once the future is completed. The sink's finish may cancel it. */
static void finish(struct midge_slices *s, struct midge_result *result)
{
    struct midge_client *client = s->client;
    const midge_id id = s->id;
    s->id = 0;
    result->body_len = s->download.len;
    result->url = s->request->url;
    release(s);
    result->error = finish_sink(s, result->error);
    (void)midge__future_complete(client, id, result);
}

static void canceled(void *ctx, midge_id id)
{
    struct midge_slices *s = ctx;
    if (id != 0 && s->id != 0) {
        s->id = 0;
        release(s);
        (void)finish_sink(s, MIDGE_ERR_CANCELED);
    }
}

/* --- the requests --- */

static void request_ended(void *ctx, midge_id id, const struct midge_result *result);

static int ask(struct midge_slices *s)
{
    s->requests++;
    const int err = midge_start(s->client, &s->get, &s->current);
    return err != MIDGE_OK ? err : midge_watch(s->client, s->current, request_ended, s);
}

static void request_ended(void *ctx, midge_id id, const struct midge_result *ended)
{
    struct midge_slices *s = ctx;
    struct midge_result result = *ended;
    const struct midge_download *d = &s->download;
    const bool more = result.error == MIDGE_OK && result.status == 206 && d->len < d->total;
    (void)id;
    if (!more) {
        finish(s, &result);
        return;
    }
    release(s);
    result.error = d->validator[0] != '\0' ? ask(s) : MIDGE_ERR_RANGE;
    if (result.error != MIDGE_OK) {
        finish(s, &result);
    }
}

/* --- the start --- */

static bool is_get_without_callbacks(const struct midge_request *r)
{
    return (r->method == NULL || strcmp(r->method, "GET") == 0) && r->body == NULL &&
           r->body_len == 0 && r->source == NULL && r->on_send == NULL && r->on_interim == NULL &&
           r->on_redirect == NULL && r->on_response == NULL && r->on_trailer == NULL &&
           r->on_done == NULL;
}

static void begin(struct midge_slices *s)
{
    midge_download_init(&s->download, &s->part);
    s->part = (struct midge_sink){.write = part_write, .finish = part_finish, .head = part_head};
    if (s->request->sink->reset != NULL) {
        s->part.reset = part_reset;
    }
    s->download.slice = s->slice;
    s->download.hook.next = s->request->hooks;
    s->get = *s->request;
    s->get.sink = &s->download.sink;
    s->get.hooks = &s->download.hook;
    s->get.borrow = 1;
    s->id = s->current = 0;
    s->requests = 0;
    s->complete = MIDGE_COMPLETE_NO;
}

int midge_slices_start(struct midge_client *client, struct midge_slices *slices, midge_id *id)
{
    if (client == NULL || slices == NULL || id == NULL || slices->request == NULL ||
        slices->request->sink == NULL || slices->slice == 0 ||
        !is_get_without_callbacks(slices->request)) {
        return MIDGE_ERR_INVALID;
    }
    slices->client = client;
    begin(slices);
    int err = ask(slices);
    if (err == MIDGE_OK) {
        err = midge__future(client, canceled, slices, &slices->id);
    }
    if (err != MIDGE_OK) {
        release(slices);
        return err;
    }
    *id = slices->id;
    return MIDGE_OK;
}

#endif
