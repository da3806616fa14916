/* SPDX-License-Identifier: MIT */
/*
 * Keep-Alive: timeout=5, max=100
 *
 * Between parameters stand commas; semicolons and white space are taken too, since some servers
 * write them. A value is a token or a quoted string. Only decimal digits are a number.
 */
#include "codec/keep_alive.h"

#include "base/span.h"

static bool is_separator(char c)
{
    return c == ',' || c == ';' || midge__is_ows(c);
}

static struct midge_span skip(struct midge_span s, size_t n)
{
    return midge__span(s.ptr + n, s.len - n);
}

static struct midge_span skip_ows(struct midge_span s)
{
    while (s.len != 0 && midge__is_ows(s.ptr[0])) {
        s = skip(s, 1);
    }
    return s;
}

/* A quoted string up to its end, or up to the next separator (also what is no token). */
static struct midge_span take_item(struct midge_span *rest)
{
    struct midge_span item = *rest;
    size_t n = 0;
    if (rest->len != 0 && rest->ptr[0] == '"') {
        *rest = skip(*rest, 1);
        n = midge__span_find(*rest, '"');
        item = midge__span_trim(midge__span(rest->ptr, n));
        *rest = skip(*rest, n < rest->len ? n + 1 : n);
        return item;
    }
    while (n < rest->len && !is_separator(rest->ptr[n]) && rest->ptr[n] != '=') {
        n++;
    }
    *rest = skip(*rest, n);
    return midge__span(item.ptr, n);
}

/* Digits only. A number too large for 32 bits is no limit. */
static void lower(uint32_t *field, struct midge_span value)
{
    uint64_t number;
    if (midge__span_u64(value, &number) && number < *field) {
        *field = (uint32_t)number;
    }
}

void midge__keep_alive_note(struct midge__keep_alive *hint, struct midge_span value)
{
    struct midge_span rest = value;
    while (rest.len != 0) {
        if (is_separator(rest.ptr[0]) || rest.ptr[0] == '=') {
            rest = skip(rest, 1);
            continue;
        }
        struct midge_span name = take_item(&rest);
        struct midge_span after = skip_ows(rest);
        if (after.len == 0 || after.ptr[0] != '=') {
            continue;
        }
        rest = skip_ows(skip(after, 1));
        struct midge_span number = take_item(&rest);
        if (midge__span_is(name, "timeout")) {
            lower(&hint->timeout_s, number);
        } else if (midge__span_is(name, "max")) {
            lower(&hint->max, number);
        }
    }
}
