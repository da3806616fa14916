/* SPDX-License-Identifier: MIT */
#include "base/span.h"

/* Digits, letters and !#$%&'*+-.^_`|~ */
const uint32_t midge__token_chars[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};

struct midge_span midge__span_of(const char *text)
{
    return midge__span(text, text != NULL ? strlen(text) : 0);
}

size_t midge__token_len(struct midge_span s)
{
    size_t n = 0;
    while (n < s.len && midge__is_token(s.ptr[n])) {
        n++;
    }
    return n;
}

int midge__hex_value(char c)
{
    if (midge__is_digit(c))
        return c - '0';
    c = midge__lower(c);
    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

bool midge__span_eq_nocase(struct midge_span a, struct midge_span b)
{
    if (a.len != b.len)
        return false;
    if (midge__span_eq(a, b))
        return true; /* as most are spelt */
    for (size_t i = 0; i < a.len; i++) {
        if (midge__lower(a.ptr[i]) != midge__lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool midge__span_is(struct midge_span s, const char *text)
{
    return midge__span_eq_nocase(s, midge__span_of(text));
}

size_t midge__span_find(struct midge_span s, char c)
{
    const char *at = s.len != 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

struct midge_span midge__span_trim(struct midge_span s)
{
    while (s.len != 0 && midge__is_ows(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len != 0 && midge__is_ows(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool midge__span_list_next(struct midge_span *rest, struct midge_span *item)
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

bool midge__span_u64(struct midge_span s, uint64_t *value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!midge__is_digit(s.ptr[i]))
            return false;
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (v > UINT64_MAX / 10)
            return false;
        v = v * 10 + digit;
        if (v < digit) /* it wrapped: v * 10 alone is at most UINT64_MAX - 5 */
            return false;
    }
    *value = v;
    return s.len != 0;
}

size_t midge__u64_text(char out[MIDGE__U64_DIGITS], uint64_t value)
{
    char digits[MIDGE__U64_DIGITS];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + (char)(value % 10));
        value /= 10;
    } while (value != 0);
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}
