/* SPDX-License-Identifier: MIT */
/* IPv6 addresses in URLs, RFC 3986 3.2.2, with a zone, RFC 6874. */
#include "codec/url.h"

#if MIDGE_WITH_IPV6

#include "base/address.h"

/* One character of a zone, RFC 6874 2: unreserved or %XX. Returns the number of its bytes in the
   URL; 0: neither. */
static size_t zone_char(struct midge_span zone, char *out)
{
    int byte = midge__url_escape(zone);
    *out = byte < 0 ? zone.ptr[0] : (char)byte;
    if (byte < 0) {
        return midge__url_is_unreserved(*out) ? 1 : 0;
    }
    return midge__is_ctl(*out) ? 0 : 3;
}

bool midge__url_zone(struct midge_span zone, char text[MIDGE__ZONE_MAX + 1])
{
    size_t n = 0;
    while (zone.len != 0 && n < MIDGE__ZONE_MAX) {
        size_t used = zone_char(zone, &text[n]);
        if (used == 0) {
            return false;
        }
        n++;
        zone = midge__url_drop(zone, used);
    }
    text[n] = '\0';
    return n != 0 && zone.len == 0;
}

/* Cuts the zone off the address: RFC 6874's "%25" or, as its section 3 recommends, the bare "%"
   that people paste, if it does not begin a %XX. False: another %XX. */
static bool cut_zone(struct midge_url *url)
{
    size_t at = midge__span_find(url->host, '%');
    struct midge_span zone = midge__url_drop(url->host, at);
    int byte = midge__url_escape(zone);
    if (zone.len != 0) {
        url->zone = midge__url_drop(zone, byte == '%' ? 3 : 1);
        url->host.len = at;
    }
    return byte < 0 || byte == '%';
}

/* Only some addresses may have a zone. */
static bool zone_ok(const struct midge_url *url, const uint8_t address[16])
{
    char text[MIDGE__ZONE_MAX + 1];
    return url->zone.ptr == NULL ||
           (midge__url_zone(url->zone, text) && midge__address_has_zone(address));
}

bool midge__url_take_ipv6(struct midge_url *url, struct midge_span *authority)
{
    uint8_t address[16];
    size_t end = midge__span_find(*authority, ']');
    if (end == authority->len) {
        return false;
    }
    url->host = midge__span(authority->ptr + 1, end - 1);
    *authority = midge__url_drop(*authority, end + 1);
    return cut_zone(url) && midge__address_parse(url->host, address) == 6 && zone_ok(url, address);
}

#endif
