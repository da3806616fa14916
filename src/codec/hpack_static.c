/* SPDX-License-Identifier: MIT */
/* Entries are found by their offsets. An entry whose name is not repeated takes it from the nearest
   one before; at most six are passed. */
#include "codec/hpack_static.h"

#if MIDGE_WITH_HTTP2

#include "base/check.h"
#include "base/span.h"

MIDGE__APART static const char *entry(unsigned index)
{
    const char *fields = midge__hpack_fields;
    fields += index >= MIDGE__HPACK_AFTER_256 ? 256 : 0;
    fields += index >= MIDGE__HPACK_AFTER_512 ? 256 : 0;
    return fields + midge__hpack_places[index - 1];
}

struct midge_span midge__hpack_static_name(unsigned index)
{
    while (*entry(index) == 0) {
        index--;
    }
    return midge__span(entry(index) + 1, (size_t)*entry(index));
}

struct midge_span midge__hpack_static_value(unsigned index)
{
    const char *value = entry(index) + 1 + *entry(index);
    return midge__span(value, (size_t)(entry(index + 1) - value));
}

#endif
