/* SPDX-License-Identifier: MIT */
/*
 * Entries are found by their offsets. An entry whose name is not repeated takes it from the nearest
 * one before; at most six are passed. From entry 15 on each has a name of its own, and they are in
 * alphabetical order if a name's end comes behind all characters (accept-charset, accept).
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

/* Negative: the entry's name comes before `name`; positive: behind it. */
static int compare(unsigned index, struct midge_span name)
{
    struct midge_span known = midge__hpack_static_name(index);
    for (size_t i = 0; i < known.len && i < name.len; i++) {
        int order = known.ptr[i] - midge__lower(name.ptr[i]);
        if (order != 0) {
            return order;
        }
    }
    return (known.len < name.len) - (known.len > name.len);
}

unsigned midge__hpack_static_find(struct midge_span name)
{
    unsigned low = FIRST_REGULAR, high = MIDGE__HPACK_STATIC;
    while (low <= high) {
        const unsigned middle = (low + high) / 2;
        const int order = compare(middle, name);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    return 0;
}

#endif
