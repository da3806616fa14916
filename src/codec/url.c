/* SPDX-License-Identifier: MIT */
/*
 * Splits URLs into their parts and checks them. midge__url_split cuts the text into the
 * five parts of RFC 3986 appendix B; midge__url_from_parts checks each part and splits the
 * authority into userinfo, host, zone and port. Nothing is copied: all parts point into the
 * caller's text.
 */
#include "codec/url.h"

#include "base/address.h"

#include "midge/config.h"
#include "midge/err.h"

/* ---- characters ---- */

bool midge__url_is_unreserved(char c)
{
    return midge__is_alpha(c) || midge__is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool midge__url_is_mendable(char c)
{
    return (unsigned char)c >= 0x80 || (c != '\0' && strchr("\"<>\\^`{|}", c) != NULL);
}

static bool is_escape(struct midge_span text, size_t at)
{
    return at + 2 < text.len && midge__hex_value(text.ptr[at + 1]) >= 0 &&
           midge__hex_value(text.ptr[at + 2]) >= 0;
}

bool midge__url_text_ok(struct midge_span text, unsigned flags)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' || c == '\t' || midge__is_ctl(c))
            return false;
        bool mendable = c == '#' || midge__url_is_mendable(c);
        if (mendable && (flags & MIDGE__URL_LOOSE) == 0)
            return false;
        if (c == '%' && !is_escape(text, i))
            return false;
    }
    return true;
}

/* ---- the five parts, RFC 3986 appendix B ---- */

/* Cuts `*text` at the first `mark`; returns the text after the mark, or an absent span. */
static struct midge_span cut_tail(struct midge_span *text, char mark)
{
    size_t at = midge__span_find(*text, mark);
    if (at == text->len)
        return midge__span(NULL, 0);
    struct midge_span tail = midge__span(text->ptr + at + 1, text->len - at - 1);
    text->len = at;
    return tail;
}

static bool is_scheme(struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool later = midge__is_digit(c) || c == '+' || c == '-' || c == '.';
        if (!midge__is_alpha(c) && (i == 0 || !later))
            return false;
    }
    return s.len != 0;
}

static struct midge_span drop(struct midge_span s, size_t n)
{
    return midge__span(s.ptr + n, s.len - n);
}

static bool split_scheme(struct midge__url_parts *parts, struct midge_span *text)
{
    size_t colon = midge__span_find(*text, ':');
    parts->scheme = midge__span(NULL, 0);
    if (colon == text->len || midge__span_find(*text, '/') < colon)
        return true;
    parts->scheme = midge__span(text->ptr, colon);
    *text = drop(*text, colon + 1);
    return is_scheme(parts->scheme);
}

bool midge__url_split(struct midge__url_parts *parts, struct midge_span text)
{
    parts->fragment = cut_tail(&text, '#');
    parts->query = cut_tail(&text, '?');
    if (!split_scheme(parts, &text))
        return false;
    parts->authority = midge__span(NULL, 0);
    if (text.len >= 2 && text.ptr[0] == '/' && text.ptr[1] == '/') {
        text = drop(text, 2);
        parts->authority = midge__span(text.ptr, midge__span_find(text, '/'));
        text = drop(text, parts->authority.len);
    }
    parts->path = text;
    return true;
}

/* ---- authority, RFC 3986 3.2 ---- */

static int take_userinfo(struct midge_url *url, struct midge_span *authority, unsigned flags)
{
    size_t at = midge__span_find(*authority, '@');
    url->userinfo = midge__span(NULL, 0);
    if (at == authority->len)
        return MIDGE_OK;
    url->userinfo = midge__span(authority->ptr, at);
    *authority = drop(*authority, at + 1);
    if ((flags & MIDGE_URL_ALLOW_USERINFO) == 0)
        return MIDGE_ERR_URL;
    /* Brackets here could make two readers see two hosts. MIDGE__URL_LOOSE may allow the other
       characters. */
    bool brackets = midge__span_find(url->userinfo, '[') != url->userinfo.len ||
                    midge__span_find(url->userinfo, ']') != url->userinfo.len;
    return !brackets && midge__url_text_ok(url->userinfo, flags) ? MIDGE_OK : MIDGE_ERR_URL;
}

/* Cuts the zone off an IPv6 address: RFC 6874's "%25" or, as its section 3 recommends, the bare "%"
   that people paste, if it does not begin a %XX. Only some addresses may have a zone. */
static bool take_zone(struct midge_url *url)
{
    uint8_t bytes[16];
    char text[MIDGE__ZONE_MAX + 1];
    if (!MIDGE_WITH_IPV6)
        return true; /* then '%' is an illegal character */
    struct midge_span zone = cut_tail(&url->host, '%');
    if (zone.ptr == NULL)
        return true;
    if (zone.len >= 2 && zone.ptr[0] == '2' && zone.ptr[1] == '5')
        zone = drop(zone, 2);
    else if (zone.len >= 2 && midge__hex_value(zone.ptr[0]) >= 0 &&
             midge__hex_value(zone.ptr[1]) >= 0)
        return false;
    url->zone = zone;
    return midge__url_zone(zone, text) && midge__address_parse(url->host, bytes) == 6 &&
           midge__address_has_zone(bytes);
}

/* Takes the host; the rest is empty or ":port". */
static int take_host(struct midge_url *url, struct midge_span *authority)
{
    url->zone = midge__span(NULL, 0);
    url->is_ipv6 = authority->len != 0 && authority->ptr[0] == '[';
    if (!url->is_ipv6) {
        url->host = midge__span(authority->ptr, midge__span_find(*authority, ':'));
        *authority = drop(*authority, url->host.len);
        return midge__url_host_ok(url->host) ? MIDGE_OK : MIDGE_ERR_URL;
    }
    size_t end = midge__span_find(*authority, ']');
    if (end == authority->len)
        return MIDGE_ERR_URL;
    url->host = midge__span(authority->ptr + 1, end - 1);
    *authority = drop(*authority, end + 1);
    return take_zone(url) && midge__url_ipv6_ok(url->host) ? MIDGE_OK : MIDGE_ERR_URL;
}

static int take_port(struct midge_url *url, struct midge_span rest)
{
    uint64_t port;
    url->port = midge__url_default_port(url->is_https);
    if (rest.len == 0)
        return MIDGE_OK;
    if (rest.ptr[0] != ':')
        return MIDGE_ERR_URL;
    rest = drop(rest, 1);
    if (rest.len == 0)
        return MIDGE_OK; /* "host:" is legal and means the default, RFC 3986 6.2.3 */
    if (!midge__span_u64(rest, &port) || port < 1 || port > 65535)
        return MIDGE_ERR_URL;
    url->port = (uint16_t)port;
    return MIDGE_OK;
}

int midge__url_authority(struct midge_url *url, struct midge_span authority, unsigned flags)
{
    int err = take_userinfo(url, &authority, flags);
    if (err == MIDGE_OK)
        err = take_host(url, &authority);
    if (err == MIDGE_OK)
        err = take_port(url, authority);
    return err;
}

/* ---- public ---- */

int midge__url_from_parts(struct midge_url *url, const struct midge__url_parts *parts,
                          unsigned flags)
{
    if (parts->scheme.ptr == NULL)
        return MIDGE_ERR_URL;
    url->is_https = midge__span_is(parts->scheme, "https");
    if (!url->is_https && !midge__span_is(parts->scheme, "http"))
        return MIDGE_ERR_SCHEME;
    if (parts->authority.ptr == NULL)
        return MIDGE_ERR_URL;
    url->scheme = parts->scheme;
    url->path = parts->path;
    url->query = parts->query;
    url->fragment = parts->fragment;
    if (!midge__url_text_ok(url->path, flags) || !midge__url_text_ok(url->query, flags) ||
        !midge__url_text_ok(url->fragment, flags))
        return MIDGE_ERR_URL;
    return midge__url_authority(url, parts->authority, flags);
}

int midge_url_parse(struct midge_url *url, const char *text, size_t len, unsigned flags)
{
    struct midge__url_parts parts;
    if (len > MIDGE_URL_MAX || !midge__url_split(&parts, midge__span(text, len)))
        return MIDGE_ERR_URL;
    return midge__url_from_parts(url, &parts, flags & MIDGE_URL_ALLOW_USERINFO);
}

void midge_url_target(const struct midge_url *url, struct midge_span *path,
                      struct midge_span *query)
{
    *path = url->path.len != 0 ? url->path : MIDGE__LIT("/");
    *query = url->query;
}
