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
 * json_string.c has the states STRING to PAIR_U. json_path.c finds the paths that match. Sets of
 * paths are bit masks: hits, the paths that the current name or value still matches; due, the paths
 * to report.
 */
#include "codec/json_scan.h"

#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "codec/json_path.h"
#include "codec/json_state.h"
#include "midge/err.h"

#if MIDGE_WITH_JSON

static const char literals[][6] = {
    [MIDGE_JSON_NULL] = "null", [MIDGE_JSON_FALSE] = "false", [MIDGE_JSON_TRUE] = "true"};

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
    return midge__json_put(s, (uint8_t)c);
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
    return c == '-' ? midge__json_put(s, (uint8_t)c) : on_number(s, c);
}

static int on_value(struct midge__json_scan *s, char c)
{
    if (s->depth == 0)
        s->hits = (uint8_t)((1u << s->n) - 1); /* all */
    else if (!in_object(s))                    /* else the name has set the hits */
        s->hits = midge__json_paths_next(s, false);
    return c == '{' || c == '[' ? open_container(s, c == '{') : on_scalar(s, c);
}

static int on_name(struct midge__json_scan *s, char c)
{
    if (c != '"')
        return MIDGE_ERR_JSON;
    s->hits = midge__json_paths_next(s, true);
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
    case UTF8:
    case ESCAPE:
    case HEX:
    case PAIR:
    case PAIR_U:
        return midge__json_string(s, c);
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

/* Begins the next piece when all paths have got this one. */
static void next_piece(struct midge__json_scan *s)
{
    if (s->part == PIECE && s->due == 0) {
        s->part = WHOLE;
        s->len = 0;
    }
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
