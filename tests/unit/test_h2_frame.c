/* SPDX-License-Identifier: MIT */
/* Frames and heads of HTTP/2: runs tests/vectors/h2 at every split, as a carrier would. */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../vectors/h2_cases.h"
#include "base/span.h"
#include "codec/h1_parse.h"
#include "codec/h2_frame.h"
#include "codec/h2_head.h"
#include "midge/err.h"

enum { STREAMS = 16 };

struct peer {
    const struct h2_case *c;
    struct midge__h2_frame f;
    struct midge__h2_head h;
    struct midge__h1_parse head;
    char *buf;                /* lent to a block */
    uint16_t status[STREAMS]; /* of each stream's final head */
    struct text data, *log;
    unsigned frames;
    bool over;
};

static const char *code_name(unsigned code)
{
    static const char *const names[] = {"NO_ERROR",
                                        "PROTOCOL",
                                        "INTERNAL",
                                        "FLOW_CONTROL",
                                        "SETTINGS_TIMEOUT",
                                        "STREAM_CLOSED",
                                        "FRAME_SIZE",
                                        "REFUSED_STREAM",
                                        "CANCEL",
                                        "COMPRESSION",
                                        "CONNECT",
                                        "ENHANCE_YOUR_CALM",
                                        "INADEQUATE_SECURITY",
                                        "HTTP_1_1_REQUIRED"};
    return code < sizeof names / sizeof names[0] ? names[code] : "UNKNOWN";
}

/* --- header blocks --- */

static void block_begin(struct peer *p)
{
    const unsigned status = p->status[p->f.stream % STREAMS];
    free(p->buf);
    p->buf = malloc(p->c->cap > 0 ? p->c->cap : 1);
    assert_non_null(p->buf);
    midge__h1_parse_init(&p->head, p->buf, p->c->cap, 0);
    p->head.budget = p->c->budget;
    p->head.wanted = p->c->want;
    p->head.status = (uint16_t)status;
    midge__h2_head_begin(&p->h, &p->head, status != 0);
}

static void log_fields(struct peer *p, const char *kind,
                       bool (*next)(const struct midge__h1_parse *, size_t *, struct midge_span *,
                                    struct midge_span *))
{
    struct midge_span name, value, found;
    size_t iter = 0;
    while (next(&p->head, &iter, &name, &value)) {
        assert_int_equal(name.ptr[name.len], 0);
        assert_int_equal(value.ptr[value.len], 0);
        h2_log_field(p->log, kind, name.ptr, name.len, value.ptr, value.len);
        assert_int_equal(midge__h1_header_find(&p->head, name.ptr, &found),
                         kind[0] == 'h'); /* and no trailer is found as a header */
    }
}

static void log_block(struct peer *p, bool end)
{
    uint16_t *status = &p->status[p->f.stream % STREAMS];
    const bool trailers = *status != 0, is_final = p->head.status >= 200;
    h2_log(p->log, "%s %" PRIu32, trailers ? "trailers" : is_final ? "head" : "info", p->f.stream);
    if (!trailers) {
        h2_log(p->log, " %u", p->head.status);
        *status = is_final ? p->head.status : 0;
    }
    if (p->head.has_length) {
        h2_log(p->log, " length=%" PRIu64, p->head.content_length);
    }
    h2_log(p->log, "%s%s\n", end ? " end" : "", p->head.skipped ? " skipped" : "");
    if (trailers) {
        log_fields(p, "trailer ", midge__h1_trailer_next);
    } else {
        assert_int_equal(midge__h1_reason(&p->head).len, 0);
        log_fields(p, "header ", midge__h1_header_next);
    }
}

static void block_end(struct peer *p)
{
    const bool end = (p->f.flags & MIDGE__H2_FLAG_END_STREAM) != 0;
    int err = midge__h2_head_end(&p->h, end);
    if (err == MIDGE_OK) {
        log_block(p, end);
        return;
    }
    p->over = p->h.code == MIDGE__H2_COMPRESSION_ERROR;
    if (p->over) {
        h2_log(p->log, "error COMPRESSION %s\n", midge__h2_head_why(&p->h));
    } else {
        assert_int_equal(err == MIDGE_ERR_TOO_LARGE, p->h.code == MIDGE__H2_CANCEL);
        h2_log(p->log, "malformed %" PRIu32 " %s %s\n", p->f.stream, code_name(p->h.code),
               midge__h2_head_why(&p->h));
    }
}

static void on_block(struct peer *p, const struct midge__h2_event *event)
{
    assert_int_not_equal(event->len, 0);
    if (midge__h2_head_read(&p->h, event->data, event->len) != MIDGE_OK) {
        assert_int_equal(p->h.code, MIDGE__H2_COMPRESSION_ERROR);
        h2_log(p->log, "error COMPRESSION %s\n", midge__h2_head_why(&p->h));
        p->over = true;
    }
}

/* --- frames --- */

static void on_frame(struct peer *p)
{
    p->frames++;
    if (p->f.type == MIDGE__H2_TYPE_HEADERS) {
        block_begin(p);
    } else if (p->f.type == MIDGE__H2_TYPE_PRIORITY || p->f.type > MIDGE__H2_TYPE_CONTINUATION) {
        h2_log(p->log, "ignored %u\n", p->f.type);
    }
    assert_int_equal(midge__h2_in_block(&p->f), p->f.type == MIDGE__H2_TYPE_HEADERS ||
                                                    p->f.type == MIDGE__H2_TYPE_CONTINUATION);
}

static void data_end(struct peer *p, size_t padding)
{
    h2_log(p->log, "data %" PRIu32 " ", p->f.stream);
    assert_int_equal(p->f.length, p->data.len + padding);
    if (p->data.len > 64) {
        h2_log(p->log, "%zu bytes", p->data.len);
    } else {
        text_puts(p->log, "\"");
        text_add_escaped(p->log, p->data.ptr, p->data.len);
        text_puts(p->log, "\"");
    }
    if (padding > 0) {
        h2_log(p->log, " padding=%zu", padding);
    }
    text_puts(p->log, (p->f.flags & MIDGE__H2_FLAG_END_STREAM) != 0 ? " end\n" : "\n");
    p->data.len = 0;
}

static void on_event(struct peer *p, const struct midge__h2_event *event)
{
    switch (event->kind) {
    case MIDGE__H2_NEED_MORE:
        return;
    case MIDGE__H2_FRAME:
        on_frame(p);
        return;
    case MIDGE__H2_DATA:
        assert_int_not_equal(event->len, 0);
        text_add(&p->data, (const char *)event->data, event->len);
        return;
    case MIDGE__H2_DATA_END:
        data_end(p, event->len);
        return;
    case MIDGE__H2_BLOCK:
        on_block(p, event);
        return;
    case MIDGE__H2_BLOCK_END:
        assert_false(midge__h2_in_block(&p->f));
        block_end(p);
        return;
    case MIDGE__H2_SETTING:
        h2_log(p->log, "setting %u %" PRIu32 "\n", event->setting, event->value);
        return;
    case MIDGE__H2_SETTINGS_END:
        text_puts(p->log, "settings\n");
        return;
    case MIDGE__H2_SETTINGS_ACK:
        text_puts(p->log, "settings ack\n");
        return;
    case MIDGE__H2_PING:
    case MIDGE__H2_PONG:
        assert_int_equal(event->len, 8);
        h2_log(p->log, "%s ", event->kind == MIDGE__H2_PING ? "ping" : "pong");
        text_add_escaped(p->log, (const char *)event->data, event->len);
        text_puts(p->log, "\n");
        return;
    case MIDGE__H2_RST_STREAM:
        h2_log(p->log, "reset %" PRIu32 " %s\n", p->f.stream, code_name(event->value));
        return;
    case MIDGE__H2_GOAWAY:
        h2_log(p->log, "goaway last=%" PRIu32 " %s\n", event->last, code_name(event->value));
        return;
    default:
        assert_int_equal(event->kind, MIDGE__H2_WINDOW_UPDATE);
        h2_log(p->log, "update %" PRIu32 " %" PRIu32 "\n", p->f.stream, event->value);
    }
}

static void on_error(struct peer *p, const uint8_t *in, size_t len)
{
    struct midge__h2_event event;
    size_t used;
    h2_log(p->log, "error %s %s\n", code_name(p->f.code), midge__h2_why(&p->f));
    p->over = true;
    assert_int_equal(midge__h2_frame_read(&p->f, in, len, &used, &event), MIDGE_ERR_PROTOCOL);
    assert_int_equal(used, 0);
}

static void read_piece(struct peer *p, const uint8_t *in, size_t len)
{
    struct midge__h2_event event = {.kind = MIDGE__H2_FRAME};
    while (!p->over && event.kind != MIDGE__H2_NEED_MORE) {
        size_t used;
        int err = midge__h2_frame_read(&p->f, in, len, &used, &event);
        assert_true(used <= len);
        in += used;
        len -= used;
        if (err != MIDGE_OK) {
            on_error(p, in, len);
        } else {
            on_event(p, &event);
        }
    }
    if (!p->over) {
        assert_int_equal(len, 0);
    }
}

static void run(const struct h2_case *c, size_t first, size_t rest, struct text *log)
{
    struct peer p = {.c = c, .log = log};
    midge__h2_frame_init(&p.f);
    p.f.idle = c->open + 1;
    for (size_t at = 0, n = first; at < c->in.len && !p.over; at += n, n = rest) {
        uint8_t *piece = h2_piece(c, at, &n);
        read_piece(&p, piece, n);
        free(piece);
    }
    if (!p.over) {
        assert_int_equal(p.frames, c->frames);
    }
    free(p.buf);
    free(p.data.ptr);
}

static void test_vector(void **state)
{
    h2_run_splits(*state, run);
}

int main(void)
{
    return h2_run_folder(MIDGE_VECTORS_DIR "/h2", test_vector);
}
