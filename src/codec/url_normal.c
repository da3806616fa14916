/* SPDX-License-Identifier: MIT */
/* Is a URL in its normal form already? Most are, and then nothing is built. The answer no may be
   wrong: then midge_url_normalise only costs time. */
#include "codec/url.h"
#include "midge/config.h"

#if MIDGE_WITH_URL_MENDING

static bool has_upper(struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') {
            return true;
        }
    }
    return false;
}

/* Only ":8080": not empty, not the default, without leading zeros. */
static bool is_normal_port(const struct midge_url *url, struct midge_span port)
{
    return port.len == 0 || (port.len > 1 && port.ptr[1] != '0' &&
                             url->port != midge__url_default_port(url->is_https));
}

/* From the path on. */
static bool is_normal_tail(struct midge_span tail)
{
    for (size_t i = 0; i + 1 < tail.len; i++) {
        if (tail.ptr[i] == '%' || (tail.ptr[i] == '/' && tail.ptr[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

bool midge__url_is_normal(const struct midge_url *url, struct midge_span text)
{
    const char *host_end = url->host.ptr + url->host.len + (url->is_ipv6 ? 1 : 0);
    if (url->userinfo.ptr != NULL || url->zone.ptr != NULL || url->path.len == 0) {
        return false;
    }
    struct midge_span port = midge__span(host_end, (size_t)(url->path.ptr - host_end));
    struct midge_span tail =
        midge__span(url->path.ptr, text.len - (size_t)(url->path.ptr - text.ptr));
    return !has_upper(url->scheme) && !has_upper(url->host) && is_normal_port(url, port) &&
           is_normal_tail(tail);
}

#endif
