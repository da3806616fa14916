/* SPDX-License-Identifier: MIT */
/* Shared by the URL files: parsing (url.c), hosts (url_host.c), building (url_build.c). */
#ifndef MIDGE__URL_H
#define MIDGE__URL_H

#include "base/span.h"
#include "midge/url.h"

#define MIDGE__PORT_HTTP  80
#define MIDGE__PORT_HTTPS 443

/* The five parts of any URI reference, RFC 3986 appendix B. Absent parts have ptr NULL. */
struct midge__url_parts {
    struct midge_span scheme;
    struct midge_span authority;
    struct midge_span path;
    struct midge_span query;
    struct midge_span fragment;
};

/* Flag beside the public ones: `url` may hold characters that are legal only after normalising. */
#define MIDGE__URL_LOOSE 0x100u

/* False when the first segment holds a ':' that does not end a scheme (RFC 3986 4.2). */
bool midge__url_split(struct midge__url_parts *parts, struct midge_span text);

/* Checks split parts as a complete http or https URL. Returns as midge_url_parse. */
int midge__url_from_parts(struct midge_url *url, const struct midge__url_parts *parts,
                          unsigned flags);

/* Fills userinfo, host and port from `authority`; is_https must be set. */
int midge__url_authority(struct midge_url *url, struct midge_span authority, unsigned flags);

/* True for the characters and %XX that a path, query or fragment may hold. */
bool midge__url_text_ok(struct midge_span text, unsigned flags);

/* Is c unreserved (RFC 3986 2.3)? */
bool midge__url_is_unreserved(char c);

/* Bytes that are illegal in a URL but that normalising percent-encodes. */
bool midge__url_is_mendable(char c);

bool midge__url_host_ok(struct midge_span host);
bool midge__url_ipv6_ok(struct midge_span host);

/* Longest name of a network interface, bytes; Linux has 15. */
#define MIDGE__ZONE_MAX 31

/* Decodes a URL's zone into a string. False: empty, too long, or with an illegal character. */
bool midge__url_zone(struct midge_span zone, char text[MIDGE__ZONE_MAX + 1]);

static inline uint16_t midge__url_default_port(bool is_https)
{
    return is_https ? MIDGE__PORT_HTTPS : MIDGE__PORT_HTTP;
}

#endif
