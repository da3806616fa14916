/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 on a connection: one exchange at a time (RFC 9112).
 *
 * Sending and receiving are independent: an answer may come before the request is out.
 *
 * send    what leaves next                          recv    what is awaited
 * HEAD    request line and headers, by the writer   parser's own states; the body goes to the sink
 * BODY    the caller's bytes or the source's
 * DONE    nothing                                   a connection is reused only after DONE
 * BROKEN  the peer takes no more; what it says is still read
 */
#include "core/core.h"
#include "base/span.h"
#include "midge/version.h"
#include "codec/h1_parse.h"
#include "codec/h1_write.h"
#include <string.h>

#define HEAD_FIRST    512U /* the head buffer's first size; doubled up to max_header */
#define DEFAULTS      4U   /* headers that midge adds by itself */
#define OF_REQUEST    2U   /* from here on they are the request's wish */
#define CHUNK_RESERVE (MIDGE__H1_CHUNK_HEAD_MAX + sizeof MIDGE__H1_CHUNK_TAIL)

enum send_state { SEND_HEAD, SEND_BODY, SEND_DONE, SEND_BROKEN };

struct exchange {
    struct midge__conn *conn;
    struct midge__transfer *transfer; /* NULL: over or canceled */
    struct midge__h1_write write;
    struct midge__h1_parse parse;
    struct midge_url url;
    struct midge_header *defaults; /* the client's headers and our own */
    char *bearer;
    char *head;
    size_t sent;          /* bytes of the body handed to the stream or the send buffer */
    size_t wpos, wlen;    /* send buffer */
    size_t rpos, rlen;    /* receive buffer; what a paused sink has not seen waits here */
    uint64_t content_len; /* of the request's body */
    struct midge__fault send_fault;
    int send_error;
    uint8_t send;
    bool chunked, paused, source_waits, source_failed, sent_any, got_any;
    bool parse_on; /* paused in the middle: the end may be due without another byte */
    uint8_t wbuf[MIDGE_SEND_BUFFER];
    uint8_t rbuf[MIDGE_RECV_BUFFER];
};

static void *keep(struct midge__conn *conn, size_t size)
{
    return midge__memory_alloc(&conn->client->memory, conn->owner, size);
}

static void let_go(struct midge__conn *conn, void *memory)
{
    midge__memory_free(&conn->client->memory, memory);
}

/* --- attach and detach --- */

static unsigned capacity(const struct midge__conn *conn)
{
    return conn->exchange == NULL && conn->idle ? 1 : 0;
}

/* The first of n headers with that name, n when there is none. */
static size_t find_header(const struct midge_header *headers, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && !midge__span_is(midge__span_of(headers[i].name), name)) {
        i++;
    }
    return i;
}

static char *bearer_value(struct midge__conn *conn, const char *token)
{
    static const char prefix[] = "Bearer ";
    size_t n = strlen(token) + 1;
    char *value = keep(conn, sizeof prefix - 1 + n);
    if (value != NULL) {
        memcpy(value, prefix, sizeof prefix - 1);
        memcpy(value + sizeof prefix - 1, token, n);
    }
    return value;
}

/* The client's headers; ours where the client has none; what the request's own fields say instead
   of the client's. */
static int build_defaults(struct exchange *x, size_t *count)
{
    struct midge__conn *conn = x->conn;
    const struct midge_client *client = conn->client;
    const struct midge_request *r = x->transfer->request;
    size_t n = client->config.n_headers;
    x->defaults = keep(conn, (n + DEFAULTS) * sizeof *x->defaults);
    if (r->bearer != NULL) {
        x->bearer = bearer_value(conn, r->bearer);
    }
    if (x->defaults == NULL || (r->bearer != NULL && x->bearer == NULL)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (n > 0) {
        memcpy(x->defaults, client->config.headers, n * sizeof *x->defaults);
    }
    const struct midge_header ours[DEFAULTS] = {
        {"User-Agent", "midge/" MIDGE_VERSION},
        {"Accept", "*/*"},
        {"Content-Type", r->content_type},
        {"Authorization", x->bearer},
    };
    for (size_t i = 0; i < DEFAULTS; i++) {
        size_t at = find_header(x->defaults, n, ours[i].name);
        if (ours[i].value != NULL && (at == n || i >= OF_REQUEST)) {
            x->defaults[at] = ours[i];
            n += at == n;
        }
    }
    *count = n;
    return MIDGE_OK;
}

static enum midge__h1_framing request_framing(struct exchange *x)
{
    const struct midge_request *r = x->transfer->request;
    if (r->source != NULL && r->source->length < 0) {
        x->chunked = true;
        return MIDGE__H1_FRAMING_CHUNKED;
    }
    if (r->source == NULL && r->body == NULL) {
        return MIDGE__H1_FRAMING_NONE;
    }
    x->content_len = r->source != NULL ? (uint64_t)r->source->length : r->body_len;
    return MIDGE__H1_FRAMING_LENGTH;
}

static int begin(struct exchange *x)
{
    struct midge__transfer *t = x->transfer;
    const struct midge_request *r = t->request;
    const char *method = midge__request_method(r);
    size_t n_defaults = 0;
    unsigned flags = r->allow_userinfo ? MIDGE_URL_ALLOW_USERINFO : 0;
    int err = midge_url_parse(&x->url, t->url, strlen(t->url), flags);
    if (err == MIDGE_OK) {
        err = build_defaults(x, &n_defaults);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    size_t cap = x->conn->client->config.max_header;
    cap = cap < HEAD_FIRST ? cap : HEAD_FIRST;
    x->head = keep(x->conn, cap);
    if (x->head == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    enum midge__h1_framing framing = request_framing(x);
    midge__h1_write_init(
        &x->write, method, &x->url, (struct midge__h1_headers){r->headers, r->n_headers},
        (struct midge__h1_headers){x->defaults, n_defaults}, framing, x->content_len, 0);
    bool head = strcmp(method, "HEAD") == 0;
    midge__h1_parse_init(&x->parse, x->head, cap, head ? MIDGE__H1_FOR_HEAD : 0);
    return MIDGE_OK;
}

static void detach(struct midge__conn *conn)
{
    struct exchange *x = conn->exchange;
    if (x != NULL) {
        conn->exchange = NULL;
        let_go(conn, x->defaults);
        let_go(conn, x->bearer);
        let_go(conn, x->head);
        let_go(conn, x);
    }
}

static int attach(struct midge__conn *conn, struct midge__transfer *t)
{
    struct exchange *x = keep(conn, sizeof *x);
    if (x == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    memset(x, 0, offsetof(struct exchange, wbuf));
    x->conn = conn;
    x->transfer = t;
    conn->exchange = x;
    int err = begin(x);
    if (err != MIDGE_OK) {
        detach(conn);
        return err;
    }
    if (t->request->on_send != NULL) {
        t->request->on_send(t->request->ctx, t->aw.id, midge__request_method(t->request), t->url);
    }
    return MIDGE_OK;
}

/* --- the end of an exchange --- */

static enum midge__step over(struct exchange *x, int err, const struct midge__fault *fault)
{
    struct midge__transfer *t = x->transfer;
    struct midge__conn *conn = x->conn;
    struct midge_result *r = t->result;
    x->transfer = NULL;
    r->memory_peak = midge__memory_owner_peak(&conn->client->memory, conn->owner);
    r->longest_step_us = conn->longest_step_us;
    if (err == MIDGE_OK) {
        midge__transfer_end(t, MIDGE_OK);
    } else {
        r->complete = MIDGE_COMPLETE_NO;
        if (err == MIDGE_ERR_PROTOCOL) {
            r->offset = x->parse.offset;
        }
        /* Another connection would not help a source that failed. */
        midge__transfer_broken(t, err, fault, x->sent_any, x->got_any || x->source_failed);
    }
    return MIDGE__STEP_OVER;
}

static enum midge__step over_because(struct exchange *x, int err, const char *detail)
{
    struct midge__fault fault = {.detail = detail};
    return over(x, err, &fault);
}

/* --- sending --- */

static uint64_t body_left(const struct exchange *x)
{
    return x->content_len - x->sent;
}

/* One read of the source into the send buffer, framed as a chunk if need be. */
static int fill_from_source(struct exchange *x)
{
    struct midge_source *source = x->transfer->request->source;
    size_t room = sizeof x->wbuf - x->wlen;
    size_t reserve = x->chunked ? CHUNK_RESERVE : 0;
    size_t n = 0;
    if (!x->chunked && body_left(x) == 0) {
        x->send = SEND_DONE;
        return MIDGE_OK;
    }
    if (room <= reserve) {
        return MIDGE_OK;
    }
    size_t cap = room - reserve;
    if (!x->chunked && cap > body_left(x)) {
        cap = (size_t)body_left(x);
    }
    uint8_t *at = x->wbuf + x->wlen + (x->chunked ? MIDGE__H1_CHUNK_HEAD_MAX : 0);
    x->transfer->source_begun = true;
    int err = source->read(source, at, cap, &n);
    if (x->transfer == NULL) {
        return MIDGE_ERR_CANCELED; /* by the source */
    }
    if (err == MIDGE_ERR_AGAIN) {
        x->source_waits = true;
        midge__transfer_freeze(x->transfer, true);
        return MIDGE_OK;
    }
    if (err == MIDGE_ERR_EOF && x->chunked) {
        memcpy(x->wbuf + x->wlen, MIDGE__H1_LAST_CHUNK, sizeof MIDGE__H1_LAST_CHUNK - 1);
        x->wlen += sizeof MIDGE__H1_LAST_CHUNK - 1;
        x->send = SEND_DONE;
        return MIDGE_OK;
    }
    if (err != MIDGE_OK || n == 0 || n > cap) {
        x->source_failed = true;
        return err == MIDGE_OK || err == MIDGE_ERR_EOF ? MIDGE_ERR_READ : err;
    }
    if (x->chunked) {
        uint8_t line[MIDGE__H1_CHUNK_HEAD_MAX];
        size_t head = midge__h1_chunk_head(line, n);
        memcpy(x->wbuf + x->wlen, line, head);
        memmove(x->wbuf + x->wlen + head, at, n);
        x->wlen += head + n;
        memcpy(x->wbuf + x->wlen, MIDGE__H1_CHUNK_TAIL, sizeof MIDGE__H1_CHUNK_TAIL - 1);
        x->wlen += sizeof MIDGE__H1_CHUNK_TAIL - 1;
    } else {
        x->wlen += n;
    }
    x->sent += n;
    return MIDGE_OK;
}

/* A small body leaves in one record with its head; a large one is sent from where it lies. */
static void fill_from_memory(struct exchange *x)
{
    const struct midge_request *r = x->transfer->request;
    size_t left = r->body_len - x->sent;
    if (left == 0) {
        x->send = SEND_DONE;
    } else if (left <= sizeof x->wbuf - x->wlen) {
        memcpy(x->wbuf + x->wlen, (const uint8_t *)r->body + x->sent, left);
        x->wlen += left;
        x->sent += left;
        x->send = SEND_DONE;
    }
}

static int fill(struct exchange *x)
{
    size_t n = 0;
    x->wpos = x->wlen = 0;
    if (x->send == SEND_HEAD) {
        if (midge__h1_write(&x->write, x->wbuf, sizeof x->wbuf, &n) == MIDGE_OK) {
            x->send = SEND_BODY;
        }
        x->wlen = n;
    }
    if (x->send != SEND_BODY || x->source_waits) {
        return MIDGE_OK;
    }
    const struct midge_request *r = x->transfer->request;
    if (r->source != NULL) {
        return fill_from_source(x);
    }
    if (r->body == NULL) {
        x->send = SEND_DONE;
    } else {
        fill_from_memory(x);
    }
    return MIDGE_OK;
}

static size_t budget(const struct midge_client *client, size_t n)
{
    uint64_t left = client->bytes_left > 0 ? (uint64_t)client->bytes_left : 1;
    return n < left ? n : (size_t)left;
}

/* One send of the buffer, or straight from the caller's memory. */
static int send_some(struct exchange *x, bool *moved)
{
    struct midge__stream *s = x->conn->stream;
    const struct midge_request *r = x->transfer->request;
    size_t n = 0;
    bool direct = x->wpos == x->wlen;
    const uint8_t *from = direct ? (const uint8_t *)r->body + x->sent : x->wbuf + x->wpos;
    size_t len = direct ? r->body_len - x->sent : x->wlen - x->wpos;
    /* TLS wants a repeated send to have the same arguments; there a record bounds what one call
       takes. */
    if (!x->conn->origin->secure) {
        len = budget(x->conn->client, len);
    }
    int err = s->ops->send(s, from, len, &n);
    if (err == MIDGE_OK) {
        x->sent_any = true;
        *moved = true;
        x->conn->client->bytes_left -= (int64_t)n;
        midge__transfer_active(x->transfer);
        if (direct) {
            x->sent += n;
        } else {
            x->wpos += n;
        }
    }
    return err;
}

static bool has_direct(const struct exchange *x)
{
    const struct midge_request *r = x->transfer->request;
    return x->send == SEND_BODY && r->source == NULL && r->body != NULL && x->sent < r->body_len;
}

static int step_send(struct exchange *x, bool *moved)
{
    int err = MIDGE_OK;
    if (x->wpos == x->wlen && !has_direct(x) && x->send < SEND_DONE) {
        err = fill(x);
        if (err != MIDGE_OK) {
            return err;
        }
    }
    if (x->wpos < x->wlen || has_direct(x)) {
        err = send_some(x, moved);
        if (err != MIDGE_OK && err != MIDGE_ERR_AGAIN) {
            x->send_error = err;
            x->send_fault = x->conn->stream->fault;
            x->send = SEND_BROKEN;
            x->wpos = x->wlen = 0;
        }
    }
    /* At once: the answer may be here already, and the connection is kept only after DONE. */
    if (x->send == SEND_BODY && !x->chunked && x->wpos == x->wlen && body_left(x) == 0) {
        x->send = SEND_DONE;
    }
    if (x->send == SEND_DONE && x->wpos == x->wlen && x->transfer->phase == MIDGE_PHASE_SEND) {
        midge__transfer_phase(x->transfer, MIDGE_PHASE_WAIT);
    }
    return MIDGE_OK;
}

static bool sending(const struct exchange *x)
{
    return x->wpos < x->wlen || (x->send < SEND_DONE && !x->source_waits);
}

/* --- receiving --- */

static uint64_t max_body(const struct exchange *x)
{
    uint64_t of_request = x->transfer->request->max_body;
    return of_request != 0 ? of_request : x->conn->client->config.max_body;
}

static void note_retry_after(struct exchange *x)
{
    struct midge_span value;
    uint64_t seconds;
    if (midge__h1_header_find(&x->parse, "Retry-After", &value) &&
        midge__span_u64(value, &seconds)) {
        x->transfer->result->retry_after_s = seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
    }
}

static int on_head(struct exchange *x)
{
    const struct midge__h1_parse *p = &x->parse;
    struct midge__transfer *t = x->transfer;
    struct midge_result *r = t->result;
    r->status = p->status;
    r->framing = p->framing;
    r->http_minor = p->minor;
    note_retry_after(x);
    if (t->request->on_response != NULL) {
        struct midge_response response = {
            .status = p->status,
            .http_minor = p->minor,
            .framing = p->framing,
            .reason = midge__h1_reason(p).ptr,
            .content_len = p->content_length,
            .url = t->url,
            .impl = p,
        };
        int err = t->request->on_response(t->request->ctx, t->aw.id, &response);
        if (err < 0) {
            return err;
        }
    }
    if (x->transfer != NULL && p->framing == MIDGE__H1_FRAMING_LENGTH && max_body(x) != 0 &&
        p->content_length > max_body(x)) {
        return MIDGE_ERR_TOO_LARGE;
    }
    return MIDGE_OK;
}

static int on_body(struct exchange *x, const uint8_t *data, size_t len)
{
    struct midge__transfer *t = x->transfer;
    struct midge_sink *sink = t->request->sink;
    t->result->body_len += len;
    if (max_body(x) != 0 && t->result->body_len > max_body(x)) {
        t->result->body_len -= len;
        return MIDGE_ERR_TOO_LARGE;
    }
    int err = sink != NULL ? sink->write(sink, data, len) : MIDGE_OK;
    if (err == MIDGE_ERR_PAUSE && x->transfer != NULL) {
        x->paused = true;
        x->parse_on = true;
        midge__transfer_freeze(t, true);
        return MIDGE_OK;
    }
    return err < 0 ? err : MIDGE_OK;
}

static void give_trailers(struct exchange *x)
{
    struct midge__transfer *t = x->transfer;
    struct midge_span name, value;
    size_t at = 0;
    while (x->transfer != NULL && t->request->on_trailer != NULL &&
           midge__h1_trailer_next(&x->parse, &at, &name, &value)) {
        t->request->on_trailer(t->request->ctx, t->aw.id, name.ptr, name.len, value.ptr, value.len);
    }
}

/* What follows the answer was not asked for: such a connection is not trusted again. */
static enum midge__step on_end(struct exchange *x)
{
    struct midge__conn *conn = x->conn;
    bool reusable = x->parse.keep_alive && x->send == SEND_DONE && x->wpos == x->wlen &&
                    x->rpos == x->rlen && !conn->no_reuse && !conn->client->closing;
    give_trailers(x);
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    x->transfer->result->complete = MIDGE_COMPLETE_YES;
    (void)over(x, MIDGE_OK, NULL);
    return reusable ? MIDGE__STEP_IDLE : MIDGE__STEP_OVER;
}

static int grow(struct exchange *x)
{
    struct midge_client *client = x->conn->client;
    size_t max = client->config.max_header;
    if (x->parse.cap >= max) {
        return MIDGE_ERR_TOO_LARGE;
    }
    size_t cap = x->parse.cap * 2 < max ? x->parse.cap * 2 : max;
    char *head = midge__memory_realloc(&client->memory, x->conn->owner, x->head, cap);
    if (head == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    x->head = head;
    midge__h1_parse_grow(&x->parse, head, cap);
    return MIDGE_OK;
}

/* One event of the parser; *more: there may be another at once. */
static int handle(struct exchange *x, const struct midge__h1_event *event, bool *more)
{
    switch (event->kind) {
    case MIDGE__H1_HEAD:
        return on_head(x);
    case MIDGE__H1_BODY:
        return on_body(x, event->data, event->len);
    case MIDGE__H1_GROW:
        return grow(x);
    case MIDGE__H1_NEED_MORE:
        *more = false;
        return MIDGE_OK;
    default: /* a 1xx head: nobody waits for it */
        return MIDGE_OK;
    }
}

static const char *too_large_detail(const struct exchange *x)
{
    return x->transfer->result->status == 0 || x->parse.fill + 1 >= x->parse.cap
               ? "response head exceeds max_header"
               : "response body exceeds max_body";
}

static enum midge__step parse_some(struct exchange *x)
{
    bool more = true;
    while (more && !x->paused) {
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
            return over_because(x, err, err == MIDGE_ERR_TOO_LARGE ? too_large_detail(x) : NULL);
        }
    }
    return MIDGE__STEP_MORE;
}

static enum midge__step on_eof(struct exchange *x)
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
        return over(x, MIDGE_OK, NULL);
    }
    if (x->send == SEND_BROKEN && !x->got_any) {
        return over(x, x->send_error, &x->send_fault);
    }
    return over_because(x, err, x->parse.why);
}

static enum midge__step on_bytes(struct exchange *x, size_t n)
{
    struct midge__conn *conn = x->conn;
    conn->client->bytes_left -= (int64_t)n;
    x->rpos = 0;
    x->rlen = n;
    midge__transfer_active(x->transfer);
    if (!x->got_any) {
        x->got_any = true;
        midge__transfer_phase(x->transfer, MIDGE_PHASE_BODY);
    }
    return parse_some(x);
}

static enum midge__step step_recv(struct exchange *x)
{
    struct midge__conn *conn = x->conn;
    struct midge__stream *s = conn->stream;
    size_t n = 0;
    if (x->parse_on) {
        x->parse_on = false;
        return parse_some(x); /* what was there when the sink paused */
    }
    int err = s->ops->recv(s, x->rbuf, budget(conn->client, sizeof x->rbuf), &n);
    if (conn->tls.new_session) {
        midge__origin_session(conn->origin, conn);
    }
    switch (err) {
    case MIDGE_OK:
        return on_bytes(x, n);
    case MIDGE_ERR_AGAIN:
        return MIDGE__STEP_WAIT;
    case MIDGE_ERR_EOF:
        return on_eof(x);
    default:
        if (x->send == SEND_BROKEN && !x->got_any) {
            return over(x, x->send_error, &x->send_fault);
        }
        return over(x, err, &s->fault);
    }
}

/* --- ops --- */

static enum midge__step step(struct midge__conn *conn)
{
    struct exchange *x = conn->exchange;
    bool moved = false;
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    int err = step_send(x, &moved);
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    if (err != MIDGE_OK) {
        return over(x, err, NULL);
    }
    if (x->paused) {
        return moved ? MIDGE__STEP_MORE : MIDGE__STEP_WAIT;
    }
    enum midge__step next = step_recv(x);
    return next == MIDGE__STEP_WAIT && moved && sending(x) ? MIDGE__STEP_MORE : next;
}

static unsigned want(const struct midge__conn *conn)
{
    const struct exchange *x = conn->exchange;
    if (x == NULL || x->transfer == NULL) {
        return 0;
    }
    bool out = x->wpos < x->wlen || has_direct(x) || (x->send < SEND_DONE && !x->source_waits);
    return conn->stream->ops->interest(conn->stream, !x->paused, out);
}

static void resume(struct midge__conn *conn, struct midge__transfer *t)
{
    struct exchange *x = conn->exchange;
    if (x == NULL || x->transfer != t || (!x->paused && !x->source_waits)) {
        return;
    }
    x->paused = false;
    x->source_waits = false;
    midge__transfer_freeze(t, false);
    midge__conn_kick(conn);
}

static void cancel(struct midge__conn *conn, struct midge__transfer *t)
{
    struct exchange *x = conn->exchange;
    if (x != NULL && x->transfer == t) {
        t->result->memory_peak = midge__memory_owner_peak(&conn->client->memory, conn->owner);
        t->result->longest_step_us = conn->longest_step_us;
        x->transfer = NULL;
    }
}

const struct midge__protocol_ops midge__h1_ops = {
    .capacity = capacity,
    .attach = attach,
    .step = step,
    .want = want,
    .resume = resume,
    .cancel = cancel,
    .detach = detach,
};
