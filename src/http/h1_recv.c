/* SPDX-License-Identifier: MIT */
/* HTTP/1.1, the receiving direction: from the stream through the parser to callbacks and sink. The
   parser consumes the receive buffer and returns events, which handle() answers. The buffer for the
   head starts with HEAD_FIRST bytes and grows on the parser's request. If memory is short for that,
   the exchange borrows the client's spare head or waits; if none will come, the fields that are not
   needed are skipped. */
#include "http/h1.h"
#include "core/client.h"
#include "core/kept_headers.h"
#include "core/replay.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/request.h"
#include "base/span.h"
#include "codec/retry_after.h"
#include <string.h>

#define TRAILERS   32U  /* bytes for a few trailers, after a complete head */
#define HEAD_FIRST 512U /* the head buffer's first size; doubled up to max_header */

void midge__h1_recv_begin(struct midge__h1 *x)
{
    bool head = (x->transfer->method & MIDGE__METHOD_HEAD) != 0;
    midge__h1_parse_init(&x->parse, NULL, 0, head ? MIDGE__H1_FOR_HEAD : 0);
    x->parse.budget = x->conn->client->config.max_head_total;
    x->parse.wanted = x->transfer->request->keep_headers;
}

static void release_head(struct midge__h1 *x)
{
    struct midge_client *client = x->conn->client;
    if (x->lent) {
        client->spare_head = x->head;
        client->dirty = true; /* another exchange may wait for it */
    } else {
        midge__memory_free(&client->memory, x->head);
    }
    x->lent = false;
    x->head = NULL;
}

void midge__h1_recv_end(struct midge__h1 *x)
{
    release_head(x);
}

static enum midge__step over_because(struct midge__h1 *x, int err, const char *detail)
{
    struct midge__fault fault = {.detail = detail};
    return midge__h1_over(x, err, &fault);
}

/* --- head --- */

static uint64_t max_body(const struct midge__h1 *x)
{
    uint64_t of_request = x->transfer->request->max_body;
    return of_request != 0 ? of_request : x->conn->client->config.max_body;
}

static bool exceeds_max_body(const struct midge__h1 *x, uint64_t len)
{
    return max_body(x) != 0 && len > max_body(x);
}

static void note_retry_after(struct midge__h1 *x)
{
    struct midge_span value, date = {NULL, 0};
    if (MIDGE_WITH_RETRY_AFTER && midge__h1_header_find(&x->parse, "Retry-After", &value)) {
        (void)midge__h1_header_find(&x->parse, "Date", &date);
        x->transfer->result->retry_after_s = midge__retry_after(value, date);
    }
}

static struct midge_response response_of(const struct midge__h1_parse *p,
                                         const struct midge__transfer *t)
{
    return (struct midge_response){
        .status = p->status,
        .http_minor = p->minor,
        .framing = p->framing,
        .headers_skipped = p->skipped,
        .reason = midge__h1_reason(p).ptr,
        .content_len = p->content_length,
        .url = t->request->url,
        .impl = p,
    };
}

static void keep_headers(const struct midge__h1_parse *p, struct midge__transfer *t)
{
    if (t->request->kept_size > 0) {
        struct midge_response response = response_of(p, t);
        t->result->headers_skipped |= midge__kept_fill(t->request, &response) ? 0 : 1;
    }
}

static int give_head(const struct midge__h1_parse *p, struct midge__transfer *t)
{
    struct midge_response response = response_of(p, t);
    return t->request->on_response(t->request->ctx, t->aw.id, &response);
}

static void give_interim(const struct midge__h1_parse *p, struct midge__transfer *t)
{
    struct midge_response response = response_of(p, t);
    if (t->request->on_interim != NULL) {
        t->request->on_interim(t->request->ctx, t->aw.id, &response);
    }
}

static int on_head(struct midge__h1 *x)
{
    const struct midge__h1_parse *p = &x->parse;
    struct midge__transfer *t = x->transfer;
    struct midge_result *r = t->result;
    r->status = p->status;
    r->framing = p->framing;
    r->http_minor = p->minor;
    r->headers_skipped = p->skipped;
    note_retry_after(x);
    keep_headers(p, t);
    int err = t->request->on_response != NULL ? give_head(p, t) : MIDGE_OK;
    if (err < 0) {
        return err;
    }
    if (x->transfer != NULL && p->framing == MIDGE__H1_FRAMING_LENGTH &&
        exceeds_max_body(x, p->content_length)) {
        return MIDGE_ERR_TOO_LARGE;
    }
    return MIDGE_OK;
}

/* Copies the bytes gathered so far into the new buffer. */
static void change_head(struct midge__h1 *x, char *head, size_t cap)
{
    if (x->parse.fill > 0) {
        memcpy(head, x->head, x->parse.fill);
    }
    release_head(x);
    x->head = head;
    midge__h1_parse_grow(&x->parse, head, cap);
}

/* There is no memory for a larger head, and none will be freed. A request that may be sent again is
   sent again when it is alone; for others the fields that are not needed are skipped. */
static int cut_head(struct midge__h1 *x)
{
    bool again = x->conn->client->n_conns > 1 && midge__transfer_steps_back(x->transfer);
    return !again && midge__h1_parse_skip(&x->parse) ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

/* There is no memory for `wish` bytes: borrows the spare head, or waits until others end. */
static int do_with_less(struct midge__h1 *x, size_t wish)
{
    struct midge_client *client = x->conn->client;
    size_t spare = midge__spare_head(&client->config);
    if (client->spare_head != NULL && spare >= wish) {
        char *head = client->spare_head;
        client->spare_head = NULL;
        change_head(x, head, spare);
        x->lent = true;
        return MIDGE_OK;
    }
    x->parse_on = midge__h1_starve(x, wish);
    return x->parse_on ? MIDGE_OK : cut_head(x);
}

static int grow(struct midge__h1 *x)
{
    struct midge_client *client = x->conn->client;
    size_t max = client->config.max_header, cap = x->parse.cap;
    if (cap >= max) {
        return midge__h1_parse_skip(&x->parse) ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
    }
    cap = cap == 0 ? HEAD_FIRST : cap * 2;
    cap = cap < max ? cap : max;
    if (!midge__memory_has(&client->memory, cap)) {
        return do_with_less(x, cap);
    }
    char *head = midge__h1_keep(x, cap);
    if (head == NULL) {
        return cut_head(x);
    }
    change_head(x, head, cap);
    return MIDGE_OK;
}

/* Others may need the spare head while the body arrives, which may take long. */
static void return_spare(struct midge__h1 *x)
{
    size_t cap = x->parse.fill + TRAILERS;
    if (x->lent && midge__memory_has(&x->conn->client->memory, cap)) {
        char *head = midge__h1_keep(x, cap);
        if (head != NULL) {
            change_head(x, head, cap);
        }
    }
}

/* --- body and end --- */

static int on_body(struct midge__h1 *x, const uint8_t *data, size_t len)
{
    struct midge__transfer *t = x->transfer;
    struct midge_sink *sink = t->request->sink;
    if (exceeds_max_body(x, t->result->body_len + len)) {
        return MIDGE_ERR_TOO_LARGE;
    }
    t->result->body_len += len;
    midge__h1_ask(x, MIDGE__RESUME_SINK);
    int err = sink != NULL ? sink->write(sink, data, len) : MIDGE_OK;
    if (err == MIDGE_ERR_PAUSE && x->transfer != NULL) {
        x->parse_on = midge__h1_wait(x, MIDGE__RESUME_SINK);
        x->late = true;
        return MIDGE_OK;
    }
    return err < 0 ? err : MIDGE_OK;
}

static void give_trailers(struct midge__h1 *x)
{
    struct midge__transfer *t = x->transfer;
    struct midge_span name, value;
    size_t at = 0;
    t->result->headers_skipped |= x->parse.skipped;
    while (x->transfer != NULL && t->request->on_trailer != NULL &&
           midge__h1_trailer_next(&x->parse, &at, &name, &value)) {
        t->request->on_trailer(t->request->ctx, t->aw.id, name.ptr, name.len, value.ptr, value.len);
    }
}

/* If bytes follow the answer, no request asked for them: such a connection is not used again. */
static enum midge__step on_end(struct midge__h1 *x)
{
    struct midge__conn *conn = x->conn;
    bool reusable = x->parse.keep_alive && x->send == MIDGE__H1_SEND_DONE && x->wpos == x->wlen &&
                    x->rpos == x->rlen && !conn->no_reuse && !conn->client->closing;
    give_trailers(x);
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    x->transfer->result->complete = MIDGE_COMPLETE_YES;
    reusable = reusable && midge__conn_keeps(conn, &x->parse.keep);
    (void)midge__h1_over(x, MIDGE_OK, NULL);
    return reusable ? MIDGE__STEP_IDLE : MIDGE__STEP_OVER;
}

/* --- the parser's events --- */

/* Handles one event. *more false: the parser needs more bytes. */
static int handle(struct midge__h1 *x, const struct midge__h1_event *event, bool *more)
{
    switch (event->kind) {
    case MIDGE__H1_HEAD:
        return_spare(x);
        return on_head(x);
    case MIDGE__H1_BODY:
        return on_body(x, event->data, event->len);
    case MIDGE__H1_GROW:
        return grow(x);
    case MIDGE__H1_NEED_MORE:
        *more = false;
        return MIDGE_OK;
    default:
        give_interim(&x->parse, x->transfer);
        return MIDGE_OK;
    }
}

static const char *too_large_detail(enum midge__h1_kind kind)
{
    return kind == MIDGE__H1_GROW ? MIDGE__TEXT("response head exceeds max_header")
                                  : MIDGE__TEXT("response body exceeds max_body");
}

static enum midge__step parse_some(struct midge__h1 *x)
{
    bool more = true;
    while (more && (x->waits & MIDGE__H1_RECV_WAITS) == 0) {
        struct midge__h1_event event;
        size_t used = 0;
        int err = midge__h1_parse(&x->parse, x->rbuf + x->rpos, x->rlen - x->rpos, &used, &event);
        x->rpos += used;
        if (err != MIDGE_OK) {
            return over_because(x, err, x->parse.why);
        }
        if (event.kind == MIDGE__H1_END) {
            return on_end(x);
        }
        err = handle(x, &event, &more);
        if (x->transfer == NULL) {
            return MIDGE__STEP_OVER; /* canceled in a callback */
        }
        if (err != MIDGE_OK) {
            return over_because(x, err,
                                err == MIDGE_ERR_TOO_LARGE ? too_large_detail(event.kind) : NULL);
        }
    }
    return MIDGE__STEP_MORE;
}

/* --- from the stream --- */

/* The reason why sending failed explains more than that no answer came. */
static bool send_broke_first(const struct midge__h1 *x)
{
    return x->send == MIDGE__H1_SEND_BROKEN && x->transfer->result->status == 0;
}

static enum midge__step on_eof(struct midge__h1 *x)
{
    struct midge__conn *conn = x->conn;
    enum midge__h1_eof how = !conn->origin->secure ? MIDGE__H1_EOF_PLAIN
                             : conn->stream->clean ? MIDGE__H1_EOF_CLOSE_NOTIFY
                                                   : MIDGE__H1_EOF_TLS_FIN;
    int err = midge__h1_parse_eof(&x->parse, how);
    if (err == MIDGE_OK) {
        x->transfer->result->complete = x->parse.complete == MIDGE__H1_COMPLETE_YES
                                            ? MIDGE_COMPLETE_YES
                                            : MIDGE_COMPLETE_UNVERIFIED;
        return midge__h1_over(x, MIDGE_OK, NULL);
    }
    if (send_broke_first(x)) {
        return midge__h1_end_unsent(x);
    }
    return over_because(x, err, x->parse.why);
}

static enum midge__step on_bytes(struct midge__h1 *x, size_t n)
{
    x->conn->client->bytes_left -= (int32_t)n;
    x->rpos = 0;
    x->rlen = n;
    midge__transfer_active(x->transfer);
    x->conn->answered = true;
    if (!x->late) {
        x->conn->since_ms = x->conn->client->now_ms;
    }
    if (!x->got_any) {
        x->got_any = true;
        midge__transfer_phase(x->transfer, MIDGE_PHASE_BODY);
    }
    return parse_some(x);
}

enum midge__step midge__h1_recv(struct midge__h1 *x)
{
    struct midge__conn *conn = x->conn;
    size_t n = 0;
    if (x->parse_on) {
        x->parse_on = false;
        return parse_some(x); /* bytes that were there when the sink paused */
    }
    int err = midge__conn_recv(conn, x->rbuf, midge__h1_budget(x, sizeof x->rbuf), &n);
    switch (err) {
    case MIDGE_OK:
        return on_bytes(x, n);
    case MIDGE_ERR_AGAIN:
        x->late = false;
        return MIDGE__STEP_WAIT;
    case MIDGE_ERR_BUSY:
        return MIDGE__STEP_MORE;
    case MIDGE_ERR_EOF:
        return on_eof(x);
    default:
        return send_broke_first(x) ? midge__h1_end_unsent(x)
                                   : midge__h1_over(x, err, &conn->stream->fault);
    }
}
