/* SPDX-License-Identifier: MIT */
/* Set-Cookie, RFC 6265bis 5.6, and its dates, 5.1.1. */
#ifndef MIDGE__SET_COOKIE_H
#define MIDGE__SET_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "midge/cookies.h" /* MIDGE_WITH_COOKIES */
#include "midge/span.h"

#define MIDGE__COOKIE_MAX      4096 /* bytes of name and value together */
#define MIDGE__COOKIE_ATTR_MAX 1024 /* bytes of an attribute's value; a longer one is ignored */

/* Spans into the field's value. */
struct midge__set_cookie {
    struct midge_span name, value;
    struct midge_span domain; /* in any case, without its first dot; empty: none */
    struct midge_span path;   /* begins with '/'; empty: none */
    int64_t max_age;          /* seconds, 0 or less: it has expired */
    int64_t expires;          /* seconds since 1970 */
    bool has_max_age, has_expires, secure, http_only;
    uint8_t same_site; /* MIDGE_SAME_SITE_x of midge/cookies.h */
};

/* False: the field is no cookie, and is ignored. */
bool midge__set_cookie(struct midge_span text, struct midge__set_cookie *out);

/* False: no date from 1970 to 9999. */
bool midge__cookie_date(struct midge_span text, int64_t *seconds);

#endif
