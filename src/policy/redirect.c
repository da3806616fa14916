/* SPDX-License-Identifier: MIT */
/*
 * Redirects (RFC 9110 15.4), as a function of values:
 *
 *     status    method of the next request, and body
 *     301, 302  POST becomes GET without a body, as all browsers do; others stay, with their body
 *     303       GET without a body; HEAD stays
 *     307, 308  the same method and body
 *
 * A rule of the request can keep a POST, one for each of the first three. Other 3xx statuses, and
 * an answer without Location, are final. A Location without a fragment inherits the one of the
 * request's URL (10.2.2). A way from https to http, which an attacker could read, is refused unless
 * a rule allows it.
 */
#include "policy/redirect.h"
#include "base/span.h"
#include "codec/url.h"
#include "midge/err.h"
#include "midge/request.h"

#if MIDGE_WITH_REDIRECTS

bool midge__redirect_leads(const struct midge__redirect_from *from)
{
    switch (from->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return from->location != NULL && *from->location != '\0';
    default:
        return false;
    }
}

static bool becomes_get(const struct midge__redirect_from *from)
{
    if (from->status > 303) {
        return false;
    }
    if (strcmp(from->method, "POST") == 0) {
        return (from->rules & (unsigned)MIDGE_REDIRECT_POST_301 << (from->status - 301)) == 0;
    }
    return from->status == 303;
}

size_t midge__redirect_bound(const struct midge__redirect_from *from)
{
    /* Each byte may become "%XX". The base is in its normal form, or refused. */
    return strlen(from->url) * 3 + strlen(from->location) * 3 + sizeof "https:///";
}

/* Adds the fragment of the URL before, if the new one has none. */
static int inherit_fragment(char *out, size_t cap, size_t *len, const struct midge_url *before)
{
    const size_t more = before->fragment.len + 1;
    if (before->fragment.ptr == NULL || memchr(out, '#', *len) != NULL) {
        return MIDGE_OK;
    }
    if (more >= cap - *len) {
        return MIDGE_ERR_TOO_LARGE;
    }
    out[*len] = '#';
    memcpy(out + *len + 1, before->fragment.ptr, before->fragment.len);
    *len += more;
    out[*len] = '\0';
    return MIDGE_OK;
}

/* RFC 6454 4. A zone is part of the host. */
static bool is_same_origin(const struct midge_url *a, const struct midge_url *b)
{
    return a->is_https == b->is_https && a->port == b->port &&
           midge__span_eq_nocase(a->host, b->host) && midge__span_eq(a->zone, b->zone);
}

static bool is_allowed(const struct midge_url *before, const struct midge_url *after,
                       unsigned rules)
{
    return after->is_https || ((rules & MIDGE_REDIRECT_NO_HTTP) == 0 &&
                               (!before->is_https || (rules & MIDGE_REDIRECT_DOWNGRADE) != 0));
}

int midge__redirect(const struct midge__redirect_from *from, char *out, size_t cap,
                    struct midge__redirect *to)
{
    struct midge_url before, after;
    if (from->done >= from->most) {
        return MIDGE_ERR_REDIRECTS;
    }
    int err = midge_url_parse(&before, from->url, strlen(from->url), MIDGE_URL_ALLOW_USERINFO);
    if (err == MIDGE_OK) {
        err = midge__url_resolve(out, cap, &to->url_len, from->url, from->location,
                                 MIDGE_URL_ALLOW_USERINFO | MIDGE__URL_LOCATION);
    }
    if (err == MIDGE_OK) {
        err = inherit_fragment(out, cap, &to->url_len, &before);
    }
    if (err == MIDGE_OK) {
        err = midge_url_parse(&after, out, to->url_len, 0); /* also checks the length */
    }
    if (err != MIDGE_OK) {
        return err;
    }
    to->is_get = becomes_get(from);
    to->is_foreign = !is_same_origin(&before, &after);
    to->drops_credentials = to->is_foreign && (from->rules & MIDGE_REDIRECT_CREDENTIALS) == 0;
    return is_allowed(&before, &after, from->rules) ? MIDGE_OK : MIDGE_ERR_SCHEME;
}

#endif
