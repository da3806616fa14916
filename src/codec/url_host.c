/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a URL may name. Stricter than RFC 3986's reg-name: only what DNS can hold and
 * what every other reader of the URL understands alike. No %XX, no IDN (give the xn-- form),
 * no zone identifiers.
 */
#include "codec/url.h"

#define HOST_MAX  253 /* RFC 1035 2.3.4 without the root's dot */
#define LABEL_MAX 63

static bool is_number(struct midge_span s)
{
    if (s.len >= 2 && s.ptr[0] == '0' && midge__lower(s.ptr[1]) == 'x')
        return true;
    for (size_t i = 0; i < s.len; i++) {
        if (!midge__is_digit(s.ptr[i]))
            return false;
    }
    return s.len != 0;
}

/* RFC 3986 3.2.2 dec-octet: no leading zeros, which some read as octal. */
static bool is_octet(struct midge_span s)
{
    uint64_t value;
    if (s.len > 3 || (s.len > 1 && s.ptr[0] == '0'))
        return false;
    return midge__span_u64(s, &value) && value <= 255;
}

static bool is_ipv4(struct midge_span s)
{
    for (int i = 0; i < 4; i++) {
        size_t dot = midge__span_find(s, '.');
        if (!is_octet(midge__span(s.ptr, dot)) || (dot == s.len) != (i == 3))
            return false;
        s = midge__span(s.ptr + dot, s.len - dot);
        if (i < 3)
            s = midge__span(s.ptr + 1, s.len - 1);
    }
    return true;
}

static bool is_label(struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!midge__is_alpha(c) && !midge__is_digit(c) && c != '-' && c != '_')
            return false;
    }
    return s.len >= 1 && s.len <= LABEL_MAX;
}

bool midge__url_host_ok(struct midge_span host)
{
    struct midge_span rest = host;
    struct midge_span label;
    if (rest.len > 1 && rest.ptr[rest.len - 1] == '.')
        rest.len--; /* a fully qualified name's final dot */
    if (rest.len > HOST_MAX)
        return false;
    for (;;) {
        size_t dot = midge__span_find(rest, '.');
        label = midge__span(rest.ptr, dot);
        if (!is_label(label))
            return false;
        if (dot == rest.len)
            break;
        rest = midge__span(rest.ptr + dot + 1, rest.len - dot - 1);
    }
    /* Readers disagree on 127.1, 0x7f.0.0.1 and 2130706433: all but the plain form is refused. */
    return !is_number(label) || is_ipv4(host);
}

static size_t hex_run(struct midge_span s, size_t at)
{
    size_t n = 0;
    while (at + n < s.len && midge__hex_value(s.ptr[at + n]) >= 0)
        n++;
    return n;
}

/* RFC 3986 3.2.2 IPv6address: eight groups, one run of them may be "::", the last two may be
 * an IPv4 address. */
bool midge__url_ipv6_ok(struct midge_span s)
{
    bool gap = s.len >= 2 && s.ptr[0] == ':' && s.ptr[1] == ':';
    size_t at = gap ? 2 : 0;
    unsigned groups = 0;
    while (at < s.len) {
        size_t digits = hex_run(s, at);
        size_t next = at + digits;
        if (next < s.len && s.ptr[next] == '.' && is_ipv4(midge__span(s.ptr + at, s.len - at))) {
            groups += 2;
            break;
        }
        if (digits < 1 || digits > 4 || groups == 8)
            return false;
        groups++;
        if (next == s.len)
            break;
        if (s.ptr[next] != ':' || next + 1 == s.len)
            return false;
        at = next + 1;
        if (s.ptr[at] == ':') {
            if (gap)
                return false;
            gap = true;
            at++;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}
