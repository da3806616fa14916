/* SPDX-License-Identifier: MIT */
/* Names and strings of a JSON document: the characters, and the texts that are kept of them. */
#include "codec/json_state.h"

#include <string.h>

#include "base/span.h"
#include "codec/json_path.h"
#include "codec/utf8.h"
#include "midge/err.h"

#if MIDGE_WITH_JSON

#define REPLACEMENT 0xfffd /* the character U+FFFD, in place of invalid ones */

#define ROOM_LEAST                                                                                 \
    6 /* most bytes that one byte of input adds: U+FFFD and another of three bytes, end_hex */

/* ---- names and texts ---- */

static void put_byte(struct midge__json_scan *s, char c)
{
    if (s->type == NAME)
        s->hits = midge__json_paths_name(s, c);
    else
        s->text[s->len] = c;
    s->len++;
}

int midge__json_put(struct midge__json_scan *s, uint32_t code)
{
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned more = midge__utf8_more(code);
    if (s->hits == 0)
        return TAKEN;
    /* A character is added whole or not at all, and nothing is added after a cut. */
    if (s->type != NAME && (s->part == BEGINNING || more >= s->cap - 1 - s->len)) {
        s->part = BEGINNING;
        return s->longer == MIDGE__JSON_CUT ? TAKEN : MIDGE_ERR_TOO_LARGE;
    }
    put_byte(s, (char)(first[more] | code >> 6 * more));
    while (more-- > 0)
        put_byte(s, (char)(0x80 | (code >> 6 * more & 0x3f)));
    if (s->longer == MIDGE__JSON_IN_PIECES && s->type == MIDGE_JSON_STRING &&
        s->cap - 1 - s->len < ROOM_LEAST) {
        s->part = PIECE; /* the next character may not fit */
        s->due = s->hits;
    }
    return TAKEN;
}

/* ---- strings, RFC 8259 7 and RFC 3629 ---- */

static int put_string(struct midge__json_scan *s, uint32_t code)
{
    s->state = STRING;
    return midge__json_put(s, code);
}

static int end_string(struct midge__json_scan *s)
{
    if (s->type != NAME)
        return end_scalar(s);
    s->hits = midge__json_paths_name(s, '\0');
    return go(s, WAIT_COLON);
}

static int on_utf8(struct midge__json_scan *s, uint8_t byte)
{
    if (!midge__utf8_next(&s->code, byte))
        return MIDGE_ERR_JSON;
    return midge__utf8_is_open(s->code) ? go(s, UTF8) : put_string(s, s->code);
}

static int on_string(struct midge__json_scan *s, char c)
{
    uint8_t byte = (uint8_t)c;
    if (c == '"')
        return end_string(s);
    s->code = 0;
    if (c == '\\')
        return go(s, ESCAPE);
    if (byte >= 0x80)
        return on_utf8(s, byte);
    return byte < 0x20 ? MIDGE_ERR_JSON : put_string(s, byte);
}

static int await_hex(struct midge__json_scan *s)
{
    s->more = 4;
    return go(s, HEX);
}

static int on_escape(struct midge__json_scan *s, char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (c == 'u')
        return await_hex(s);
    const char *at = memchr(from, c, sizeof from - 1);
    return at != NULL ? put_string(s, (uint8_t)to[at - from]) : MIDGE_ERR_JSON;
}

#define IS_HIGH(unit) ((unit) >> 10 == 0xd800 >> 10)
#define IS_LOW(unit)  ((unit) >> 10 == 0xdc00 >> 10)

/* A surrogate pair is one character. Half of a pair is not a character, and a NUL would end the
   text for its readers: both become U+FFFD. */
static int end_hex(struct midge__json_scan *s)
{
    uint32_t high = s->code >> 16, unit = s->code & 0xffff;
    bool low = IS_LOW(unit);
    if (high != 0 && low) {
        return put_string(s, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    }
    int err = high != 0 ? midge__json_put(s, REPLACEMENT) : TAKEN;
    if (err < 0) {
        return err;
    }
    s->code = unit;
    if (IS_HIGH(unit)) {
        return go(s, PAIR);
    }
    return put_string(s, low || unit == 0 ? REPLACEMENT : unit);
}

/* The four digits of a low surrogate complete the high one. */
static int on_hex(struct midge__json_scan *s, char c)
{
    int digit = midge__hex_value(c);
    if (digit < 0)
        return MIDGE_ERR_JSON;
    s->code = s->code << 4 | (uint32_t)digit;
    return --s->more > 0 ? TAKEN : end_hex(s);
}

static int on_pair(struct midge__json_scan *s, char c)
{
    bool escape = s->state == PAIR_U;
    if (c == (escape ? 'u' : '\\')) {
        return escape ? await_hex(s) : go(s, PAIR_U);
    }
    int err = midge__json_put(s, REPLACEMENT);
    if (err < 0) {
        return err;
    }
    s->code = 0;
    s->state = escape ? ESCAPE : STRING;
    return NOT_MINE;
}

int midge__json_string(struct midge__json_scan *s, char c)
{
    switch (s->state) {
    case STRING:
        return on_string(s, c);
    case UTF8:
        return on_utf8(s, (uint8_t)c);
    case ESCAPE:
        return on_escape(s, c);
    case HEX:
        return on_hex(s, c);
    default:
        return on_pair(s, c);
    }
}

#endif
