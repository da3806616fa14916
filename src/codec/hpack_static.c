/* SPDX-License-Identifier: MIT */
/*
 * Entries are found by their offsets. An entry whose name is not repeated takes it from the nearest
 * one before; at most six are passed. From entry 15 on the names are in alphabetical order.
 */
#include "codec/hpack_static.h"

#if MIDGE_WITH_HTTP2

#include "base/span.h"

enum { FIRST_REGULAR = 15 };

static const char *entry(unsigned index)
{
    return midge__hpack_fields + midge__hpack_places[index - 1];
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

unsigned midge__hpack_static_find(struct midge_span name)
{
    const char first = name.len > 0 ? midge__lower(*name.ptr) : '\0';
    for (unsigned i = FIRST_REGULAR; i <= MIDGE__HPACK_STATIC && entry(i)[1] <= first; i++) {
        if (entry(i)[1] == first && (size_t)*entry(i) == name.len &&
            midge__span_eq_nocase(midge__span(entry(i) + 1, name.len), name)) {
            return i;
        }
    }
    return 0;
}

#endif
