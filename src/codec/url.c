/* SPDX-License-Identifier: MIT */
/*
 * Splits URLs into their parts and checks them. midge__url_split cuts the text into the five parts
 * of RFC 3986 appendix B; midge__url_complete checks each part and cuts the authority into
 * userinfo, host, zone and port. Nothing is copied: all parts point into the caller's text.
 */
#include "codec/url.h"

#include "midge/err.h"

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

static bool split_scheme(struct midge_url *url, struct midge_span *text)
{
    size_t colon = midge__span_find(*text, ':');
    if (colon == text->len || midge__span_find(*text, '/') < colon) {
        return true;
    }
    url->scheme = midge__span(text->ptr, colon);
    *text = midge__url_drop(*text, colon + 1);
    return !MIDGE_WITH_URL_MENDING ||
           is_scheme(url->scheme); /* midge__url_complete refuses others */
}

bool midge__url_split(struct midge_url *url, struct midge_span text)
{
    memset(url, 0, sizeof *url);
    url->fragment = cut_tail(&text, '#');
    url->query = cut_tail(&text, '?');
    if (!split_scheme(url, &text)) {
        return false;
    }
    if (text.len >= 2 && text.ptr[0] == '/' && text.ptr[1] == '/') {
        text = midge__url_drop(text, 2);
        url->host = midge__span(text.ptr, midge__span_find(text, '/'));
        text = midge__url_drop(text, url->host.len);
    }
    url->path = text;
    return true;
}

/* ---- authority, RFC 3986 3.2 ---- */

static bool take_userinfo(struct midge_url *url, struct midge_span *authority, unsigned flags)
{
    size_t at = MIDGE_WITH_URL_MENDING ? midge__span_find(*authority, '@') : authority->len;
    if (at == authority->len) {
        return true; /* or a host may not have an '@' */
    }
    url->userinfo = midge__span(authority->ptr, at);
    *authority = midge__url_drop(*authority, at + 1);
    /* Brackets here could make two readers see two hosts. MIDGE__URL_LOOSE may allow the other
       characters. */
    return (flags & MIDGE_URL_ALLOW_USERINFO) != 0 && midge__span_find(url->userinfo, '[') == at &&
           midge__span_find(url->userinfo, ']') == at && midge__url_text_ok(url->userinfo, flags);
}

/* Takes the host; the rest is empty or ":port". */
static bool take_host(struct midge_url *url, struct midge_span *authority)
{
    url->is_ipv6 = authority->len != 0 && authority->ptr[0] == '[';
    if (url->is_ipv6) {
        return midge__url_take_ipv6(url, authority);
    }
    url->host = midge__span(authority->ptr, midge__span_find(*authority, ':'));
    *authority = midge__url_drop(*authority, url->host.len);
    return midge__url_host_ok(url->host);
}

/* "host:" is legal and means the default, RFC 3986 6.2.3. */
static bool take_port(struct midge_url *url, struct midge_span rest)
{
    uint64_t port = midge__url_default_port(url->is_https);
    bool ok = rest.len == 0 || rest.ptr[0] == ':';
    if (rest.len > 1) {
        ok = ok && midge__span_u64(midge__url_drop(rest, 1), &port) && port - 1 < 65535;
    }
    url->port = (uint16_t)port;
    return ok;
}

int midge__url_authority(struct midge_url *url, struct midge_span authority, unsigned flags)
{
    url->userinfo = url->zone = midge__span(NULL, 0);
    return take_userinfo(url, &authority, flags) && take_host(url, &authority) &&
                   take_port(url, authority)
               ? MIDGE_OK
               : MIDGE_ERR_URL;
}

/* ---- public ---- */

bool midge__url_tail_ok(const struct midge_url *url, unsigned flags)
{
    return midge__url_text_ok(url->path, flags) && midge__url_text_ok(url->query, flags) &&
           midge__url_text_ok(url->fragment, flags);
}

int midge__url_complete(struct midge_url *url, unsigned flags)
{
    if (url->scheme.ptr == NULL) {
        return MIDGE_ERR_URL;
    }
    url->is_https = midge__span_is(url->scheme, "https");
    if (!url->is_https && !midge__span_is(url->scheme, "http")) {
        return MIDGE_ERR_SCHEME;
    }
    if (url->host.ptr == NULL || !midge__url_tail_ok(url, flags)) {
        return MIDGE_ERR_URL;
    }
    return midge__url_authority(url, url->host, flags);
}

int midge_url_parse(struct midge_url *url, const char *text, size_t len, unsigned flags)
{
    if (len > MIDGE_URL_MAX || !midge__url_split(url, midge__span(text, len))) {
        return MIDGE_ERR_URL;
    }
    return midge__url_complete(url, flags & MIDGE_URL_ALLOW_USERINFO);
}

void midge_url_target(const struct midge_url *url, struct midge_span *path,
                      struct midge_span *query)
{
    *path = url->path.len != 0 ? url->path : MIDGE__LIT("/");
    *query = url->query;
}
