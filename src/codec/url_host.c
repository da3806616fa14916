/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a URL may name. Stricter than RFC 3986's reg-name: only names that DNS can hold and
 * that every reader of the URL understands alike. No %XX, no IDN (give the xn-- form).
 */
#include "codec/url.h"

#include "base/address.h"

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
    uint8_t bytes[16];
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
    /* Readers disagree on 127.1, 0x7f.0.0.1 and 2130706433: only the plain form is accepted. */
    return !is_number(label) || midge__address_parse(host, bytes) == 4;
}

/* RFC 3986 3.2.2 IPv6address. */
bool midge__url_ipv6_ok(struct midge_span host)
{
    uint8_t bytes[16];
    return midge__address_parse(host, bytes) == 6;
}

/* One character of a zone, RFC 6874 2: unreserved or %XX. Returns the number of its bytes in the
   URL; 0: neither. */
static size_t zone_char(struct midge_span zone, char *out)
{
    *out = zone.ptr[0];
    if (midge__url_is_unreserved(*out))
        return 1;
    if (*out != '%' || zone.len < 3)
        return 0;
    int high = midge__hex_value(zone.ptr[1]);
    int low = midge__hex_value(zone.ptr[2]);
    if (high < 0 || low < 0)
        return 0;
    *out = (char)(high << 4 | low);
    return midge__is_ctl(*out) ? 0 : 3;
}

bool midge__url_zone(struct midge_span zone, char text[MIDGE__ZONE_MAX + 1])
{
    size_t n = 0;
    while (zone.len != 0 && n < MIDGE__ZONE_MAX) {
        size_t used = zone_char(zone, &text[n]);
        if (used == 0)
            return false;
        n++;
        zone = midge__span(zone.ptr + used, zone.len - used);
    }
    text[n] = '\0';
    return n != 0 && zone.len == 0;
}
