/* SPDX-License-Identifier: MIT */
/* Shared by the URL files. Each calls only those to its right: mending (url_mend.c) and queries
   (url_query.c), parsing (url.c), hosts (url_host.c, url_ipv6.c), characters (url_text.c). */
#ifndef MIDGE__URL_H
#define MIDGE__URL_H

#include "base/span.h"
#include "midge/config.h"
#include "midge/url.h"

#define MIDGE__PORT_HTTP  80
#define MIDGE__PORT_HTTPS 443

/* Flags beside the public ones. LOOSE: `url` may hold characters that are legal only after
   normalising. LOCATION, with LOOSE: also spaces, and a '%' that begins no %XX, which browsers take
   in a Location. */
#define MIDGE__URL_LOOSE    0x100u
#define MIDGE__URL_LOCATION 0x200u

/* Cuts any URI reference into the five parts of RFC 3986 appendix B; `host` becomes the authority.
   Absent parts have ptr NULL. False when the first segment holds a ':' that does not end a scheme
   (RFC 3986 4.2). */
bool midge__url_split(struct midge_url *url, struct midge_span text);

/* Checks split parts as a complete http or https URL and cuts the authority. Returns as
   midge_url_parse. */
int midge__url_complete(struct midge_url *url, unsigned flags);

/* Fills userinfo, host and port from `authority`; is_https must be set. */
int midge__url_authority(struct midge_url *url, struct midge_span authority, unsigned flags);

/* Are path, query and fragment text that a URL may hold? */
bool midge__url_tail_ok(const struct midge_url *url, unsigned flags);

/* True for the characters and %XX that a path, query or fragment may hold. */
bool midge__url_text_ok(struct midge_span text, unsigned flags);

/* Is c unreserved (RFC 3986 2.3)? */
bool midge__url_is_unreserved(char c);

/* May c stand for itself in a path, query or fragment? */
bool midge__url_is_text(char c);

/* The byte that "%XX" stands for; -1 if text does not begin so. */
int midge__url_escape(struct midge_span text);
/* False: midge_url_normalise may change `text`, which was parsed into `url` without LOOSE. True: it
   does not. */
#if MIDGE_WITH_URL_MENDING
bool midge__url_is_normal(const struct midge_url *url, struct midge_span text);
#else
#define midge__url_is_normal(url, text) ((void)(url), (void)(text), true)
#endif

/* As midge_url_resolve. MIDGE_URL_ALLOW_USERINFO: the base may have userinfo, the result has none.
   Without MIDGE__URL_LOCATION spaces and a stray '%' are errors. */
int midge__url_resolve(char *out, size_t cap, size_t *len, const char *base, const char *ref,
                       unsigned flags);

bool midge__url_host_ok(struct midge_span host);

/* Longest name of a network interface, bytes; Linux has 15. */
#define MIDGE__ZONE_MAX 31

#if MIDGE_WITH_IPV6

/* Takes "[address]" or "[address%25zone]" off the beginning of *authority into host and zone. */
bool midge__url_take_ipv6(struct midge_url *url, struct midge_span *authority);

/* Decodes a URL's zone into a string. False: empty, too long, or with an illegal character. */
bool midge__url_zone(struct midge_span zone, char text[MIDGE__ZONE_MAX + 1]);

#else

static inline bool midge__url_take_ipv6(struct midge_url *url, struct midge_span *authority)
{
    (void)url;
    (void)authority;
    return false;
}

static inline bool midge__url_zone(struct midge_span zone, char text[MIDGE__ZONE_MAX + 1])
{
    (void)zone;
    (void)text;
    return false;
}

#endif

static inline struct midge_span midge__url_drop(struct midge_span s, size_t n)
{
    return midge__span(s.ptr + n, s.len - n);
}

static inline uint16_t midge__url_default_port(bool is_https)
{
    return is_https ? MIDGE__PORT_HTTPS : MIDGE__PORT_HTTP;
}

#endif
