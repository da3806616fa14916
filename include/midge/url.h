/* SPDX-License-Identifier: MIT */
/*
 * URLs (RFC 3986), http and https only. No function here allocates: a parsed URL points into the
 * caller's text, a built URL is written to the caller's buffer.
 *
 *     char text[256];
 *     size_t len;
 *     struct midge_url url;
 *
 *     midge_url_normalise(text, sizeof text, &len, "HTTPS://api.example:443/find", 0);
 *     midge_url_query_add(text, sizeof text, &len, "term", "j. s. bach & sons");
 *     midge_url_parse(&url, text, len, 0);
 *
 * Every function that fills a buffer writes a NUL after the text (`cap` counts it, `*len` does not)
 * and returns MIDGE_ERR_TOO_LARGE when the buffer is too small.
 */
#ifndef MIDGE_URL_H
#define MIDGE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "midge/err.h"
#include "midge/span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest URL accepted, bytes. Costs no memory here: the caller's buffers do. */
#ifndef MIDGE_URL_MAX
#define MIDGE_URL_MAX 8192
#endif

/*
 * Accept `user:password@`. Off by default: it puts secrets into logs, and `https://bank@evil/`
 * is a known trick (RFC 3986 7.6).
 */
#define MIDGE_URL_ALLOW_USERINFO 1u

/*
 *   https://user:pw@[2001:db8::1]:8443/a/b?x=1#top
 *   ^^^^^   ^^^^^^^  ^^^^^^^^^^^  ^^^^^^^^ ^^^ ^^^
 *   scheme  userinfo  host    port  path query fragment
 *
 * Absent parts have ptr NULL. `path` is never absent but may be empty. A link-local IPv6 address
 * may name its zone, the network interface: `http://[fe80::1%25eth0]/` (RFC 6874). The zone is
 * valid on this machine only and is never sent.
 */
struct midge_url {
    struct midge_span scheme;   /* as written, in any case: see is_https */
    struct midge_span userinfo; /* without the '@' */
    struct midge_span host;     /* without brackets and zone */
    struct midge_span zone;     /* without its "%25", otherwise as written: it may contain %XX */
    struct midge_span path;     /* with its leading '/' */
    struct midge_span query;    /* without the '?' */
    struct midge_span fragment; /* without the '#' */
    uint16_t port;              /* 1..65535; the scheme's default if the text has none */
    bool is_https;              /* the scheme is https, else http */
    bool is_ipv6;               /* host is an IPv6 address */
};

/*
 * Splits a complete URL into its parts. Only RFC 3986's characters are accepted (also '[' and ']',
 * which many query strings contain); midge_url_normalise corrects URLs as people paste them, call
 * it first. `*url` points into `text`, which must stay unchanged. Flags: MIDGE_URL_ALLOW_USERINFO
 * or 0. MIDGE_ERR_SCHEME: neither http nor https. MIDGE_ERR_URL: anything else wrong with it.
 */
int midge_url_parse(struct midge_url *url, const char *text, size_t len, unsigned flags);

/*
 * The target of a request line: the path, "/" if the URL has none, and the query, absent if the URL
 * has none. The path's span may be static text; the query's points into the URL's text.
 */
void midge_url_target(const struct midge_url *url, struct midge_span *path,
                      struct midge_span *query);

#if MIDGE_WITH_URL_MENDING

/*
 * Writes the URL in its normal form (RFC 3986 6.2): scheme and host in lower case, default port
 * dropped, "." and ".." removed, empty path as "/", upper-case %XX, and bytes that a URL must not
 * contain (non-ASCII and "<>\^`{|}) percent-encoded. Spaces and control characters stay errors. Dot
 * segments need room in `out` until they are removed. Errors as midge_url_parse, and without
 * MIDGE_WITH_URL_MENDING always MIDGE_ERR_UNSUPPORTED, as from midge_url_resolve.
 */
int midge_url_normalise(char *out, size_t cap, size_t *len, const char *url, unsigned flags);

/*
 * Resolves `ref` (absolute, or relative as in a Location header) against `base`, an absolute
 * URL, by RFC 3986 5.2, strictly; the result is in normal form. In `ref` a space becomes %20 and a
 * '%' without two hexadecimal digits %25: servers send such a Location. Userinfo is refused in
 * both: strip it first. `out` must overlap neither. Errors as midge_url_parse.
 */
int midge_url_resolve(char *out, size_t cap, size_t *len, const char *base, const char *ref);

#else

static inline int midge_url_normalise(char *out, size_t cap, size_t *len, const char *url,
                                      unsigned flags)
{
    (void)out, (void)cap, (void)len, (void)url, (void)flags;
    return MIDGE_ERR_UNSUPPORTED;
}

static inline int midge_url_resolve(char *out, size_t cap, size_t *len, const char *base,
                                    const char *ref)
{
    (void)out, (void)cap, (void)len, (void)base, (void)ref;
    return MIDGE_ERR_UNSUPPORTED;
}

#endif

/* Percent-encodes everything but RFC 3986's unreserved characters: for one key, value or path
 * segment, not for a whole URL. */
int midge_url_encode(char *out, size_t cap, size_t *len, const char *text, size_t text_len);

/*
 * Adds key=value, both percent-encoded, to the query of the URL in `url`, before its fragment if
 * any. `cap` is the buffer's size, `*len` the URL's length before and after. A NULL value adds the
 * key alone. On MIDGE_ERR_TOO_LARGE nothing has changed.
 */
int midge_url_query_add(char *url, size_t cap, size_t *len, const char *key, const char *value);

#ifdef __cplusplus
}
#endif
#endif
