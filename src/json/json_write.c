/* SPDX-License-Identifier: MIT */
/*
 * Each value passes before_value, which checks that a value may stand here and writes the comma.
 * The open containers are a stack of bits. Bytes that do not fit are only counted, so the length of
 * the whole document is known at its end. After a wrong call nothing more is written.
 */
#include "midge/json_write.h"

#include <math.h>
#include <string.h>

#include "base/span.h"
#include "codec/utf8.h"
#include "json/json_double.h"
#include "json/json_escape.h"
#include "midge/err.h"
#include "midge/json.h"

#if MIDGE_WITH_JSON

/* ---- bytes ---- */

static void put(struct midge_json_writer *w, const char *bytes, size_t n)
{
    if (w->len < w->cap && n < w->cap - w->len) {
        memcpy(w->out + w->len, bytes, n);
    }
    w->wrong = w->wrong || n > SIZE_MAX - w->len;
    w->len += n;
}

static void put_char(struct midge_json_writer *w, char c)
{
    put(w, &c, 1);
}

static void put_escaped(struct midge_json_writer *w, char c)
{
    char escaped[6];
    put(w, escaped, midge__json_escape(c, escaped));
}

static void put_quoted(struct midge_json_writer *w, const char *text, size_t len)
{
    uint32_t code = 0;
    put_char(w, '"');
    for (; len > 0 && !w->wrong; len--) {
        w->wrong = !midge__utf8_next(&code, (uint8_t)*text);
        put_escaped(w, *text++);
    }
    w->wrong = w->wrong || midge__utf8_is_open(code);
    put_char(w, '"');
}

/* ---- order ---- */

static bool in_object(const struct midge_json_writer *w)
{
    return w->depth > 0 && (w->objects & 1) != 0;
}

/* Separates the next member or element from the one before it. */
static void put_comma(struct midge_json_writer *w)
{
    if (!w->first) {
        put_char(w, ',');
    }
    w->first = false;
}

/* False: no value may stand here, or `given` is false: the value is none. */
static bool before_value(struct midge_json_writer *w, bool given)
{
    bool after_top = w->depth == 0 && !w->first;
    if (w->wrong || !given || after_top || (in_object(w) && !w->keyed)) {
        w->wrong = true;
        return false;
    }
    if (!w->keyed) {
        put_comma(w);
    }
    w->keyed = false;
    return true;
}

static void begin(struct midge_json_writer *w, bool object)
{
    if (before_value(w, w->depth < MIDGE_JSON_WRITE_DEPTH)) {
        put_char(w, object ? '{' : '[');
        w->objects = w->objects << 1 | object;
        w->depth++;
        w->first = true;
    }
}

static void end(struct midge_json_writer *w, bool object)
{
    if (w->wrong || w->depth == 0 || in_object(w) != object || w->keyed) {
        w->wrong = true;
        return;
    }
    put_char(w, object ? '}' : ']');
    w->objects >>= 1;
    w->depth--;
    w->first = false;
}

/* ---- public ---- */

void midge_json_write_begin(struct midge_json_writer *w, char *out, size_t cap)
{
    *w = (struct midge_json_writer){
        .out = out, .cap = cap, .first = true, .wrong = out == NULL && cap > 0};
}

int midge_json_write_end(struct midge_json_writer *w, size_t *len)
{
    w->wrong = w->wrong || w->depth > 0 || w->first;
    const bool fits = w->len < w->cap && !w->wrong;
    if (w->out != NULL && w->cap > 0) {
        w->out[fits ? w->len : 0] = '\0';
    }
    if (len != NULL) {
        *len = w->wrong ? 0 : w->len;
    }
    return w->wrong ? MIDGE_ERR_INVALID : fits ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
}

void midge_json_begin_object(struct midge_json_writer *w)
{
    begin(w, true);
}

void midge_json_end_object(struct midge_json_writer *w)
{
    end(w, true);
}

void midge_json_begin_array(struct midge_json_writer *w)
{
    begin(w, false);
}

void midge_json_end_array(struct midge_json_writer *w)
{
    end(w, false);
}

void midge_json_put_key(struct midge_json_writer *w, const char *key)
{
    if (w->wrong || key == NULL || !in_object(w) || w->keyed) {
        w->wrong = true;
        return;
    }
    put_comma(w);
    put_quoted(w, key, strlen(key));
    put_char(w, ':');
    w->keyed = true;
}

void midge_json_put_text(struct midge_json_writer *w, const char *text, size_t len)
{
    if (before_value(w, text != NULL)) {
        put_quoted(w, text, len);
    }
}

void midge_json_put_string(struct midge_json_writer *w, const char *text)
{
    midge_json_put_text(w, text, text != NULL ? strlen(text) : 0);
}

void midge_json_put_raw(struct midge_json_writer *w, const char *json, size_t len)
{
    if (before_value(w, json != NULL && len > 0)) {
        put(w, json, len);
    }
}

static void put_word(struct midge_json_writer *w, const char *word)
{
    midge_json_put_raw(w, word, strlen(word));
}

void midge_json_put_bool(struct midge_json_writer *w, bool value)
{
    put_word(w, value ? "true" : "false");
}

void midge_json_put_null(struct midge_json_writer *w)
{
    put_word(w, "null");
}

void midge_json_put_int(struct midge_json_writer *w, int64_t value)
{
    char text[1 + MIDGE__U64_DIGITS] = "-";
    size_t sign = value < 0;
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    midge_json_put_raw(w, text, sign + midge__u64_text(text + sign, size));
}

void midge_json_put_double(struct midge_json_writer *w, double value)
{
    char text[MIDGE__JSON_DOUBLE_TEXT];
    midge_json_put_raw(w, text, isfinite(value) ? midge__json_double_text(text, value) : 0);
}

int midge_json_quote(char *out, size_t cap, size_t *len, const char *text)
{
    struct midge_json_writer w;
    if (out == NULL || text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    midge_json_write_begin(&w, out, cap);
    put_char(&w, '"');
    while (*text != '\0') { /* also text that is not UTF-8 */
        put_escaped(&w, *text++);
    }
    put_char(&w, '"');
    w.first = false;
    return midge_json_write_end(&w, len);
}

#endif
