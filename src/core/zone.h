/* SPDX-License-Identifier: MIT */
/* Zones of IPv6 addresses (RFC 4007 11): in a URL, or in a request's connect_host (zone.c). */
#ifndef MIDGE_CORE_ZONE_H
#define MIDGE_CORE_ZONE_H

#include "midge/config.h"
#include "midge/request.h"
#include "midge/url.h"

#if MIDGE_WITH_IPV6
/* Writes the zone of the host that a request connects to, at most MIDGE__ZONE_MAX bytes and a NUL,
   and cuts it off host. URL. */
int midge__zone_of(const struct midge_request *request, const struct midge_url *url,
                   struct midge_span *host, char *zone);
#else
#define midge__zone_of(request, url, host, zone) ((void)(request), (void)(url), (int)MIDGE_OK)
#endif

#endif
