/* SPDX-License-Identifier: MIT */
/* The URL has its zone apart, and percent-encoded; a connect_host has it behind a '%'. */
#include "core/zone.h"
#include "base/address.h"
#include "base/span.h"
#include "codec/url.h"
#include <string.h>

#if MIDGE_WITH_IPV6

/* "fe80::1%eth0" in its two parts. */
static int split(struct midge_span *host, char *zone)
{
    uint8_t bytes[16];
    const size_t whole = host->len;
    host->len = midge__span_find(*host, '%');
    if (host->len == whole) {
        return MIDGE_OK;
    }
    const size_t len = whole - host->len - 1;
    if (len == 0 || len > MIDGE__ZONE_MAX || midge__address_parse(*host, bytes) != 6 ||
        !midge__address_has_zone(bytes)) {
        return MIDGE_ERR_URL;
    }
    memcpy(zone, host->ptr + host->len + 1, len);
    return MIDGE_OK;
}

int midge__zone_of(const struct midge_request *request, const struct midge_url *url,
                   struct midge_span *host, char *zone)
{
    if (request->connect_host != NULL) {
        return split(host, zone);
    }
    return url->zone.ptr == NULL || midge__url_zone(url->zone, zone) ? MIDGE_OK : MIDGE_ERR_URL;
}

#endif
