/* SPDX-License-Identifier: MIT */
/* Both families: an IPv4 address is never a valid IPv6 address, so the order does not matter. */
#include "base/address.h"
#include <string.h>

unsigned midge__address_parse(struct midge_span text, uint8_t bytes[16])
{
    return midge__address_v4(text, bytes) ? 4 : midge__address_v6(text, bytes) ? 6 : 0;
}

bool midge__address_is(const struct midge_addr *a, const struct midge_addr *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}
