/* SPDX-License-Identifier: MIT */
#include "base/address.h"

unsigned midge__address_parse(struct midge_span text, uint8_t bytes[16])
{
    return midge__address_v4(text, bytes) ? 4 : midge__address_v6(text, bytes) ? 6 : 0;
}
