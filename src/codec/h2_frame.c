/* SPDX-License-Identifier: MIT */
/*
 * state       waits for                                      leads to
 * WAIT_HEAD   the 9 bytes before a payload                   WAIT_SMALL, PAYLOAD, SKIP
 * WAIT_SMALL  fields of fixed size: a setting, all fields    WAIT_SMALL (more settings), SKIP,
 *             of other short frames, those before a payload  PAYLOAD
 * PAYLOAD     data or a part of a header block               SKIP
 * SKIP        bytes that are ignored, or padding             DONE
 * DONE        nothing                                        WAIT_HEAD
 *
 * In every state f->code ends the parsing. Only fields of fixed size are collected, in f->small.
 */
#include "codec/h2_frame.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "midge/err.h"

enum { WAIT_HEAD, WAIT_SMALL, PAYLOAD, SKIP, DONE };

enum { GO = 1, STOP = 0 }; /* or an error */

enum { PRIORITY_SIZE = 5 };

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t get31(const uint8_t *p)
{
    return get32(p) & 0x7fffffff;
}

static int fail(struct midge__h2_frame *f, enum midge__h2_code code, const char *why)
{
    f->code = (uint8_t)code;
#if MIDGE_WITH_TEXTS
    f->why = why;
#else
    (void)why;
#endif
    return MIDGE_ERR_PROTOCOL;
}

static int wrong_size(struct midge__h2_frame *f)
{
    return fail(f, MIDGE__H2_FRAME_SIZE_ERROR, MIDGE__RARE_TEXT("frame of a wrong length"));
}

static int stop(struct midge__h2_event *event, enum midge__h2_kind kind)
{
    event->kind = (uint8_t)kind;
    return STOP;
}

/* Next, `need` bytes are collected; STOP. */
static int gather(struct midge__h2_frame *f, unsigned state, unsigned need)
{
    f->state = (uint8_t)state;
    f->need = (uint8_t)need;
    f->have = 0;
    return STOP;
}

/* --- a frame's head --- */

static bool has_flag(const struct midge__h2_frame *f, unsigned flag)
{
    return (f->flags & flag) != 0;
}

/* RFC 9113 3.4: the server's first frame is SETTINGS. */
static int check_first(struct midge__h2_frame *f)
{
    if (memcmp(f->small, "HTTP/", 5) == 0) {
        return fail(f, MIDGE__H2_HTTP_1_1_REQUIRED, MIDGE__TEXT("HTTP/1 answer to HTTP/2"));
    }
    if (f->type != MIDGE__H2_TYPE_SETTINGS || has_flag(f, MIDGE__H2_FLAG_ACK)) {
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__TEXT("no SETTINGS at the beginning"));
    }
    f->greeted = true;
    return STOP;
}

/* RFC 9113 6.10: nothing may come between the frames of a header block. */
static int check_block(struct midge__h2_frame *f, uint32_t before)
{
    const bool goes_on = f->type == MIDGE__H2_TYPE_CONTINUATION;
    if (f->in_block != goes_on || (goes_on && f->stream != before)) {
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame out of place"));
    }
    f->block = goes_on ? f->block + f->length + MIDGE__H2_FRAME_HEAD : f->length;
    if (f->block > MIDGE__H2_BLOCK_MAX) {
        return fail(f, MIDGE__H2_ENHANCE_YOUR_CALM, MIDGE__RARE_TEXT("endless header block"));
    }
    return STOP;
}

/* Of each type: where it may be, and the size of its fields if it has only such of fixed size. A
   PUSH_PROMISE may be nowhere (RFC 9113 6.6, 8.4). */
enum { ON_CONNECTION = 0x40, ON_STREAM = 0x80, SIZE = 0x0f };

static const uint8_t forms[] = {
    [MIDGE__H2_TYPE_DATA] = ON_STREAM,
    [MIDGE__H2_TYPE_HEADERS] = ON_STREAM,
    [MIDGE__H2_TYPE_PRIORITY] = ON_STREAM | PRIORITY_SIZE,
    [MIDGE__H2_TYPE_RST_STREAM] = ON_STREAM | 4,
    [MIDGE__H2_TYPE_SETTINGS] = ON_CONNECTION | 6,
    [MIDGE__H2_TYPE_PUSH_PROMISE] = 0,
    [MIDGE__H2_TYPE_PING] = ON_CONNECTION | 8,
    [MIDGE__H2_TYPE_GOAWAY] = ON_CONNECTION | 8,
    [MIDGE__H2_TYPE_WINDOW_UPDATE] = ON_CONNECTION | ON_STREAM | 4,
    [MIDGE__H2_TYPE_CONTINUATION] = ON_STREAM,
};

/* A stream must be one that the client opened. */
static int check_stream(struct midge__h2_frame *f)
{
    bool ok = (forms[f->type] & (f->stream == 0 ? ON_CONNECTION : ON_STREAM)) != 0;
    if (f->stream != 0 && f->type != MIDGE__H2_TYPE_PRIORITY) { /* that may come for any stream */
        ok = ok && f->stream % 2 == 1 && f->stream < f->idle;
    }
    return ok ? STOP : fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame out of place"));
}

/* Before the payload: the length of its padding, and the priority of a HEADERS (RFC 9113 6.1, 6.2).
 */
static int begin_payload(struct midge__h2_frame *f)
{
    const bool priority = f->type == MIDGE__H2_TYPE_HEADERS && has_flag(f, MIDGE__H2_FLAG_PRIORITY);
    const unsigned size = has_flag(f, MIDGE__H2_FLAG_PADDED) + (priority ? PRIORITY_SIZE : 0U);
    f->state = PAYLOAD;
    if (size > f->left) {
        return wrong_size(f);
    }
    return size > 0 ? gather(f, WAIT_SMALL, size) : STOP;
}

/* Those fields are complete. */
static int on_payload_fields(struct midge__h2_frame *f)
{
    f->pad = has_flag(f, MIDGE__H2_FLAG_PADDED) ? f->small[0] : 0;
    if (f->pad > f->left) {
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame of a wrong length"));
    }
    f->left = (uint16_t)(f->left - f->pad);
    f->state = PAYLOAD;
    return GO;
}

/* Types that have only fields of fixed size. */
static int begin_small(struct midge__h2_frame *f)
{
    const unsigned size = forms[f->type] & SIZE;
    bool ok = f->left == size || (f->type == MIDGE__H2_TYPE_GOAWAY && f->left > size);
    if (f->type == MIDGE__H2_TYPE_SETTINGS) {
        ok = has_flag(f, MIDGE__H2_FLAG_ACK) ? f->left == 0 : f->left % size == 0;
    }
    if (!ok) {
        return wrong_size(f);
    }
    return f->left > 0 ? gather(f, WAIT_SMALL, size) : STOP;
}

/* The part behind the head begins. Unknown types are ignored (RFC 9113 4.1). */
MIDGE__APART static int begin(struct midge__h2_frame *f)
{
    int got = STOP;
    f->state = SKIP;
    if (f->type > MIDGE__H2_TYPE_CONTINUATION || (got = check_stream(f)) != STOP) {
        return got;
    }
    if ((forms[f->type] & SIZE) != 0) {
        return begin_small(f);
    }
    f->in_block = f->type != MIDGE__H2_TYPE_DATA;
    return begin_payload(f);
}

static void read_head(struct midge__h2_frame *f, uint32_t length)
{
    const uint8_t *head = f->small;
    const unsigned flags = head[4];
    f->type = head[3];
    f->flags = (uint8_t)(f->type != MIDGE__H2_TYPE_CONTINUATION
                             ? flags
                             : (f->flags & MIDGE__H2_FLAG_END_STREAM) |
                                   (flags & MIDGE__H2_FLAG_END_HEADERS));
    f->stream = get31(head + 5);
    f->length = f->left = (uint16_t)length;
    f->pad = 0;
}

static int on_head(struct midge__h2_frame *f)
{
    const uint32_t length = get32(f->small) >> 8, before = f->stream;
    read_head(f, length);
    int got = f->greeted ? STOP : check_first(f);
    if (got == STOP && length > MIDGE__H2_LENGTH_MAX) {
        got = wrong_size(f);
    }
    if (got == STOP) {
        got = check_block(f, before);
    }
    return got == STOP ? begin(f) : got;
}

/* --- fields of fixed size --- */

/* RFC 9113 6.5.2. */
static int check_setting(struct midge__h2_frame *f, unsigned setting, uint32_t value)
{
    enum midge__h2_code code = MIDGE__H2_NO_ERROR;
    if (setting == MIDGE__H2_INITIAL_WINDOW_SIZE && value > INT32_MAX) {
        code = MIDGE__H2_FLOW_CONTROL_ERROR;
    }
    if ((setting == MIDGE__H2_ENABLE_PUSH && value != 0) ||
        (setting == MIDGE__H2_MAX_FRAME_SIZE && (value < 0x4000 || value > 0xffffff))) {
        code = MIDGE__H2_PROTOCOL_ERROR;
    }
    return code == MIDGE__H2_NO_ERROR ? STOP
                                      : fail(f, code, MIDGE__RARE_TEXT("value out of range"));
}

/* All types have what they say in the same places: a number in the last 4 bytes, before it the last
   stream or the setting. */
static int on_small(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    const uint32_t first = get32(f->small);
    f->left = (uint16_t)(f->left - f->need);
    if (f->type <= MIDGE__H2_TYPE_HEADERS) {
        return on_payload_fields(f);
    }
    f->state = SKIP;
    event->data = f->small;
    event->len = f->need;
    event->setting = (uint16_t)(first >> 16);
    event->last = first & 0x7fffffff;
    event->value = get32(f->small + f->need - 4);
    switch (f->type) {
    case MIDGE__H2_TYPE_SETTINGS:
        if (f->left != 0) {
            (void)gather(f, WAIT_SMALL, f->need);
        }
        event->kind = MIDGE__H2_SETTING;
        return check_setting(f, event->setting, event->value);
    case MIDGE__H2_TYPE_WINDOW_UPDATE:
        event->value = event->last;
        return event->value == 0 && f->stream == 0
                   ? fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("value out of range"))
                   : stop(event, MIDGE__H2_WINDOW_UPDATE);
    case MIDGE__H2_TYPE_PING:
        return stop(event, has_flag(f, MIDGE__H2_FLAG_ACK) ? MIDGE__H2_PONG : MIDGE__H2_PING);
    case MIDGE__H2_TYPE_GOAWAY:
        return stop(event, MIDGE__H2_GOAWAY);
    case MIDGE__H2_TYPE_RST_STREAM:
        return stop(event, MIDGE__H2_RST_STREAM);
    default: /* PRIORITY */
        return GO;
    }
}

/* --- public --- */

static int on_payload(struct midge__h2_frame *f, const uint8_t **at, size_t have,
                      struct midge__h2_event *event)
{
    if (f->left == 0) {
        f->left = f->pad;
        f->state = SKIP;
        return GO;
    }
    if (have == 0) {
        return STOP;
    }
    event->data = *at;
    event->len = have < f->left ? have : f->left;
    *at += event->len;
    f->left = (uint16_t)(f->left - event->len);
    return stop(event, f->type == MIDGE__H2_TYPE_DATA ? MIDGE__H2_DATA : MIDGE__H2_BLOCK);
}

static int on_done(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    (void)gather(f, WAIT_HEAD, MIDGE__H2_FRAME_HEAD);
    switch (f->type) {
    case MIDGE__H2_TYPE_DATA:
        event->len = has_flag(f, MIDGE__H2_FLAG_PADDED) ? f->pad + 1U : 0;
        return stop(event, MIDGE__H2_DATA_END);
    case MIDGE__H2_TYPE_HEADERS:
    case MIDGE__H2_TYPE_CONTINUATION:
        f->in_block = !has_flag(f, MIDGE__H2_FLAG_END_HEADERS);
        return f->in_block ? GO : stop(event, MIDGE__H2_BLOCK_END);
    case MIDGE__H2_TYPE_SETTINGS:
        return stop(event, has_flag(f, MIDGE__H2_FLAG_ACK) ? MIDGE__H2_SETTINGS_ACK
                                                           : MIDGE__H2_SETTINGS_END);
    default:
        return GO;
    }
}

static int on_skip(struct midge__h2_frame *f, const uint8_t **at, size_t have)
{
    const size_t len = have < f->left ? have : f->left;
    *at += len;
    f->left = (uint16_t)(f->left - len);
    f->state = f->left == 0 ? DONE : SKIP;
    return f->left == 0 ? GO : STOP;
}

static int on_collect(struct midge__h2_frame *f, const uint8_t **at, size_t have,
                      struct midge__h2_event *event)
{
    const size_t want = (size_t)(f->need - f->have), len = have < want ? have : want;
    memcpy(f->small + f->have, *at, len);
    *at += len;
    f->have = (uint8_t)(f->have + len);
    if (len < want) {
        return STOP;
    }
    if (f->state != WAIT_HEAD) {
        return on_small(f, event);
    }
    event->kind = MIDGE__H2_FRAME;
    return on_head(f);
}

void midge__h2_frame_init(struct midge__h2_frame *f)
{
    *f = (struct midge__h2_frame){.idle = 1};
    (void)gather(f, WAIT_HEAD, MIDGE__H2_FRAME_HEAD);
}

MIDGE__APART int midge__h2_frame_read(struct midge__h2_frame *f, const uint8_t *in, size_t len,
                                      size_t *used, struct midge__h2_event *event)
{
    const uint8_t *at = in, *const end = in + len;
    int got = f->code == MIDGE__H2_NO_ERROR ? GO : MIDGE_ERR_PROTOCOL;
    event->kind = MIDGE__H2_NEED_MORE;
    while (got == GO) {
        const size_t have = (size_t)(end - at);
        switch (f->state) {
        case PAYLOAD:
            got = on_payload(f, &at, have, event);
            break;
        case SKIP:
            got = on_skip(f, &at, have);
            break;
        case DONE:
            got = on_done(f, event);
            break;
        default:
            got = have > 0 ? on_collect(f, &at, have, event) : STOP;
        }
    }
    *used = (size_t)(at - in);
    return got;
}

#endif
