/* SPDX-License-Identifier: MIT */
/*
 * A server's frames: in one piece and in pieces the same log. Beside a second reader of frames,
 * which knows their heads and their padding: the same frames in the same order, all data and all
 * padding. Heads that are accepted have a status, names in lower case, no control characters, and
 * lie in their buffer. Choices at the end: the head buffer, the budget, the streams that are open,
 * the splits.
 */
#include "fuzz.h"

#include "base/span.h"
#include "codec/h1_parse.h"
#include "codec/h2_frame.h"
#include "codec/h2_head.h"
#include "midge/err.h"

enum { STREAMS = 16 };

struct peer {
    struct midge__h2_frame f;
    struct midge__h2_head h;
    struct midge__h1_parse head;
    char *buf;
    size_t cap;
    uint32_t budget;
    uint16_t status[STREAMS];
    const uint8_t *next, *end; /* of the second reader: the next frame */
    size_t data;               /* bytes of the current frame */
    bool over;
    struct fuzz_text log;
};

/* --- the second reader --- */

static size_t length_at(const uint8_t *frame)
{
    return (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
}

static void check_frame(struct peer *p)
{
    const uint8_t *frame = p->next;
    FUZZ_CHECK(p->end - frame >= 9);
    FUZZ_CHECK(p->f.type == frame[3] && p->f.length == length_at(frame));
    FUZZ_CHECK((p->f.stream & 0xff) == frame[8] && p->f.stream >> 24 == (frame[5] & 0x7f));
    p->next += 9 + length_at(frame);
    p->data = 0;
}

static void check_data_end(const struct peer *p, size_t padding)
{
    const uint8_t *payload = p->next - p->f.length;
    const bool is_padded = (payload[-5] & 8) != 0;
    FUZZ_CHECK(padding == (is_padded ? 1U + payload[0] : 0));
    FUZZ_CHECK(p->data + padding == p->f.length);
}

/* --- heads --- */

static void check_field(const struct peer *p, struct midge_span name, struct midge_span value)
{
    FUZZ_CHECK(name.ptr >= p->buf && value.ptr + value.len < p->buf + p->cap);
    FUZZ_CHECK(name.len > 0 && name.ptr[0] != ':');
    for (size_t i = 0; i < name.len; i++) {
        FUZZ_CHECK(midge__is_token(name.ptr[i]) && midge__lower(name.ptr[i]) == name.ptr[i]);
    }
    for (size_t i = 0; i < value.len; i++) {
        FUZZ_CHECK(!midge__is_ctl(value.ptr[i]));
    }
}

static void log_fields(struct peer *p)
{
    struct midge_span name, value;
    size_t iter = 0;
    while (midge__h1_header_next(&p->head, &iter, &name, &value)) {
        check_field(p, name, value);
        fuzz_printf(&p->log, "header %.80s: %.80s\n", name.ptr, value.ptr);
    }
    for (iter = 0; midge__h1_trailer_next(&p->head, &iter, &name, &value);) {
        check_field(p, name, value);
        fuzz_printf(&p->log, "trailer %.80s: %.80s\n", name.ptr, value.ptr);
    }
}

static void block_begin(struct peer *p)
{
    const uint16_t status = p->status[p->f.stream / 2 % STREAMS];
    midge__h1_parse_init(&p->head, p->buf, p->cap, 0);
    p->head.budget = p->budget;
    p->head.wanted = "etag, server";
    p->head.status = status;
    midge__h2_head_begin(&p->h, &p->head, status != 0);
}

static void block_end(struct peer *p)
{
    uint16_t *status = &p->status[p->f.stream / 2 % STREAMS];
    int err = midge__h2_head_end(&p->h, (p->f.flags & MIDGE__H2_FLAG_END_STREAM) != 0);
    fuzz_printf(&p->log, "block %d %u %s\n", err, p->h.code, midge__h2_head_why(&p->h));
    p->over = p->over || p->h.code == MIDGE__H2_COMPRESSION_ERROR;
    if (err == MIDGE_OK) {
        FUZZ_CHECK(p->head.status >= 100 && p->head.status <= 999 && p->head.status != 101);
        *status = p->head.status >= 200 ? p->head.status : 0;
        fuzz_printf(&p->log, "status %u skipped %d\n", p->head.status, p->head.skipped);
        log_fields(p);
    }
}

/* --- frames --- */

/* Each kind has some of the fields (h2_frame.h), the others are undefined. */
static void log_event(struct peer *p, const struct midge__h2_event *event)
{
    const bool setting = event->kind == MIDGE__H2_SETTING, goaway = event->kind == MIDGE__H2_GOAWAY;
    const bool value = setting || goaway || event->kind == MIDGE__H2_RST_STREAM ||
                       event->kind == MIDGE__H2_WINDOW_UPDATE;
    fuzz_printf(&p->log, "event %u type %u stream %u: %u %u %u\n", event->kind, p->f.type,
                p->f.stream, setting ? event->setting : 0, value ? event->value : 0,
                goaway ? event->last : 0);
}

static void on_event(struct peer *p, const struct midge__h2_event *event)
{
    switch (event->kind) {
    case MIDGE__H2_NEED_MORE:
        return;
    case MIDGE__H2_FRAME:
        check_frame(p);
        if (p->f.type == MIDGE__H2_TYPE_HEADERS) {
            block_begin(p);
        }
        break;
    case MIDGE__H2_DATA:
        FUZZ_CHECK(event->len > 0);
        p->data += event->len;
        fuzz_add(&p->log, event->data, event->len);
        return;
    case MIDGE__H2_DATA_END:
        check_data_end(p, event->len);
        break;
    case MIDGE__H2_BLOCK:
        FUZZ_CHECK(event->len > 0);
        p->over = midge__h2_head_read(&p->h, event->data, event->len) != MIDGE_OK;
        return;
    case MIDGE__H2_BLOCK_END:
        block_end(p);
        return;
    default:
        break;
    }
    log_event(p, event);
}

static void read_piece(struct peer *p, const uint8_t *in, size_t len)
{
    struct midge__h2_event event = {.kind = MIDGE__H2_FRAME};
    while (!p->over && event.kind != MIDGE__H2_NEED_MORE) {
        size_t used;
        int err = midge__h2_frame_read(&p->f, in, len, &used, &event);
        FUZZ_CHECK(used <= len && (err == MIDGE_OK || err == MIDGE_ERR_PROTOCOL));
        FUZZ_CHECK((err != MIDGE_OK) == (p->f.code != MIDGE__H2_NO_ERROR));
        in += used;
        len -= used;
        p->over = err != MIDGE_OK;
        if (err == MIDGE_OK) {
            on_event(p, &event);
        }
    }
    FUZZ_CHECK(p->over || len == 0);
}

static void run(struct peer *p, struct fuzz_in in, struct fuzz_splits splits)
{
    p->next = in.at;
    p->end = in.at + in.len;
    p->buf = malloc(p->cap > 0 ? p->cap : 1);
    FUZZ_CHECK(p->buf != NULL);
    while (!p->over && in.len > 0) {
        const size_t n = fuzz_next(&splits, in.len);
        uint8_t *piece = fuzz_copy(in.at, n);
        read_piece(p, piece, n);
        free(piece);
        in.at += n;
        in.len -= n;
    }
    if (!p->over) { /* no frame was missed */
        FUZZ_CHECK(p->next + 9 > p->end);
    }
    fuzz_printf(&p->log, "end %u %s\n", p->f.code, midge__h2_why(&p->f));
    free(p->buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned cap = fuzz_choice(&in), budget = fuzz_choice(&in), open = fuzz_choice(&in);
    struct fuzz_splits splits = fuzz_splits(&in), none = {NULL, 0, 0};
    struct peer one = {.cap = cap < 128 ? 4096 : cap - 128,
                       .budget = budget < 128 ? UINT32_MAX : (budget - 128) * 4};
    midge__h2_frame_init(&one.f);
    one.f.idle = open % 8 * 2 + 3;
    struct peer pieces = one;
    run(&one, in, none);
    run(&pieces, in, splits);
    fuzz_same(&one.log, &pieces.log, "In one piece and in pieces");
    fuzz_free(&one.log);
    fuzz_free(&pieces.log);
    return 0;
}
