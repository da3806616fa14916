/* SPDX-License-Identifier: MIT */
/* May an answer set this cookie (cookies.c)? */
#ifndef MIDGE_POLICY_COOKIES_H
#define MIDGE_POLICY_COOKIES_H

#include <stdbool.h>
#include <stdint.h>

#include "midge/cookies.h"
#include "midge/url.h"
#include "policy/cookie_jar.h"

/* How the dates of an answer become times of the jar. */
struct midge__cookie_clock {
    int64_t shift; /* is added */
    bool is_known; /* false: they cannot */
};

/* The parts of a URL that decide. */
struct midge__cookie_url midge__cookie_url(const struct midge_url *url);

/* Stores the cookie of a Set-Cookie field of an answer from url. Errors as midge_cookies_set. */
int midge__cookies_take(struct midge_cookies *jar, const struct midge__cookie_url *url,
                        struct midge_span text, struct midge__cookie_clock clock);

#endif
