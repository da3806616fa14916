/* SPDX-License-Identifier: MIT */
/*
 * state            waits for                           leads to
 * BOM, BOM_2, _3   a byte order mark or a value        WAIT_VALUE
 * WAIT_VALUE       a value                             a state below, FIRST_VALUE, FIRST_NAME
 * WAIT_FIRST_VALUE a value or ']'                      the same, WAIT_NEXT
 * WAIT_FIRST_NAME  a name's '"' or '}'                 STRING, WAIT_NEXT
 * WAIT_NAME        a name's '"'                        STRING
 * WAIT_COLON       ':'                                 WAIT_VALUE
 * WAIT_NEXT        ',' or the closing bracket;         WAIT_VALUE, WAIT_NAME, WAIT_NEXT
 *                  at the top nothing: complete
 * STRING           a character or '"'                  the next four, WAIT_COLON, WAIT_NEXT
 * UTF8             the rest of a character             STRING
 * ESCAPE           the character after a backslash     STRING, HEX
 * HEX              four digits                         STRING, PAIR
 * PAIR, PAIR_U     the low surrogate's "\u"            HEX
 * LITERAL          the rest of true, false or null     WAIT_NEXT
 * MINUS .. POWER   the rest of a number                WAIT_NEXT, with a byte that is not its own
 * FAILED           nothing                             -
 *
 * json_path.c finds the paths that match. Sets of paths are bit masks: hits, the paths that the
 * current name or value still matches; due, the paths to report.
 */
#include "codec/json_scan.h"

#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "codec/json_path.h"
#include "midge/err.h"

#if MIDGE_WITH_JSON

enum {
    BOM,
    BOM_2,
    BOM_3,
    WAIT_VALUE, /* from here to WAIT_NEXT white space may come first */
    WAIT_FIRST_VALUE,
    WAIT_FIRST_NAME,
    WAIT_NAME,
    WAIT_COLON,
    WAIT_NEXT,
    STRING,
    UTF8,
    ESCAPE,
    HEX,
    PAIR,
    PAIR_U,
    LITERAL,
    MINUS, /* from here on numbers, RFC 8259 6, named after the part read last */
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    EXPONENT,
    SIGN,
    POWER,
    FAILED
};

/* Results of the functions that take a byte; errors are negative. */
enum { TAKEN, NOT_MINE };

#define REPLACEMENT 0xfffd /* the character U+FFFD, in place of invalid ones */

#define NAME 0xff /* scan.type while a member's name is read */

#define ROOM_LEAST                                                                                 \
    6 /* most bytes that one byte of input adds: U+FFFD and another of three bytes, end_hex */

/* scan.part: which part of its value the text is. */
enum { WHOLE, BEGINNING, PIECE };

static const char literals[][6] = {
    [MIDGE_JSON_NULL] = "null", [MIDGE_JSON_FALSE] = "false", [MIDGE_JSON_TRUE] = "true"};

static int go(struct midge__json_scan *s, uint8_t state)
{
    s->state = state;
    return TAKEN;
}

/* ---- members and elements of the open container ---- */

static bool in_object(const struct midge__json_scan *s)
{
    return (s->objects & 1) != 0;
}

/* Counts the next element. Containers deeper than any path are not counted: nothing in them is
   reported. */
static void count_element(struct midge__json_scan *s)
{
    if (s->depth <= MIDGE_JSON_FILTER_STEPS)
        s->index[s->depth - 1]++;
}

/* ---- containers open and close ---- */

/* Begins a name or value, or reports the end of a container. */
static int begin(struct midge__json_scan *s, uint8_t type, uint8_t state)
{
    s->type = type;
    s->len = 0;
    s->part = WHOLE;
    return go(s, state);
}

static int open_container(struct midge__json_scan *s, bool object)
{
    if (s->depth == s->max_depth)
        return MIDGE_ERR_JSON;
    s->due = midge__json_paths_enter(s);
    if (s->depth < MIDGE_JSON_FILTER_STEPS)
        s->index[s->depth] = 0;
    s->objects = s->objects << 1 | object;
    s->depth++;
    return object ? begin(s, MIDGE_JSON_OBJECT, WAIT_FIRST_NAME)
                  : begin(s, MIDGE_JSON_ARRAY, WAIT_FIRST_VALUE);
}

static int close_container(struct midge__json_scan *s)
{
    s->depth--;
    s->objects >>= 1;
    s->due = midge__json_paths_leave(s);
    return begin(s, MIDGE_JSON_END, WAIT_NEXT);
}

/* ---- names and texts ---- */

static void put_byte(struct midge__json_scan *s, char c)
{
    if (s->type == NAME)
        s->hits = midge__json_paths_name_goes_on(s, c);
    else
        s->text[s->len] = c;
    s->len++;
}

/* How many bytes follow the first byte of the character in UTF-8. */
static unsigned utf8_more(uint32_t code)
{
    return 0u + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
}

/* Adds a character of a name, string or number, if a path still matches it. */
static int put(struct midge__json_scan *s, uint32_t code)
{
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned more = utf8_more(code);
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

/* Begins the next piece when all paths have got this one. */
static void next_piece(struct midge__json_scan *s)
{
    if (s->part == PIECE && s->due == 0) {
        s->part = WHOLE;
        s->len = 0;
    }
}

/* ---- numbers, RFC 8259 6 ---- */

/* The state after this byte; FAILED: it is not allowed here; WAIT_NEXT: the number ended before
   it. */
static uint8_t number_state(uint8_t state, char c)
{
    static const uint8_t behind_digit[] = {INTEGER,  WAIT_NEXT, INTEGER, FRACTION,
                                           FRACTION, POWER,     POWER,   POWER};
    if (midge__is_digit(c))
        return state == MINUS && c == '0' ? ZERO : behind_digit[state - MINUS];
    if (state == EXPONENT && (c == '+' || c == '-'))
        return SIGN;
    if (state != ZERO && state != INTEGER && state != FRACTION)
        return state == POWER ? WAIT_NEXT : FAILED;
    if (midge__lower(c) == 'e')
        return EXPONENT;
    return c == '.' && state != FRACTION ? POINT : WAIT_NEXT;
}

static int end_scalar(struct midge__json_scan *s)
{
    s->due = s->hits;
    return go(s, WAIT_NEXT);
}

static int on_number(struct midge__json_scan *s, char c)
{
    uint8_t state = number_state(s->state, c);
    if (state == FAILED)
        return MIDGE_ERR_JSON;
    if (state == WAIT_NEXT) {
        (void)end_scalar(s);
        return NOT_MINE;
    }
    s->state = state;
    return put(s, (uint8_t)c);
}

/* ---- between tokens ---- */

static int on_literal(struct midge__json_scan *s, char c)
{
    const char *rest = literals[s->type] + s->len;
    if (c != rest[0])
        return MIDGE_ERR_JSON;
    s->len++;
    return rest[1] == '\0' ? end_scalar(s) : TAKEN;
}

static int on_scalar(struct midge__json_scan *s, char c)
{
    s->hits = midge__json_paths_end_here(s);
    if (c == '"')
        return begin(s, MIDGE_JSON_STRING, STRING);
    for (uint8_t type = MIDGE_JSON_NULL; type <= MIDGE_JSON_TRUE; type++) {
        if (c == literals[type][0]) {
            (void)begin(s, type, LITERAL);
            return on_literal(s, c);
        }
    }
    (void)begin(s, MIDGE_JSON_NUMBER, MINUS);
    return c == '-' ? put(s, (uint8_t)c) : on_number(s, c);
}

static int on_value(struct midge__json_scan *s, char c)
{
    if (s->depth == 0)
        s->hits = midge__json_paths_all(s);
    else if (!in_object(s)) /* else the name has set the hits */
        s->hits = midge__json_paths_element(s);
    return c == '{' || c == '[' ? open_container(s, c == '{') : on_scalar(s, c);
}

static int on_name(struct midge__json_scan *s, char c)
{
    if (c != '"')
        return MIDGE_ERR_JSON;
    s->hits = midge__json_paths_member(s);
    return begin(s, NAME, STRING);
}

static int on_next(struct midge__json_scan *s, char c)
{
    if (s->depth == 0)
        return MIDGE_ERR_JSON;
    bool object = in_object(s);
    if (c == (object ? '}' : ']'))
        return close_container(s);
    if (c != ',')
        return MIDGE_ERR_JSON;
    if (object)
        return go(s, WAIT_NAME);
    count_element(s);
    return go(s, WAIT_VALUE);
}

static int on_token(struct midge__json_scan *s, char c)
{
    switch (s->state) {
    case WAIT_FIRST_VALUE:
        return c == ']' ? close_container(s) : on_value(s, c);
    case WAIT_VALUE:
        return on_value(s, c);
    case WAIT_FIRST_NAME:
        return c == '}' ? close_container(s) : on_name(s, c);
    case WAIT_NAME:
        return on_name(s, c);
    case WAIT_COLON:
        return c == ':' ? go(s, WAIT_VALUE) : MIDGE_ERR_JSON;
    default:
        return on_next(s, c);
    }
}

/* ---- strings, RFC 8259 7 and RFC 3629 ---- */

static int put_string(struct midge__json_scan *s, uint32_t code)
{
    s->state = STRING;
    return put(s, code);
}

static int end_string(struct midge__json_scan *s)
{
    if (s->type != NAME)
        return end_scalar(s);
    s->hits = midge__json_paths_name_ends(s);
    return go(s, WAIT_COLON);
}

static int begin_utf8(struct midge__json_scan *s, uint8_t byte)
{
    if (byte < 0xc2 || byte > 0xf4)
        return MIDGE_ERR_JSON;
    s->more = (uint8_t)(1 + (byte >= 0xe0) + (byte >= 0xf0));
    s->size = s->more;
    s->code = byte & (0x3fu >> s->more);
    return go(s, UTF8);
}

static bool is_surrogate(uint32_t code, uint32_t first)
{
    return code >= first && code < first + 0x400;
}

static int on_utf8(struct midge__json_scan *s, uint8_t byte)
{
    if ((byte & 0xc0) != 0x80)
        return MIDGE_ERR_JSON;
    s->code = s->code << 6 | (byte & 0x3f);
    if (--s->more > 0)
        return TAKEN;
    if (s->size != utf8_more(s->code) || s->code > 0x10ffff || is_surrogate(s->code, 0xd800) ||
        is_surrogate(s->code, 0xdc00))
        return MIDGE_ERR_JSON;
    return put_string(s, s->code);
}

static int on_string(struct midge__json_scan *s, char c)
{
    uint8_t byte = (uint8_t)c;
    if (c == '"')
        return end_string(s);
    if (c == '\\') {
        s->code = 0;
        return go(s, ESCAPE);
    }
    if (byte >= 0x80)
        return begin_utf8(s, byte);
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

/* A surrogate pair is one character. Half of a pair is not a character, and a NUL would end the
   text for its readers: both become U+FFFD. */
static int end_hex(struct midge__json_scan *s)
{
    uint32_t high = s->code >> 16, unit = s->code & 0xffff;
    bool low = is_surrogate(unit, 0xdc00);
    if (high != 0 && low) {
        return put_string(s, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    }
    int err = high != 0 ? put(s, REPLACEMENT) : TAKEN;
    if (err < 0) {
        return err;
    }
    s->code = unit;
    if (is_surrogate(unit, 0xd800)) {
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
    int err = put(s, REPLACEMENT);
    if (err < 0) {
        return err;
    }
    s->code = 0;
    s->state = escape ? ESCAPE : STRING;
    return NOT_MINE;
}

/* ---- all together ---- */

/* RFC 8259 8.1: a byte order mark may be ignored. */
static int on_bom(struct midge__json_scan *s, char c)
{
    if (c == "\xef\xbb\xbf"[s->state]) {
        s->state++;
        return TAKEN;
    }
    if (s->state != BOM) {
        return MIDGE_ERR_JSON;
    }
    s->state = WAIT_VALUE;
    return NOT_MINE;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int on_byte(struct midge__json_scan *s, char c)
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
    case PAIR:
    case PAIR_U:
        return on_pair(s, c);
    case LITERAL:
        return on_literal(s, c);
    case FAILED:
        return s->error;
    case BOM:
    case BOM_2:
    case BOM_3:
        return on_bom(s, c);
    default:
        if (s->state >= MINUS)
            return on_number(s, c);
        return is_space(c) ? TAKEN : on_token(s, c);
    }
}

/* Number of the element in the innermost array around the value. */
static uint32_t element_index(const struct midge__json_scan *s)
{
    unsigned opened = s->type == MIDGE_JSON_ARRAY || s->type == MIDGE_JSON_OBJECT;
    unsigned depth = s->depth - opened;
    uint32_t objects = s->objects >> opened;
    for (; depth > 0 && (objects & 1) != 0; depth--)
        objects >>= 1;
    return depth > 0 ? s->index[depth - 1] : 0;
}

/* Fills in the value for the first path that is due, and removes that path from s->due. */
static int report(struct midge__json_scan *s, struct midge_json_value *value)
{
    unsigned path = 0;
    while ((s->due >> path & 1) == 0)
        path++;
    s->due &= (uint8_t)(s->due - 1);
    bool literal = s->type <= MIDGE_JSON_TRUE;
    if (!literal)
        s->text[s->len] = '\0';
    *value = (struct midge_json_value){.text = literal ? literals[s->type] : s->text,
                                       .len = s->len,
                                       .index = element_index(s),
                                       .path = (uint8_t)path,
                                       .type = s->type,
                                       .truncated = s->part == BEGINNING,
                                       .more = s->part == PIECE};
    return MIDGE__JSON_VALUE;
}

/* At the end of the document: a number may end there, anything else must have ended before. */
static int on_end(struct midge__json_scan *s)
{
    if (s->state >= MINUS && s->state < FAILED)
        (void)on_number(s, ' ');
    return s->state == WAIT_NEXT && s->depth == 0 ? MIDGE_OK : s->error;
}

/* A character that stands for itself in a string. */
static bool is_plain(char c)
{
    return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\';
}

int midge__json_scan(struct midge__json_scan *s, struct midge_span *in,
                     struct midge_json_value *value)
{
    int got = in->ptr != NULL ? TAKEN : on_end(s);
    next_piece(s);
    while (s->due == 0 && in->len > 0 && got >= 0) {
        if (s->state == STRING && s->hits == 0 && is_plain(*in->ptr)) {
            in->ptr++; /* most of a document is such text: skip the slower functions below */
            in->len--;
            continue;
        }
        got = on_byte(s, *in->ptr);
        if (got == TAKEN) {
            in->ptr++;
            in->len--;
        }
    }
    if (got < 0) {
        s->state = FAILED;
        s->error = (int8_t)got;
        return got;
    }
    return s->due != 0 ? report(s, value) : MIDGE_OK;
}

int midge__json_scan_init(struct midge__json_scan *s, const char *const *paths, size_t n,
                          char *text, size_t cap)
{
    bool good = n <= MIDGE_JSON_FILTER_PATHS && paths != NULL && text != NULL && cap > 0;
    *s = (struct midge__json_scan){.max_depth = MIDGE_JSON_FILTER_DEPTH,
                                   .error = MIDGE_ERR_JSON,
                                   .cap = cap,
                                   .text = text,
                                   .paths = paths};
    for (; good && s->n < n; s->n++)
        good = midge__json_path_ok(paths[s->n]);
    return good ? MIDGE_OK : MIDGE_ERR_INVALID;
}

#endif
