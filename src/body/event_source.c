/* SPDX-License-Identifier: MIT */
/*
 * An event source: a future that watches one request after another, and waits between them by its
 * own timer: that takes no memory, which might be short when a connection is lost.
 *
 *     state        waits for     then                        leads to
 *     CONNECTING   a head        200, text/event-stream      OPEN
 *                                any other, or an error      WAITING, or the end
 *     OPEN         events        the end of the connection   WAITING, or the end
 *     WAITING      its time                                  CONNECTING
 *
 * The request has a watcher and no on_done, so that a cancel can take it at once: then nothing
 * refers to the caller's struct any more, when the source has ended. It is borrowed. Its header
 * Last-Event-ID points to the reader's id, which changes only when an answer is read: the head is
 * not sent again after that.
 *
 * A callback may end the source, which sets id to 0: each step looks at it after each callback.
 */
#include "midge/event_source.h"

#if MIDGE_WITH_EVENT_SOURCE

#include <stdbool.h>
#include <string.h>

#include "base/backoff.h"
#include "base/span.h"

#define FIRST_MS  3000U
#define MOST_MS   60000U
#define LIMIT_MS  (UINT32_C(1) << 30)
#define WISH_S    3600U /* the server's wishes are taken up to that */
#define REDIRECTS 20    /* as Fetch 4.4 */
#define ADDED     3     /* headers */

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* False: the callback has ended the source. */
static bool tell(struct midge_event_source *s, enum midge_event_source_state state,
                 const struct midge_result *last)
{
    const midge_id id = s->id;
    s->state = state;
    if (s->on_state != NULL) {
        s->on_state(s->ctx, state, last);
    }
    return s->id == id;
}

/* --- the end --- */

static void release(struct midge_client *client, midge_id current)
{
    (void)midge_watch(client, current, NULL, NULL);
    (void)midge_cancel(client, current);
    (void)midge_take(client, current, NULL);
}

static void release_current(struct midge_event_source *s)
{
    const midge_id current = s->current;
    s->current = 0;
    release(s->client, current);
}

/* The request's memory is free for the result then, unless that has its URL. The caller's struct
   may be gone once the future is completed. */
static void finish(struct midge_event_source *s, const struct midge_result *result)
{
    struct midge_client *client = s->client;
    const midge_id id = s->id, current = s->current;
    const bool has_our_url = result->url == s->request->url;
    s->id = s->current = 0;
    if (has_our_url) {
        release(client, current);
    }
    (void)midge__future_complete(client, id, result);
    if (!has_our_url) {
        release(client, current);
    }
}

/* --- the request --- */

static bool is_event_stream(const struct midge_response *response)
{
    struct midge_span type = {NULL, 0};
    type.ptr = midge_response_header(response, "Content-Type", &type.len);
    type.len = type.ptr != NULL ? midge__span_find(type, ';') : 0;
    return midge__span_is(midge__span_trim(type), "text/event-stream");
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct midge_event_source *s = ctx;
    (void)id;
    if (response->status == 204) {
        return MIDGE_OK;
    }
    if (response->status != 200 || !is_event_stream(response)) {
        return MIDGE_ERR_HTTP_STATUS;
    }
    s->open_ms = midge_now_ms(s->client);
    s->open_events = s->sse.events;
    (void)tell(s, MIDGE_EVENT_SOURCE_OPEN, NULL);
    return MIDGE_OK;
}

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct midge_event_source *s = ctx;
    const int err = s->on_event(s->ctx, event);
    s->stopped = err < 0 && err != MIDGE_ERR_PAUSE;
    return err;
}

static bool has_header(const struct midge_request *request, const char *name)
{
    size_t i = 0;
    while (i < request->n_headers &&
           !midge__span_is(midge__span_of(request->headers[i].name), name)) {
        i++;
    }
    return i < request->n_headers;
}

static void add_header(struct midge_event_source *s, const char *name, const char *value)
{
    if (!has_header(s->request, name)) {
        s->headers[s->get.n_headers++] = (struct midge_header){name, value};
    }
}

static void add_headers(struct midge_event_source *s)
{
    for (size_t i = 0; i < s->request->n_headers; i++) {
        s->headers[i] = s->request->headers[i];
    }
    s->get.headers = s->headers;
    add_header(s, "Accept", "text/event-stream");
    add_header(s, "Cache-Control", "no-cache");
    if (s->sse.id[0] != '\0') {
        add_header(s, "Last-Event-ID", s->sse.id);
    }
}

static void request_ended(void *ctx, midge_id id, const struct midge_result *result);

/* Repeats by the client's rules would hide failures from this file. */
static int connect(struct midge_event_source *s)
{
    static const struct midge_retry none;
    s->get = *s->request;
    s->get.sink = &s->sse.sink;
    s->get.retry = MIDGE_WITH_RETRY ? &none : NULL;
    s->get.borrow = 1;
    s->get.ctx = s;
    s->get.on_response = on_response;
    if (MIDGE_WITH_REDIRECTS && s->get.max_redirects == 0) {
        s->get.max_redirects = REDIRECTS;
    }
    if (s->get.max_body == 0) { /* the client's is for bodies that end */
        s->get.max_body = UINT64_MAX;
    }
    add_headers(s);
    midge_sse_again(&s->sse);
    s->connects++;
    const int err = midge_start(s->client, &s->get, &s->current);
    return err != MIDGE_OK ? err : midge_watch(s->client, s->current, request_ended, s);
}

/* --- after a connection --- */

static bool is_passing_error(int err)
{
    switch (err) {
    case MIDGE_ERR_EOF:
    case MIDGE_ERR_NO_MEMORY:
    case MIDGE_ERR_NO_SLOT:
    case MIDGE_ERR_TIMEOUT:
    case MIDGE_ERR_RESOLVE:
    case MIDGE_ERR_CONNECT:
    case MIDGE_ERR_SEND:
    case MIDGE_ERR_RECV:
    case MIDGE_ERR_EMPTY_REPLY:
    case MIDGE_ERR_TLS:
    case MIDGE_ERR_CERT:
    case MIDGE_ERR_PIN:
    case MIDGE_ERR_PROTOCOL:
    case MIDGE_ERR_PARTIAL:
        return true;
    default:
        return false;
    }
}

static bool is_passing_status(int status)
{
    return status == 408 || status == 429 || status / 100 == 5;
}

/* A proxy that opened no tunnel may be able to later, unless it says that it does not want to. */
static bool is_passing(const struct midge_result *result)
{
    switch (result->error) {
    case MIDGE_ERR_HTTP_STATUS:
        return is_passing_status(result->status);
    case MIDGE_ERR_PROXY:
        return result->native == 0 || is_passing_status(result->native);
    default:
        return is_passing_error(result->error);
    }
}

/* Is it worth another try? */
static bool passes(const struct midge_event_source *s, const struct midge_result *result)
{
    return is_passing(result) && !s->stopped &&
           (s->max_reconnects == 0 || s->failures < s->max_reconnects);
}

static bool was_good(const struct midge_event_source *s)
{
    return s->state == MIDGE_EVENT_SOURCE_OPEN &&
           (s->sse.events != s->open_events ||
            midge_now_ms(s->client) - s->open_ms >= or_else(s->first_ms, FIRST_MS));
}

/* Without entropy the waits of a source differ at least. */
static uint32_t chance(const struct midge_event_source *s)
{
    return midge__chance(midge_client_port(s->client),
                         (s->id + s->connects) * UINT32_C(2654435769));
}

/* The first wait after a good connection is the one of the field retry, if the server sent it. */
static uint32_t own_wait(const struct midge_event_source *s)
{
    const bool has_wish = s->sse.retry_ms != UINT32_MAX;
    const uint32_t wish = has_wish ? least(s->sse.retry_ms, WISH_S * 1000) : 0;
    uint32_t first = or_else(s->first_ms, FIRST_MS);
    if (has_wish && s->failures == 0) {
        return wish;
    }
    first = first > wish ? first : wish;
    const uint32_t by_chance =
        midge__backoff(first, or_else(s->most_ms, MOST_MS), s->failures, chance(s));
    return by_chance > wish ? by_chance : wish;
}

static void connection_ended(struct midge_event_source *s, const struct midge_result *result);

static void wait_over(struct midge_event_source *s)
{
    if (tell(s, MIDGE_EVENT_SOURCE_CONNECTING, NULL)) {
        const int err = connect(s);
        if (err != MIDGE_OK) {
            connection_ended(s, &(struct midge_result){.error = err, .cipher = "", .detail = ""});
        }
    }
}

static void source_canceled(struct midge_event_source *s)
{
    s->id = 0;
    release_current(s);
}

static void canceled_or_over(void *ctx, midge_id id)
{
    if (id != 0) {
        source_canceled(ctx);
    } else {
        wait_over(ctx);
    }
}

static void wait(struct midge_event_source *s, const struct midge_result *last)
{
    s->wait_ms = least(last->retry_after_s, WISH_S) * 1000 + own_wait(s);
    if (s->failures < UINT16_MAX) {
        s->failures++;
    }
    if (tell(s, MIDGE_EVENT_SOURCE_WAITING, last)) {
        release_current(s);
        midge__future_after(s->client, s->id, s->wait_ms);
    }
}

static void connection_ended(struct midge_event_source *s, const struct midge_result *result)
{
    if (was_good(s)) {
        s->failures = 0;
    }
    if (passes(s, result)) {
        wait(s, result);
    } else {
        finish(s, result);
    }
}

static void request_ended(void *ctx, midge_id id, const struct midge_result *ended)
{
    struct midge_result result = *ended;
    (void)id;
    if (result.error == MIDGE_OK && result.status != 204) {
        result.error = MIDGE_ERR_EOF;
    }
    if (result.error == MIDGE_ERR_HTTP_STATUS && result.status == 200) {
        result.detail = "the answer is no event stream";
    }
    connection_ended(ctx, &result);
}

/* --- the start --- */

static bool is_get_without_callbacks(const struct midge_request *r)
{
    return (r->method == NULL || strcmp(r->method, "GET") == 0) && r->body == NULL &&
           r->body_len == 0 && r->source == NULL && r->sink == NULL && r->on_send == NULL &&
           r->on_interim == NULL && r->on_redirect == NULL && r->on_response == NULL &&
           r->on_trailer == NULL && r->on_done == NULL;
}

static bool is_valid(const struct midge_event_source *s)
{
    return s->request != NULL && is_get_without_callbacks(s->request) &&
           s->request->n_headers <= MIDGE_EVENT_SOURCE_HEADERS - ADDED &&
           !has_header(s->request, "Last-Event-ID") && s->on_event != NULL && s->text != NULL &&
           s->text_size >= 16 && s->first_ms <= LIMIT_MS && s->most_ms <= LIMIT_MS &&
           (s->last_id == NULL || strlen(s->last_id) < sizeof s->sse.id);
}

static void begin(struct midge_event_source *s)
{
    midge_sse_init(&s->sse, s->text, s->text_size, on_event, s);
    if (s->last_id != NULL) {
        memcpy(s->sse.id, s->last_id, strlen(s->last_id) + 1);
    }
    s->state = MIDGE_EVENT_SOURCE_CONNECTING;
    s->id = s->current = 0;
    s->wait_ms = s->connects = 0;
    s->failures = 0;
    s->stopped = 0;
}

int midge_event_source_start(struct midge_client *client, struct midge_event_source *source,
                             midge_id *id)
{
    if (client == NULL || source == NULL || id == NULL || !is_valid(source)) {
        return MIDGE_ERR_INVALID;
    }
    source->client = client;
    begin(source);
    int err = connect(source);
    if (err == MIDGE_OK) {
        err = midge__future(client, canceled_or_over, source, &source->id);
    }
    if (err != MIDGE_OK) {
        release_current(source);
        return err;
    }
    *id = source->id;
    return MIDGE_OK;
}

#endif
