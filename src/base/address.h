/* SPDX-License-Identifier: MIT */
/* IP address literals: URLs may name them, and the resolver never sees one. */
#ifndef MIDGE_BASE_ADDRESS_H
#define MIDGE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "midge/config.h"
#include "midge/port.h"
#include "midge/span.h"

/* Converts "192.0.2.1" or "2001:db8::1" (RFC 4291 2.2, no zone) to network order, 4 or 16 bytes.
   Returns the family, 4 or 6; 0 when text is no address. */
unsigned midge__address_parse(struct midge_span text, uint8_t bytes[16]);

/* Are they one address, in one zone? */
bool midge__address_is(const struct midge_addr *a, const struct midge_addr *b);

bool midge__address_v4(struct midge_span text, uint8_t out[4]);

#if MIDGE_WITH_IPV6

/* Eight groups; "::" may replace one run of zero groups, an IPv4 address the last two. */
bool midge__address_v6(struct midge_span text, uint8_t out[16]);

/* An IPv6 address of link-local scope: fe80::/10, and ::1 (RFC 4007 4). It may have a zone. */
bool midge__address_has_zone(const uint8_t bytes[16]);

#else

static inline bool midge__address_v6(struct midge_span text, uint8_t out[16])
{
    (void)text;
    (void)out;
    return false;
}

static inline bool midge__address_has_zone(const uint8_t bytes[16])
{
    (void)bytes;
    return false;
}

#endif

#endif
