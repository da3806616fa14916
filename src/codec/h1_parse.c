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
 *
 * In every state p->err ends the parsing. Lines are collected in the head buffer (h1_line.c). At
 * its end, a line is rewritten there in place, shorter. Where the buffer may not grow, fields that
 * are not needed are removed (h1_skip.c). Deadlines are the caller's task.
 */
#include "codec/h1_parse.h"

#include "base/check.h"
#include "base/span.h"
#include "codec/h1_framing.h"
#include "codec/h1_line.h"
#include "codec/h1_skip.h"
#include "codec/h1_status.h"
#include "codec/h1_whole.h"
#include "midge/err.h"

enum {
    WAIT_STATUS,
    WAIT_FIELD,
    WAIT_TRAILER,
    WAIT_NEXT_HEAD,
    WAIT_LENGTH,
    WAIT_CLOSE,
    WAIT_CHUNK_DATA,
    WAIT_CHUNK,
    DONE
};

static const struct midge__keep_alive no_keep_alive = {MIDGE__KEEP_ALIVE_NONE,
                                                       MIDGE__KEEP_ALIVE_NONE};

static int stop(struct midge__h1_event *event, enum midge__h1_kind kind)
{
    event->kind = kind;
    return MIDGE__H1_STOP;
}

/* ---- status line ---- */

static int on_status(struct midge__h1_parse *p)
{
    size_t at = 0;
    p->head[p->fill] = '\0';
    const char *why = midge__h1_status(p, p->head, &at);
    if (why != NULL) {
        return midge__h1_fail_in_line(p, at, why);
    }
    size_t reason = p->fill > MIDGE__H1_REASON ? p->fill - MIDGE__H1_REASON : 0;
    memmove(p->head, p->head + MIDGE__H1_REASON, reason);
    p->head[reason] = '\0';
    p->fill = p->line = p->fields = reason + 1;
    p->state = WAIT_FIELD;
    return MIDGE__H1_GO;
}

/* ---- field lines, RFC 9112 5 ---- */

/* Why a line is no field: its first `end` bytes are of a token. */
static const char *name_error(struct midge_span line, size_t end)
{
    struct midge_span rest = midge__span_trim(midge__span(line.ptr + end, line.len - end));
    if (midge__is_ows(line.ptr[0])) {
        return MIDGE__TEXT("folded header line"); /* 5.2 */
    }
    if (end == line.len) {
        return MIDGE__RARE_TEXT("header line without colon");
    }
    return end != 0 && rest.len != 0 && rest.ptr[0] == ':'
               ? MIDGE__RARE_TEXT("space before colon") /* 5.1 */
               : MIDGE__RARE_TEXT("bad character in header name");
}

/* Rewrites the line "name: value" as name NUL value NUL. Trailers are kept apart and never taken
   for headers (RFC 9110 6.5). */
static int on_field(struct midge__h1_parse *p, struct midge_span line)
{
    const size_t colon = midge__token_len(line);
    if (colon == 0 || colon == line.len || line.ptr[colon] != ':') {
        return midge__h1_fail_in_line(p, colon, MIDGE_WITH_TEXTS ? name_error(line, colon) : "");
    }
    char *name = p->head + p->line, *to = name + colon + 1;
    struct midge_span value = midge__span_trim(midge__span(to, line.len - colon - 1));
    memmove(to, value.ptr, value.len);
    to[-1] = to[value.len] = '\0';
    if (p->state == WAIT_TRAILER) {
        p->fill = p->line += MIDGE_WITH_TRAILERS ? colon + value.len + 2 : 0;
        return MIDGE__H1_GO;
    }
    p->fill = p->line += colon + value.len + 2;
    enum midge__field field = midge__field_of(midge__span(name, colon));
    midge__h1_note_fold(p);
    const char *why = p->folded && (midge__field_bit(field) & MIDGE__H1_NEVER_FOLDED) != 0
                          ? MIDGE__TEXT("folded header line")
                          : midge__h1_note_header(p, field, midge__span(to, value.len));
    return why != NULL ? midge__h1_fail_in_line(p, 0, why) : MIDGE__H1_GO;
}

/* ---- the end of a head ---- */

static void begin_body(struct midge__h1_parse *p)
{
    static const uint8_t states[] = {DONE, WAIT_LENGTH, WAIT_CHUNK, WAIT_CLOSE}; /* by framing */
    p->state = states[p->framing];
    p->chunk.left = p->state == WAIT_CLOSE ? UINT64_MAX : p->content_length;
    if (p->state == WAIT_LENGTH && p->content_length == 0) {
        p->state = DONE;
    }
}

static int on_head_end(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    const char *why = midge__h1_framing_error(p);
    p->fields_end = p->fill;
    if (why == NULL && p->status == 101 && (p->flags & MIDGE__H1_FOR_UPGRADE) == 0) {
        why = MIDGE__RARE_TEXT("unasked 101 response");
    }
    if (why != NULL) {
        return midge__h1_fail_at(p, 0, why);
    }
    if (p->status < 200 && p->status != 101) {
        p->state = WAIT_NEXT_HEAD;
        return stop(event, MIDGE__H1_INFORMATIONAL);
    }
    midge__h1_choose_framing(p);
    begin_body(p);
    return stop(event, MIDGE__H1_HEAD);
}

/* RFC 9110 15.2: a 1xx head is parsed and then forgotten, but not that it was ambiguous. */
static int on_next_head(struct midge__h1_parse *p)
{
    p->fill = p->line = p->fields = p->fields_end = 0;
    p->has_length = false;
    p->skipped = false;
    p->content_length = 0;
    p->status = 0;
    p->present = 0;
    p->seen &= MIDGE__H1_SEEN_TOLERATED;
    p->keep = no_keep_alive;
    p->state = WAIT_STATUS;
    return MIDGE__H1_GO;
}

static int on_line_end(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    struct midge_span line = midge__span(p->head + p->line, p->fill - p->line);
    if (p->state == WAIT_STATUS) {
        return on_status(p);
    }
    if (midge__h1_skips(p)) {
        return midge__h1_skip_end(p);
    }
    if (line.len != 0) {
        return on_field(p, line);
    }
    if (p->state == WAIT_FIELD) {
        return on_head_end(p, event);
    }
    p->state = DONE;
    return MIDGE__H1_GO;
}

static int on_line(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    int got = midge__h1_line(p, (enum midge__h1_line_kind)p->state); /* the first states */
    if (got == MIDGE__H1_FULL) {
        return stop(event, MIDGE__H1_GROW);
    }
    if (got != MIDGE__H1_READ) {
        return got;
    }
    got = on_line_end(p, event);
    if (got >= 0) {
        midge__h1_line_begin(p);
    }
    return got;
}

static int on_status_line(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    if (MIDGE_WITH_WHOLE_HEADS && p->fill == 0) {
        if (midge__h1_whole(p)) {
            midge__h1_line_begin(p);
            return on_head_end(p, event);
        }
        (void)on_next_head(p);
    }
    return on_line(p, event);
}

/* ---- bodies ---- */

/* Up to p->chunk.left bytes; where only the stream's end ends the body, this is more than any
   stream has. */
static int on_body(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    size_t have = (size_t)(p->end - p->at);
    if (have == 0) {
        return MIDGE__H1_STOP;
    }
    event->data = p->at;
    event->len = p->chunk.left < have ? (size_t)p->chunk.left : have;
    p->at += event->len;
    p->chunk.left -= event->len;
    if (p->chunk.left == 0) {
        p->chunk.state = MIDGE__H1_CHUNK_DATA_CR;
        p->state = p->state == WAIT_CHUNK_DATA ? WAIT_CHUNK : DONE;
    }
    return stop(event, MIDGE__H1_BODY);
}

static int on_chunk(struct midge__h1_parse *p)
{
    const char *why = midge__h1_chunk(&p->chunk, &p->at, p->end);
    if (why != NULL) {
        return midge__h1_fail_at(p, 0, why);
    }
    p->keep_alive = p->keep_alive && !p->chunk.spaced; /* RFC 9112 11.2 */
    if (p->chunk.state == MIDGE__H1_CHUNK_DATA) {
        p->state = WAIT_CHUNK_DATA;
        return MIDGE__H1_GO;
    }
    if (p->chunk.state == MIDGE__H1_CHUNK_LAST) {
        p->state = WAIT_TRAILER;
        midge__h1_line_begin(p);
        return MIDGE__H1_GO;
    }
    return MIDGE__H1_STOP;
}

/* ---- public ---- */

MIDGE__APART static int step(struct midge__h1_parse *p, struct midge__h1_event *event)
{
    switch (p->state) {
    case WAIT_STATUS:
        return on_status_line(p, event);
    case WAIT_FIELD:
    case WAIT_TRAILER:
        return on_line(p, event);
    case WAIT_NEXT_HEAD:
        return on_next_head(p);
    case WAIT_CHUNK:
        return on_chunk(p);
    case DONE:
        return stop(event, MIDGE__H1_END);
    default:
        return on_body(p, event);
    }
}

void midge__h1_parse_init(struct midge__h1_parse *p, char *head, size_t cap, unsigned flags)
{
    *p = (struct midge__h1_parse)
    {
        .head = head, .cap = cap, .flags = (uint8_t)flags, .keep = no_keep_alive,
        .budget = UINT32_MAX,
#if MIDGE_WITH_TEXTS
        .why = "",
#endif
    };
}

int midge__h1_parse(struct midge__h1_parse *p, const uint8_t *in, size_t len, size_t *used,
                    struct midge__h1_event *event)
{
    int got = p->err;
    *event = (struct midge__h1_event){MIDGE__H1_NEED_MORE, NULL, 0};
    p->at = in;
    p->end = in + len;
    p->begun = p->begun || len != 0;
    midge__h1_count_input(p);
    while (got == MIDGE__H1_GO) {
        got = step(p, event);
    }
    if (p->state == DONE) {
        p->complete = MIDGE__H1_COMPLETE_YES;
    }
    *used = (size_t)(p->at - in);
    midge__h1_count_rest(p);
    p->end = p->at;
    return p->err;
}

/* ---- the end of the stream ---- */

static int cut(struct midge__h1_parse *p, int err, const char *why)
{
    (void)midge__h1_fail_at(p, 0, why);
    p->err = (int8_t)err;
    return err;
}

/* For a body that only this end delimits, RFC 9112 9.8. */
static int eof_until_close(struct midge__h1_parse *p, enum midge__h1_eof eof)
{
    if (eof == MIDGE__H1_EOF_TLS_FIN) {
        return cut(p, MIDGE_ERR_PARTIAL, MIDGE__TEXT("connection cut without TLS close_notify"));
    }
    p->complete =
        eof == MIDGE__H1_EOF_PLAIN ? MIDGE__H1_COMPLETE_UNVERIFIED : MIDGE__H1_COMPLETE_YES;
    p->state = DONE;
    return MIDGE_OK;
}

static int eof_in_head(struct midge__h1_parse *p)
{
    if (p->state == WAIT_NEXT_HEAD || p->fill == 0) {
        return !p->begun ? cut(p, MIDGE_ERR_EMPTY_REPLY, MIDGE__RARE_TEXT("closed without a byte"))
                         : cut(p, MIDGE_ERR_PROTOCOL,
                               MIDGE__RARE_TEXT("closed before the final response"));
    }
    return cut(p, MIDGE_ERR_PROTOCOL, MIDGE__RARE_TEXT("closed within the head"));
}

int midge__h1_parse_eof(struct midge__h1_parse *p, enum midge__h1_eof eof)
{
    if (p->err != MIDGE_OK) {
        return p->err;
    }
    switch (p->state) {
    case WAIT_STATUS:
    case WAIT_FIELD:
    case WAIT_NEXT_HEAD:
        return eof_in_head(p);
    case WAIT_CLOSE:
        return eof_until_close(p, eof);
    case DONE:
        return MIDGE_OK;
    default:
        return cut(p, MIDGE_ERR_PARTIAL, MIDGE__RARE_TEXT("closed before the body's end"));
    }
}
