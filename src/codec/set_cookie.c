/* SPDX-License-Identifier: MIT */
/*
 * Set-Cookie (RFC 6265bis 5.6): a pair of name and value, then attributes, each behind a ';'. Of
 * several attributes of one name the last one counts; a malformed Max-Age or Expires, and a value
 * that is too long, counts as if it were not there.
 */
#include "codec/set_cookie.h"

#include "base/span.h"

#if MIDGE_WITH_COOKIES

/* Takes the text before the next `c`, or all, off `rest`; `has`: was there one? */
static struct midge_span take_until(struct midge_span *rest, char c, bool *has)
{
    const size_t n = midge__span_find(*rest, c);
    const struct midge_span taken = midge__span(rest->ptr, n);
    *has = n < rest->len;
    *rest = midge__span(rest->ptr + n + *has, rest->len - n - *has);
    return taken;
}

static bool has_control(struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (midge__is_ctl(text.ptr[i])) {
            return true;
        }
    }
    return false;
}

/* 5.6.2: digits, perhaps behind a '-'. A number that is too large means: for ever. */
static void take_max_age(struct midge__set_cookie *out, struct midge_span value)
{
    uint64_t seconds = 0;
    const bool minus = value.len > 0 && *value.ptr == '-';
    const struct midge_span digits = midge__span(value.ptr + minus, value.len - minus);
    if (digits.len == 0) {
        return;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (!midge__is_digit(digits.ptr[i])) {
            return;
        }
    }
    out->has_max_age = true;
    out->max_age = INT64_MAX;
    if (minus) {
        out->max_age = 0;
    } else if (midge__span_u64(digits, &seconds) && seconds < INT64_MAX) {
        out->max_age = (int64_t)seconds;
    }
}

static void take_expires(struct midge__set_cookie *out, struct midge_span value)
{
    int64_t seconds;
    if (midge__cookie_date(value, &seconds)) {
        out->has_expires = true;
        out->expires = seconds;
    }
}

static uint8_t same_site_of(struct midge_span value)
{
    return midge__span_is(value, "Strict") ? MIDGE_SAME_SITE_STRICT
           : midge__span_is(value, "Lax")  ? MIDGE_SAME_SITE_LAX
           : midge__span_is(value, "None") ? MIDGE_SAME_SITE_NONE
                                           : MIDGE_SAME_SITE_DEFAULT;
}

static void take_attribute(struct midge__set_cookie *out, struct midge_span name,
                           struct midge_span value)
{
    if (midge__span_is(name, "Secure")) {
        out->secure = true;
    } else if (midge__span_is(name, "HttpOnly")) {
        out->http_only = true;
    } else if (midge__span_is(name, "Max-Age")) {
        take_max_age(out, value);
    } else if (midge__span_is(name, "Expires")) {
        take_expires(out, value);
    } else if (midge__span_is(name, "Domain")) {
        const bool dot = value.len > 0 && *value.ptr == '.';
        out->domain = midge__span(value.ptr + dot, value.len - dot);
    } else if (midge__span_is(name, "Path")) {
        out->path = value.len > 0 && *value.ptr == '/' ? value : midge__span(value.ptr, 0);
    } else if (midge__span_is(name, "SameSite")) {
        out->same_site = same_site_of(value);
    }
}

bool midge__set_cookie(struct midge_span text, struct midge__set_cookie *out)
{
    bool more, has_value;
    struct midge_span rest = text, value = take_until(&rest, ';', &more);
    struct midge_span name = take_until(&value, '=', &has_value);
    *out = (struct midge__set_cookie){.name = midge__span_trim(name),
                                      .value = midge__span_trim(value)};
    if (!has_value) {
        out->value = out->name;
        out->name.len = 0;
    }
    const size_t len = out->name.len + out->value.len;
    if (has_control(text) || len == 0 || len > MIDGE__COOKIE_MAX) {
        return false;
    }
    while (more) {
        value = take_until(&rest, ';', &more);
        name = midge__span_trim(take_until(&value, '=', &has_value));
        value = midge__span_trim(value);
        if (value.len <= MIDGE__COOKIE_ATTR_MAX) {
            take_attribute(out, name, value);
        }
    }
    return true;
}

#endif
