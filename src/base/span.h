/* SPDX-License-Identifier: MIT */
/* Helpers on spans of text. ASCII only, whatever the locale: protocols know no other case. */
#ifndef MIDGE__SPAN_H
#define MIDGE__SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "midge/span.h"

/* A span of a string literal. */
#define MIDGE__LIT(text) ((struct midge_span){("" text), sizeof(text) - 1})

static inline struct midge_span midge__span(const char *ptr, size_t len)
{
    return (struct midge_span){ptr, len};
}

/* The span of a C string; absent for NULL. */
static inline struct midge_span midge__span_of(const char *text)
{
    return midge__span(text, text != NULL ? strlen(text) : 0);
}

static inline bool midge__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool midge__is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Optional whitespace, RFC 9110 5.6.3. */
static inline bool midge__is_ows(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 9110 5.6.2: what methods and field names are made of. */
static inline bool midge__is_token(char c)
{
    return midge__is_digit(c) || midge__is_alpha(c) ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* RFC 9110 5.5: no field value, reason or chunk extension may hold it. */
static inline bool midge__is_ctl(char c)
{
    unsigned char u = (unsigned char)c;
    return (u < 0x20 && c != '\t') || u == 0x7f;
}

static inline char midge__lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

/* The value of a hex digit, -1 for anything else. */
static inline int midge__hex_value(char c)
{
    if (midge__is_digit(c))
        return c - '0';
    c = midge__lower(c);
    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

static inline bool midge__span_eq(struct midge_span a, struct midge_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool midge__span_eq_nocase(struct midge_span a, struct midge_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (midge__lower(a.ptr[i]) != midge__lower(b.ptr[i]))
            return false;
    }
    return true;
}

/* Case-insensitive comparison with a C string. */
static inline bool midge__span_is(struct midge_span s, const char *text)
{
    return midge__span_eq_nocase(s, midge__span_of(text));
}

/* Offset of the first `c`, s.len where there is none. */
static inline size_t midge__span_find(struct midge_span s, char c)
{
    const char *at = s.len != 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

static inline struct midge_span midge__span_trim(struct midge_span s)
{
    while (s.len != 0 && midge__is_ows(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len != 0 && midge__is_ows(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Takes the next element of a comma-separated list (RFC 9110 5.6.1) off `*rest`, trimmed and
 * possibly empty. False when the list is used up; start with the whole value in `*rest`. */
static inline bool midge__span_list_next(struct midge_span *rest, struct midge_span *item)
{
    if (rest->ptr == NULL)
        return false;
    size_t comma = midge__span_find(*rest, ',');
    *item = midge__span_trim(midge__span(rest->ptr, comma));
    if (comma == rest->len)
        *rest = midge__span(NULL, 0);
    else
        *rest = midge__span(rest->ptr + comma + 1, rest->len - comma - 1);
    return true;
}

/* Decimal digits only, at least one. False on anything else and on overflow. */
static inline bool midge__span_u64(struct midge_span s, uint64_t *value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!midge__is_digit(s.ptr[i]))
            return false;
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value = v;
    return s.len != 0;
}

#define MIDGE__U64_DIGITS 20 /* the longest a uint64_t gets in decimal */

/* Writes `value` in decimal, without a NUL; answers the number of digits. */
static inline size_t midge__u64_text(char out[MIDGE__U64_DIGITS], uint64_t value)
{
    char reversed[MIDGE__U64_DIGITS];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + (char)(value % 10));
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

#endif
