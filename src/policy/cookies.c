/* SPDX-License-Identifier: MIT */
/*
 * Which cookies an answer may set (RFC 6265bis 5.7):
 *
 *     Domain                                       the cookie is
 *     none, or an address that is the host         for the host only
 *     not the host and not above it                refused
 *     one label, ends with a dot, or a public      for the host only if it is the host,
 *     suffix                                       else refused
 *     other, with a public-suffix callback         for that domain and all names below it
 *     other, without one                           for the host only
 *
 * Secure is refused without https, and so is a cookie without Secure that would hide one with it.
 * __Secure- needs Secure; __Host- needs Secure, Path=/ and no Domain. No lifetime is longer than
 * 400 days.
 */
#include "policy/cookies.h"

#include "base/span.h"
#include "codec/set_cookie.h"
#include "midge/err.h"

#if MIDGE_WITH_COOKIES

#define DOMAIN_MAX 255
#define LONGEST    (400 * (int64_t)86400) /* seconds */

struct midge__cookie_url midge__cookie_url(const struct midge_url *url)
{
    const struct midge_span path = url->path.len > 0 ? url->path : MIDGE__LIT("/");
    return (struct midge__cookie_url){url->host, path, url->is_https};
}

/* --- domain --- */

static bool is_public(const struct midge_cookies *jar, struct midge_span domain)
{
    char text[DOMAIN_MAX + 1];
    if (domain.len > DOMAIN_MAX || domain.ptr[domain.len - 1] == '.' ||
        midge__span_find(domain, '.') == domain.len) {
        return true;
    }
    for (size_t i = 0; i < domain.len; i++) {
        text[i] = midge__lower(domain.ptr[i]);
    }
    text[domain.len] = '\0';
    return jar->is_public_suffix != NULL && jar->is_public_suffix(jar->ctx, text);
}

static bool set_domain(const struct midge_cookies *jar, struct midge_span host,
                       struct midge_span domain, struct midge__cookie *c)
{
    c->domain = host;
    c->host_only = true;
    if (domain.len == 0) {
        return true;
    }
    if (!midge__cookie_domain_matches(host, domain)) {
        return false;
    }
    if (is_public(jar, domain)) {
        return domain.len == host.len;
    }
    /* No name is below an address: the two ways mean the same. */
    if (jar->is_public_suffix != NULL) {
        c->domain = domain;
        c->host_only = false;
    }
    return true;
}

/* --- path --- */

/* RFC 6265bis 5.1.4: the path up to its last '/', without that. */
static struct midge_span default_path(struct midge_span path)
{
    size_t n = path.len;
    while (n > 1 && path.ptr[n - 1] != '/') {
        n--;
    }
    return midge__span(path.ptr, n > 1 ? n - 1 : 1);
}

/* --- lifetime --- */

static int64_t expiry(const struct midge_cookies *jar, const struct midge__set_cookie *set,
                      struct midge__cookie_clock clock)
{
    int64_t seconds = set->max_age;
    if (!set->has_max_age) {
        if (!set->has_expires) {
            return MIDGE__COOKIE_SESSION;
        }
        if (!clock.is_known) { /* a date before this program is a removal */
            return set->expires < MIDGE_TIME_FLOOR ? jar->now : MIDGE__COOKIE_SESSION;
        }
        seconds = set->expires + clock.shift - jar->now;
    }
    return jar->now + (seconds < 0 ? 0 : seconds < LONGEST ? seconds : LONGEST);
}

/* --- prefixes --- */

static bool begins(struct midge_span s, struct midge_span with)
{
    return s.len >= with.len && midge__span_eq_nocase(midge__span(s.ptr, with.len), with);
}

static bool has_prefix(struct midge_span s)
{
    return begins(s, MIDGE__LIT("__Secure-")) || begins(s, MIDGE__LIT("__Host-"));
}

static bool prefix_ok(const struct midge__set_cookie *set)
{
    if (set->name.len == 0) { /* it would look like one when it is sent */
        return !has_prefix(set->value);
    }
    if (begins(set->name, MIDGE__LIT("__Host-"))) {
        return set->secure && set->domain.len == 0 && set->path.len == 1;
    }
    return set->secure || !has_prefix(set->name);
}

/* --- all --- */

int midge__cookies_take(struct midge_cookies *jar, const struct midge__cookie_url *url,
                        struct midge_span text, struct midge__cookie_clock clock)
{
    struct midge__set_cookie set;
    if (!midge__set_cookie(text, &set)) {
        return MIDGE_ERR_INVALID;
    }
    struct midge__cookie c = {.name = set.name,
                              .value = set.value,
                              .path = set.path.len > 0 ? set.path : default_path(url->path),
                              .expires = expiry(jar, &set, clock),
                              .secure = set.secure,
                              .http_only = set.http_only,
                              .same_site = set.same_site};
    if (!set_domain(jar, url->host, set.domain, &c) || (set.secure && !url->is_https) ||
        !prefix_ok(&set) || (!set.secure && !url->is_https && midge__jar_has_secure(jar, &c))) {
        return MIDGE_ERR_INVALID;
    }
    return midge__jar_put(jar, &c);
}

#endif
