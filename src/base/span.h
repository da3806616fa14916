/* SPDX-License-Identifier: MIT */
/* Helpers on spans of text. ASCII only, in any locale: the protocols have no other upper and lower
   case. */
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
struct midge_span midge__span_of(const char *text);

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

/* One bit for each character that methods and field names may have (RFC 9110 5.6.2). */
extern const uint32_t midge__token_chars[8];

static inline bool midge__is_token(char c)
{
    unsigned char u = (unsigned char)c;
    return (midge__token_chars[u / 32] >> u % 32 & 1) != 0;
}

/* Number of characters of a token that `s` begins with. */
size_t midge__token_len(struct midge_span s);

/* A character that no field value, reason or chunk extension may contain (RFC 9110 5.5). */
static inline bool midge__is_ctl(char c)
{
    unsigned char u = (unsigned char)c;
    return u < 0x20 ? u != '\t' : u == 0x7f;
}

static inline char midge__lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

/* The value of a hex digit, -1 for anything else. */
int midge__hex_value(char c);

static inline bool midge__span_eq(struct midge_span a, struct midge_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool midge__span_eq_nocase(struct midge_span a, struct midge_span b);

/* Case-insensitive comparison with a C string. */
bool midge__span_is(struct midge_span s, const char *text);

/* Offset of the first `c`, s.len if there is none. */
size_t midge__span_find(struct midge_span s, char c);

struct midge_span midge__span_trim(struct midge_span s);

/* Takes the next element of a comma-separated list (RFC 9110 5.6.1) off `*rest`, trimmed and
 * possibly empty. False when the list is used up; start with the whole value in `*rest`. */
bool midge__span_list_next(struct midge_span *rest, struct midge_span *item);

/* Decimal digits only, at least one. False on anything else and on overflow. */
bool midge__span_u64(struct midge_span s, uint64_t *value);

#define MIDGE__U64_DIGITS 20 /* the most decimal digits of a uint64_t */

/* Writes `value` in decimal, without a NUL; returns the number of digits. */
size_t midge__u64_text(char out[MIDGE__U64_DIGITS], uint64_t value);

#endif
