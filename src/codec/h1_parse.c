/* SPDX-License-Identifier: MIT */
/*
 * state             waits for                          leads to
 * WAIT_STATUS       the status line                    WAIT_FIELD
 * WAIT_FIELD        a header line or the empty line    WAIT_NEXT_HEAD (1xx), a body state, DONE
 * WAIT_NEXT_HEAD    the next call                      WAIT_STATUS, the 1xx head forgotten
 * WAIT_LENGTH       the body, of known length          DONE
 * WAIT_CLOSE        the body, until the stream ends    -
 * WAIT_CHUNK        a byte of the chunked coding       WAIT_CHUNK_DATA, WAIT_TRAILER (size 0)
 * WAIT_CHUNK_DATA   the chunk                          WAIT_CHUNK
 * WAIT_TRAILER      a trailer line or the empty line   DONE
 * DONE              nothing                            -
 * FAILED, TOO_LARGE nothing                            -
 *
 * Lines are collected in the head buffer (h1_line.c). At its end, a line is rewritten there in
 * place, shorter. Where the buffer may not grow, fields that are not needed are removed
 * (h1_fields.c). Deadlines are the caller's task.
 */
#include "codec/h1_parse.h"

#include "base/check.h"
#include "base/span.h"
#include "codec/h1_fields.h"
#include "codec/h1_framing.h"
#include "codec/h1_line.h"
#include "midge/err.h"

enum {
    WAIT_STATUS,
    WAIT_FIELD,
    WAIT_NEXT_HEAD,
    WAIT_LENGTH,
    WAIT_CLOSE,
    WAIT_CHUNK,
    WAIT_CHUNK_DATA,
    WAIT_TRAILER,
    DONE,
    FAILED,
    TOO_LARGE
};

static const struct midge__keep_alive no_keep_alive = {MIDGE__KEEP_ALIVE_NONE,
                                                       MIDGE__KEEP_ALIVE_NONE};

/* Results of a step; errors are negative. */
enum { GO, STOP };

static int fail_here(struct midge__h1_parse *p, const struct midge__h1_input *in, const char *why)
{
    return midge__h1_fail(p, (ptrdiff_t)in->pos, why);
}

static int stop(struct midge__h1_event *event, enum midge__h1_kind kind)
{
    event->kind = kind;
    return STOP;
}

/* ---- status line, RFC 9112 4 ---- */

static const char *status_error(struct midge__h1_parse *p, size_t *at)
{
    uint64_t status = 0;
    *at = 7;
    if (p->fill < 8 || (p->head[7] != '0' && p->head[7] != '1'))
        return MIDGE__TEXT("unsupported HTTP version");
    *at = 8;
    if (p->fill < 9 || p->head[8] != ' ')
        return MIDGE__TEXT("malformed status line");
    *at = 9;
    if (p->fill < 12 || !midge__span_u64(midge__span(p->head + 9, 3), &status) || status < 100)
        return MIDGE__TEXT("bad status code");
    *at = 12;
    if (p->fill > 12 && p->head[12] != ' ')
        return MIDGE__TEXT("bad status code");
    p->status = (uint16_t)status;
    p->minor = (uint8_t)(p->head[7] - '0');
    return NULL;
}

static int on_status(struct midge__h1_parse *p)
{
    size_t at;
    const char *why = status_error(p, &at);
    if (why != NULL)
        return midge__h1_fail_in_line(p, at, why);
    /* "HTTP/1.1 200" without the space is common and harmless: the reason is empty. */
    size_t reason = p->fill > 13 ? p->fill - 13 : 0;
    memmove(p->head, p->head + 13, reason);
    p->head[reason] = '\0';
    p->fill = p->line = p->fields = reason + 1;
    p->state = WAIT_FIELD;
    return GO;
}

/* ---- field lines, RFC 9112 5 ---- */

static const char *name_error(struct midge_span line, size_t *colon)
{
    size_t end = 0;
    if (midge__is_ows(line.ptr[0]))
        return MIDGE__TEXT("folded header line"); /* 5.2: obs-fold */
    while (end < line.len && midge__is_token(line.ptr[end]))
        end++;
    *colon = end;
    if (end == line.len)
        return MIDGE__TEXT("header line without colon");
    if (end != 0 && midge__is_ows(line.ptr[end]) &&
        midge__span_trim(midge__span(line.ptr + end, line.len - end)).ptr[0] == ':')
        return MIDGE__TEXT("space before colon"); /* 5.1 */
    if (end == 0 || line.ptr[end] != ':')
        return MIDGE__TEXT("bad character in header name");
    return NULL;
}

/* Rewrites the line "name: value" as name NUL value NUL. */
static int split_field(struct midge__h1_parse *p, struct midge_span *name, struct midge_span *value)
{
    struct midge_span line = midge__span(p->head + p->line, p->fill - p->line);
    size_t colon = 0;
    const char *why = name_error(line, &colon);
    if (why != NULL)
        return midge__h1_fail_in_line(p, colon, why);
    struct midge_span raw =
        midge__span_trim(midge__span(line.ptr + colon + 1, line.len - colon - 1));
    char *to = p->head + p->line + colon;
    *to++ = '\0';
    memmove(to, raw.ptr, raw.len);
    to[raw.len] = '\0';
    *name = midge__span(line.ptr, colon);
    *value = midge__span(to, raw.len);
    p->fill = p->line = p->line + colon + 1 + raw.len + 1;
    return GO;
}

/* ---- the end of a head ---- */

static void begin_body(struct midge__h1_parse *p)
{
    static const uint8_t states[] = {DONE, WAIT_LENGTH, WAIT_CHUNK, WAIT_CLOSE}; /* by framing */
    p->state = states[p->framing];
    p->chunk.left = p->content_length;
    if (p->state == WAIT_LENGTH && p->content_length == 0)
        p->state = DONE;
    if (p->state == WAIT_CLOSE)
        p->chunk.left = UINT64_MAX;
}

static int on_head_end(struct midge__h1_parse *p, const struct midge__h1_input *in,
                       struct midge__h1_event *event)
{
    const char *why = midge__h1_framing_error(p);
    if (why != NULL)
        return fail_here(p, in, why);
    p->fields_end = p->fill;
    if (p->status == 101 && (p->flags & MIDGE__H1_FOR_UPGRADE) == 0)
        return fail_here(p, in, MIDGE__TEXT("unasked 101 response"));
    if (p->status < 200 && p->status != 101) {
        p->state = WAIT_NEXT_HEAD;
        return stop(event, MIDGE__H1_INFORMATIONAL);
    }
    midge__h1_choose_framing(p);
    begin_body(p);
    return stop(event, MIDGE__H1_HEAD);
}

/* RFC 9110 6.5: trailers are kept apart and never taken for headers. */
static int on_field(struct midge__h1_parse *p)
{
    struct midge_span name;
    struct midge_span value;
    int err = split_field(p, &name, &value);
    if (err != GO || p->state == WAIT_TRAILER) {
        return err;
    }
    const char *why = midge__h1_note_header(p, name, value);
    return why != NULL ? midge__h1_fail_in_line(p, 0, why) : GO;
}

static int on_whole_line(struct midge__h1_parse *p, const struct midge__h1_input *in,
                         struct midge__h1_event *event)
{
    if (p->state == WAIT_STATUS) {
        return on_status(p);
    }
    if (p->skip != 0) {
        return midge__h1_line_skipped(p);
    }
    if (p->fill != p->line) {
        return on_field(p);
    }
    if (p->state == WAIT_FIELD) {
        return on_head_end(p, in, event);
    }
    p->state = DONE;
    return GO;
}

static enum midge__h1_line_kind line_kind(const struct midge__h1_parse *p)
{
    return p->state == WAIT_STATUS  ? MIDGE__H1_STATUS_LINE
           : p->state == WAIT_FIELD ? MIDGE__H1_HEADER_LINE
                                    : MIDGE__H1_TRAILER_LINE;
}

static int on_line(struct midge__h1_parse *p, struct midge__h1_input *in,
                   struct midge__h1_event *event)
{
    int got = midge__h1_line(p, in, line_kind(p));
    if (got == MIDGE__H1_LINE_FULL) {
        return stop(event, MIDGE__H1_GROW);
    }
    if (got != MIDGE__H1_LINE_READ) {
        return got < 0 ? got : STOP;
    }
    got = on_whole_line(p, in, event);
    if (got >= 0) {
        midge__h1_line_begin(p, in);
    }
    return got;
}

/* RFC 9110 15.2: a 1xx head is parsed and then forgotten. */
static int on_next_head(struct midge__h1_parse *p)
{
    p->fill = p->line = p->fields = p->fields_end = 0;
    p->has_length = false;
    p->skipped = false;
    p->content_length = 0;
    p->seen = 0;
    p->keep = no_keep_alive;
    p->state = WAIT_STATUS;
    return GO;
}

/* ---- bodies ---- */

/* Up to p->chunk.left bytes; where only the stream's end ends the body, this is more than any
   stream has. */
static int on_body(struct midge__h1_parse *p, struct midge__h1_input *in,
                   struct midge__h1_event *event)
{
    size_t have = in->len - in->pos;
    if (have == 0)
        return STOP;
    event->kind = MIDGE__H1_BODY;
    event->data = in->data + in->pos;
    event->len = p->chunk.left < have ? (size_t)p->chunk.left : have;
    in->pos += event->len;
    p->chunk.left -= event->len;
    if (p->chunk.left != 0)
        return STOP;
    if (p->state == WAIT_CHUNK_DATA) {
        p->chunk.state = MIDGE__H1_CHUNK_DATA_CR;
        p->state = WAIT_CHUNK;
    } else {
        p->state = DONE;
    }
    return STOP;
}

static int on_chunk(struct midge__h1_parse *p, struct midge__h1_input *in)
{
    if (in->pos == in->len)
        return STOP;
    const char *why = midge__h1_chunk_byte(&p->chunk, (char)in->data[in->pos]);
    if (why != NULL)
        return fail_here(p, in, why);
    in->pos++;
    if (p->chunk.state == MIDGE__H1_CHUNK_SPACE) {
        p->keep_alive = false; /* RFC 9112 11.2 */
    } else if (p->chunk.state == MIDGE__H1_CHUNK_DATA) {
        p->state = WAIT_CHUNK_DATA;
    } else if (p->chunk.state == MIDGE__H1_CHUNK_LAST) {
        p->state = WAIT_TRAILER;
        midge__h1_line_begin(p, in);
    }
    return GO;
}

/* ---- public ---- */

static int step(struct midge__h1_parse *p, struct midge__h1_input *in,
                struct midge__h1_event *event)
{
    switch (p->state) {
    case WAIT_STATUS:
    case WAIT_FIELD:
    case WAIT_TRAILER:
        return on_line(p, in, event);
    case WAIT_NEXT_HEAD:
        return on_next_head(p);
    case WAIT_LENGTH:
    case WAIT_CLOSE:
    case WAIT_CHUNK_DATA:
        return on_body(p, in, event);
    case WAIT_CHUNK:
        return on_chunk(p, in);
    case DONE:
        p->complete = MIDGE__H1_COMPLETE_YES;
        return stop(event, MIDGE__H1_END);
    case TOO_LARGE:
        return MIDGE_ERR_TOO_LARGE;
    default:
        return MIDGE_ERR_PROTOCOL;
    }
}

static int failed(struct midge__h1_parse *p, int err)
{
    p->state = err == MIDGE_ERR_TOO_LARGE ? TOO_LARGE : FAILED;
    return err;
}

void midge__h1_parse_init(struct midge__h1_parse *p, char *head, size_t cap, unsigned flags)
{
    *p = (struct midge__h1_parse){
        .head = head,
        .cap = cap,
        .flags = (uint8_t)flags,
        .state = WAIT_STATUS,
        .keep = no_keep_alive,
        .budget = UINT32_MAX,
    };
}

int midge__h1_parse(struct midge__h1_parse *p, const uint8_t *in, size_t len, size_t *used,
                    struct midge__h1_event *event)
{
    struct midge__h1_input input = {in, len, 0};
    int got;
    *event = (struct midge__h1_event){MIDGE__H1_NEED_MORE, NULL, 0};
    do
        got = step(p, &input, event);
    while (got == GO);
    *used = input.pos;
    p->received += input.pos;
    return got < 0 ? failed(p, got) : MIDGE_OK;
}

void midge__h1_parse_grow(struct midge__h1_parse *p, char *head, size_t cap)
{
    p->head = head;
    p->cap = cap;
}

bool midge__h1_parse_skip(struct midge__h1_parse *p)
{
    if (p->state == WAIT_STATUS) {
        return false;
    }
    if (p->fields_end != 0) {
        midge__h1_fields_drop_head(p);
        return true;
    }
    struct midge_span line = midge__span(p->head + p->line, p->fill - p->line);
    size_t colon = midge__span_find(line, ':');
    p->skipped = true;
    if (midge__h1_field_is_needed(p, midge__span(line.ptr, colon), colon < line.len)) {
        return midge__h1_fields_drop(p);
    }
    int err = midge__h1_line_skip(p);
    if (err != MIDGE_OK) {
        (void)failed(p, err); /* the next call returns it */
    }
    return true;
}

static int cut(struct midge__h1_parse *p, int err, const char *why)
{
    (void)midge__h1_fail(p, 0, why);
    return failed(p, err);
}

/* At the end of the stream, for a body that only this end delimits, RFC 9112 9.8. */
static int eof_until_close(struct midge__h1_parse *p, enum midge__h1_eof eof)
{
    if (eof == MIDGE__H1_EOF_TLS_FIN)
        return cut(p, MIDGE_ERR_PARTIAL, MIDGE__TEXT("connection cut without TLS close_notify"));
    p->complete =
        eof == MIDGE__H1_EOF_PLAIN ? MIDGE__H1_COMPLETE_UNVERIFIED : MIDGE__H1_COMPLETE_YES;
    p->state = DONE;
    return MIDGE_OK;
}

static int eof_in_head(struct midge__h1_parse *p)
{
    if (p->received == 0)
        return cut(p, MIDGE_ERR_EMPTY_REPLY, MIDGE__TEXT("closed without a byte"));
    if (p->state == WAIT_NEXT_HEAD || p->fill == 0)
        return cut(p, MIDGE_ERR_PROTOCOL, MIDGE__TEXT("closed before the final response"));
    return cut(p, MIDGE_ERR_PROTOCOL, MIDGE__TEXT("closed within the head"));
}

int midge__h1_parse_eof(struct midge__h1_parse *p, enum midge__h1_eof eof)
{
    switch (p->state) {
    case WAIT_STATUS:
    case WAIT_FIELD:
    case WAIT_NEXT_HEAD:
        return eof_in_head(p);
    case WAIT_CLOSE:
        return eof_until_close(p, eof);
    case DONE:
        if (p->complete == MIDGE__H1_COMPLETE_NO)
            p->complete = MIDGE__H1_COMPLETE_YES;
        return MIDGE_OK;
    case FAILED:
        return MIDGE_ERR_PROTOCOL;
    default:
        return cut(p, MIDGE_ERR_PARTIAL, MIDGE__TEXT("closed before the body's end"));
    }
}
