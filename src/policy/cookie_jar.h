/* SPDX-License-Identifier: MIT */
/* The records of a jar of cookies (cookie_jar.c). All times are seconds of the jar's own clock. */
#ifndef MIDGE_POLICY_COOKIE_JAR_H
#define MIDGE_POLICY_COOKIE_JAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/cookies.h"
#include "midge/span.h"

#define MIDGE__COOKIE_SESSION INT64_MAX /* expires: with the session */

/* A cookie that is to be stored. */
struct midge__cookie {
    struct midge_span name, value;
    struct midge_span domain; /* in any case */
    struct midge_span path;
    int64_t expires;
    bool host_only, secure, http_only;
    uint8_t same_site;
};

/* One that is stored; its texts follow it. */
struct midge__cookie_record {
    int64_t expires;
    uint32_t size;          /* of the record, a multiple of 8 */
    uint32_t created, used; /* ticks */
    uint16_t name_len, value_len, domain_len, path_len;
    uint8_t host_only, secure, http_only, same_site;
};

/* The part of a URL that decides. */
struct midge__cookie_url {
    struct midge_span host; /* in any case */
    struct midge_span path; /* begins with '/' */
    bool is_https;
};

static inline const char *midge__cookie_name(const struct midge__cookie_record *r)
{
    return (const char *)(r + 1);
}
static inline const char *midge__cookie_value(const struct midge__cookie_record *r)
{
    return midge__cookie_name(r) + r->name_len + 1;
}
static inline const char *midge__cookie_domain(const struct midge__cookie_record *r)
{
    return midge__cookie_value(r) + r->value_len + 1;
}
static inline const char *midge__cookie_path(const struct midge__cookie_record *r)
{
    return midge__cookie_domain(r) + r->domain_len + 1;
}

/* RFC 6265bis 5.1.3: is host the domain, or a name below it? */
bool midge__cookie_domain_matches(struct midge_span host, struct midge_span domain);
/* 5.1.4 */
bool midge__cookie_path_matches(struct midge_span path, struct midge_span of_cookie);

/* The record at *at, and moves *at behind it; NULL: there are no more. */
struct midge__cookie_record *midge__jar_next(const struct midge_cookies *jar, size_t *at);
/* Stores a cookie, in place of the one with the same name, domain, host_only and path. TOO_LARGE:
   it does not fit. */
int midge__jar_put(struct midge_cookies *jar, const struct midge__cookie *cookie);
/* Is there a cookie with Secure and the same name, that one which came without https would hide
   (5.7)? */
bool midge__jar_has_secure(const struct midge_cookies *jar, const struct midge__cookie *cookie);
/* Removes expired cookies, or those of the session. */
void midge__jar_purge(struct midge_cookies *jar, bool sessions);
/* Writes the value of Cookie for url to out, at most cap bytes, without a NUL, and marks its
   cookies as used. out NULL: only counts. Returns the bytes. */
size_t midge__jar_header(struct midge_cookies *jar, const struct midge__cookie_url *url, char *out,
                         size_t cap);

#endif
