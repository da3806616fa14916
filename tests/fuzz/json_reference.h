/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on what is JSON (RFC 8259), for tests: written from the grammar, over a whole
 * text, recursive. As midge/json.h says: UTF-8, a byte order mark at the start is skipped, at most
 * MIDGE_JSON_FILTER_DEPTH nested arrays and objects.
 */
#ifndef FUZZ_JSON_REFERENCE_H
#define FUZZ_JSON_REFERENCE_H

#include "fuzz.h"

#include "midge/json.h"

struct json_reference {
    const char *at, *end;
    bool half_pair; /* a surrogate alone, or \u0000: cJSON reads it otherwise or not at all */
};

static inline bool json_next(struct json_reference *r, char c)
{
    bool is = r->at < r->end && *r->at == c;
    r->at += is;
    return is;
}

static inline void json_space(struct json_reference *r)
{
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4) != NULL) {
        r->at++;
    }
}

static inline bool json_word(struct json_reference *r, const char *word)
{
    size_t len = strlen(word);
    bool is = (size_t)(r->end - r->at) >= len && memcmp(r->at, word, len) == 0;
    r->at += is ? len : 0;
    return is;
}

static inline size_t json_digits(struct json_reference *r)
{
    size_t n = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        n++;
    }
    return n;
}

static inline bool json_number(struct json_reference *r)
{
    (void)json_next(r, '-');
    if (!json_next(r, '0') && json_digits(r) == 0) {
        return false;
    }
    if (json_next(r, '.') && json_digits(r) == 0) {
        return false;
    }
    if (json_next(r, 'e') || json_next(r, 'E')) {
        (void)(json_next(r, '+') || json_next(r, '-'));
        return json_digits(r) > 0;
    }
    return true;
}

/* Four hex digits; -1: not so. */
static inline int json_unit(struct json_reference *r)
{
    int unit = 0;
    for (unsigned i = 0; i < 4; i++, r->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = r->at < r->end ? memchr(digits, *r->at, 32) : NULL;
        if (digit == NULL) {
            return -1;
        }
        unit = unit << 4 | (int)(digit - digits) % 16;
    }
    return unit;
}

static inline bool json_escape(struct json_reference *r)
{
    if (!json_next(r, 'u')) {
        return r->at < r->end && memchr("\"\\/bfnrt", *r->at++, 8) != NULL;
    }
    int unit = json_unit(r);
    bool pair = unit >= 0xd800 && unit < 0xdc00 && r->end - r->at >= 6 &&
                memcmp(r->at, "\\u", 2) == 0 && strchr("dD", r->at[2]) != NULL &&
                memchr("cdefCDEF", r->at[3], 8) != NULL;
    if (pair) {
        r->at += 2;
        return json_unit(r) >= 0;
    }
    r->half_pair = r->half_pair || unit == 0 || (unit >= 0xd800 && unit < 0xe000);
    return unit >= 0;
}

/* One character beyond ASCII, RFC 3629 4. */
static inline bool json_utf8(struct json_reference *r)
{
    static const struct {
        uint8_t first, last, low, high, more;
    } rows[] = {{0xc2, 0xdf, 0x80, 0xbf, 0}, {0xe0, 0xe0, 0xa0, 0xbf, 1},
                {0xe1, 0xec, 0x80, 0xbf, 1}, {0xed, 0xed, 0x80, 0x9f, 1},
                {0xee, 0xef, 0x80, 0xbf, 1}, {0xf0, 0xf0, 0x90, 0xbf, 2},
                {0xf1, 0xf3, 0x80, 0xbf, 2}, {0xf4, 0xf4, 0x80, 0x8f, 2}};
    const uint8_t *b = (const uint8_t *)r->at;
    size_t left = (size_t)(r->end - r->at);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (b[0] >= rows[i].first && b[0] <= rows[i].last) {
            bool ok = left >= 2U + rows[i].more && b[1] >= rows[i].low && b[1] <= rows[i].high;
            for (size_t k = 2; ok && k < 2U + rows[i].more; k++) {
                ok = (b[k] & 0xc0) == 0x80;
            }
            r->at += ok ? 2 + rows[i].more : 0;
            return ok;
        }
    }
    return false;
}

static inline bool json_string(struct json_reference *r)
{
    bool ok = json_next(r, '"');
    while (ok && !json_next(r, '"')) {
        if (json_next(r, '\\')) {
            ok = json_escape(r);
        } else if (r->at < r->end && (unsigned char)*r->at >= 0x80) {
            ok = json_utf8(r);
        } else {
            ok = r->at < r->end && (unsigned char)*r->at >= 0x20;
            r->at += ok;
        }
    }
    return ok;
}

static inline bool json_value(struct json_reference *r, unsigned depth);

static inline bool json_member(struct json_reference *r, bool object, unsigned depth)
{
    json_space(r);
    if (object && (!json_string(r) || (json_space(r), !json_next(r, ':')))) {
        return false;
    }
    return json_value(r, depth);
}

static inline bool json_container(struct json_reference *r, char close, unsigned depth)
{
    if (depth > MIDGE_JSON_FILTER_DEPTH) {
        return false;
    }
    json_space(r);
    if (json_next(r, close)) {
        return true;
    }
    do {
        if (!json_member(r, close == '}', depth)) {
            return false;
        }
    } while (json_next(r, ','));
    return json_next(r, close);
}

static inline bool json_value(struct json_reference *r, unsigned depth)
{
    json_space(r);
    char c = r->at < r->end ? *r->at : '\0';
    bool ok = c == '"'   ? json_string(r)
              : c == '{' ? json_container((r->at++, r), '}', depth + 1)
              : c == '[' ? json_container((r->at++, r), ']', depth + 1)
              : c == 't' ? json_word(r, "true")
              : c == 'f' ? json_word(r, "false")
              : c == 'n' ? json_word(r, "null")
                         : json_number(r);
    json_space(r);
    return ok;
}

static inline bool json_document(struct json_reference *r)
{
    (void)json_word(r, "\xef\xbb\xbf");
    return json_value(r, 0) && r->at == r->end;
}

#endif
