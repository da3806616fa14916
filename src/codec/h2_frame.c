/* SPDX-License-Identifier: MIT */
/*
 * state           waits for                           leads to
 * WAIT_HEAD       the 9 bytes before a payload        the first state of the frame's type
 * WAIT_SMALL      a setting, or all fields of a PING, WAIT_SMALL (more settings), SKIP
 *                 RST_STREAM, GOAWAY, WINDOW_UPDATE
 * WAIT_PAD        the length of the padding           WAIT_PRIORITY, PAYLOAD
 * WAIT_PRIORITY   the priority of a HEADERS, ignored  PAYLOAD
 * PAYLOAD         data or a part of a header block    SKIP
 * SKIP            bytes that are ignored, or padding  DONE
 * DONE            nothing                             WAIT_HEAD
 *
 * In every state f->code ends the parsing. Only fields of fixed size are collected, in f->small.
 */
#include "codec/h2_frame.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "midge/err.h"

enum { WAIT_HEAD, WAIT_SMALL, WAIT_PAD, WAIT_PRIORITY, PAYLOAD, SKIP, DONE };

enum { GO = 1, STOP = 0 }; /* or an error */

enum { SETTING_SIZE = 6, PRIORITY_SIZE = 5 };

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

/* Frames of the connection are on stream 0, all others on streams that the client opened. */
static int check_stream(struct midge__h2_frame *f)
{
    const unsigned connection =
        1U << MIDGE__H2_TYPE_SETTINGS | 1U << MIDGE__H2_TYPE_PING | 1U << MIDGE__H2_TYPE_GOAWAY;
    const bool is_update = f->type == MIDGE__H2_TYPE_WINDOW_UPDATE;
    bool ok = (f->stream == 0) == ((connection >> f->type & 1) != 0) || is_update;
    if (f->stream != 0 && f->type != MIDGE__H2_TYPE_PRIORITY) { /* that may come for any stream */
        ok = ok && f->stream % 2 == 1 && f->stream < f->idle;
    }
    return ok ? STOP : fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame out of place"));
}

/* The payload begins, without the fields before it. */
static int begin_payload(struct midge__h2_frame *f)
{
    if (f->pad > f->left) { /* RFC 9113 6.1, 6.2 */
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame of a wrong length"));
    }
    f->left = (uint16_t)(f->left - f->pad);
    f->state = PAYLOAD;
    return STOP;
}

/* The fields of a HEADERS before its payload, without the length of the padding. */
static int begin_priority(struct midge__h2_frame *f)
{
    if (f->type != MIDGE__H2_TYPE_HEADERS || !has_flag(f, MIDGE__H2_FLAG_PRIORITY)) {
        return begin_payload(f);
    }
    return f->left < PRIORITY_SIZE ? wrong_size(f) : gather(f, WAIT_PRIORITY, PRIORITY_SIZE);
}

static int begin_padded(struct midge__h2_frame *f)
{
    if (!has_flag(f, MIDGE__H2_FLAG_PADDED)) {
        return begin_priority(f);
    }
    return f->left == 0 ? wrong_size(f) : gather(f, WAIT_PAD, 1);
}

static int begin_settings(struct midge__h2_frame *f)
{
    if (has_flag(f, MIDGE__H2_FLAG_ACK) ? f->left != 0 : f->left % SETTING_SIZE != 0) {
        return wrong_size(f);
    }
    f->state = SKIP;
    return f->left != 0 ? gather(f, WAIT_SMALL, SETTING_SIZE) : STOP;
}

/* Of types that have only fields of fixed size; unknown ones are ignored (RFC 9113 4.1). */
static int begin_small(struct midge__h2_frame *f)
{
    static const uint8_t sizes[] = {0, 0, PRIORITY_SIZE, 4, 0, 0, 8, 8, 4}; /* by type */
    const unsigned size = f->type < sizeof sizes ? sizes[f->type] : 0;
    const bool is_longer = f->type == MIDGE__H2_TYPE_GOAWAY && f->left > size;
    f->state = SKIP;
    if (size == 0) {
        return STOP;
    }
    return f->left == size || is_longer ? gather(f, WAIT_SMALL, size) : wrong_size(f);
}

/* The part behind the head begins. */
static int begin(struct midge__h2_frame *f)
{
    switch (f->type) {
    case MIDGE__H2_TYPE_DATA:
    case MIDGE__H2_TYPE_HEADERS:
        f->in_block = f->type == MIDGE__H2_TYPE_HEADERS;
        return begin_padded(f);
    case MIDGE__H2_TYPE_CONTINUATION:
        return begin_payload(f);
    case MIDGE__H2_TYPE_SETTINGS:
        return begin_settings(f);
    case MIDGE__H2_TYPE_PUSH_PROMISE: /* RFC 9113 6.6, 8.4 */
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("frame out of place"));
    default:
        return begin_small(f);
    }
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
    if (got == STOP && f->type <= MIDGE__H2_TYPE_CONTINUATION) {
        got = check_stream(f);
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

static int on_setting(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    event->setting = (uint16_t)(f->small[0] << 8 | f->small[1]);
    event->value = get32(f->small + 2);
    if (f->left != 0) {
        (void)gather(f, WAIT_SMALL, SETTING_SIZE);
    }
    event->kind = MIDGE__H2_SETTING;
    return check_setting(f, event->setting, event->value);
}

static int on_window_update(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    event->value = get31(f->small);
    if (event->value == 0 && f->stream == 0) {
        return fail(f, MIDGE__H2_PROTOCOL_ERROR, MIDGE__RARE_TEXT("value out of range"));
    }
    return stop(event, MIDGE__H2_WINDOW_UPDATE);
}

static int on_small(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    f->left = (uint16_t)(f->left - f->need);
    f->state = SKIP;
    switch (f->type) {
    case MIDGE__H2_TYPE_SETTINGS:
        return on_setting(f, event);
    case MIDGE__H2_TYPE_WINDOW_UPDATE:
        return on_window_update(f, event);
    case MIDGE__H2_TYPE_PING:
        event->data = f->small;
        event->len = 8;
        return stop(event, has_flag(f, MIDGE__H2_FLAG_ACK) ? MIDGE__H2_PONG : MIDGE__H2_PING);
    case MIDGE__H2_TYPE_GOAWAY:
        event->last = get31(f->small);
        event->value = get32(f->small + 4);
        return stop(event, MIDGE__H2_GOAWAY);
    case MIDGE__H2_TYPE_RST_STREAM:
        event->value = get32(f->small);
        return stop(event, MIDGE__H2_RST_STREAM);
    default: /* PRIORITY */
        return GO;
    }
}

MIDGE__APART static int on_gathered(struct midge__h2_frame *f, struct midge__h2_event *event)
{
    int got;
    switch (f->state) {
    case WAIT_HEAD:
        event->kind = MIDGE__H2_FRAME;
        return on_head(f);
    case WAIT_SMALL:
        return on_small(f, event);
    case WAIT_PAD:
        f->pad = f->small[0];
        f->left--;
        got = begin_priority(f);
        break;
    default:
        f->left -= PRIORITY_SIZE;
        got = begin_payload(f);
    }
    return got == STOP ? GO : got;
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
    return len == want ? on_gathered(f, event) : STOP;
}

void midge__h2_frame_init(struct midge__h2_frame *f)
{
    *f = (struct midge__h2_frame){.idle = 1};
    (void)gather(f, WAIT_HEAD, MIDGE__H2_FRAME_HEAD);
}

int midge__h2_frame_read(struct midge__h2_frame *f, const uint8_t *in, size_t len, size_t *used,
                         struct midge__h2_event *event)
{
    const uint8_t *at = in, *const end = in + len;
    int got = f->code == MIDGE__H2_NO_ERROR ? GO : MIDGE_ERR_PROTOCOL;
    *event = (struct midge__h2_event){.kind = MIDGE__H2_NEED_MORE};
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
