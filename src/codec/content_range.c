/* SPDX-License-Identifier: MIT */
/*
 * Content-Range has one of three forms:
 *
 *     bytes FIRST-LAST/TOTAL     bytes FIRST-LAST/[star]     bytes [star]/TOTAL
 *
 * The name of the unit has any case; nothing else may vary.
 */
#include "codec/content_range.h"
#include "base/span.h"

/* A number, or a star for UNKNOWN. */
static bool read_number(struct midge_span text, uint64_t *value)
{
    if (text.len == 1 && text.ptr[0] == '*') {
        *value = MIDGE_RANGE_UNKNOWN;
        return true;
    }
    return midge__span_u64(text, value) && *value != MIDGE_RANGE_UNKNOWN;
}

static struct midge_span before(struct midge_span text, size_t at)
{
    return midge__span(text.ptr, at);
}

static struct midge_span behind(struct midge_span text, size_t at)
{
    return midge__span(text.ptr + at + 1, text.len - at - 1);
}

static bool is_sound(const struct midge_content_range *range)
{
    if (range->first == MIDGE_RANGE_UNKNOWN) {
        return range->total != MIDGE_RANGE_UNKNOWN;
    }
    return range->last < range->total;
}

/* "FIRST-LAST", or a star. */
static bool read_part(struct midge_span text, struct midge_content_range *range)
{
    const size_t dash = midge__span_find(text, '-');
    if (dash == text.len) {
        range->last = MIDGE_RANGE_UNKNOWN;
        return read_number(text, &range->first) && range->first == MIDGE_RANGE_UNKNOWN;
    }
    return midge__span_u64(before(text, dash), &range->first) &&
           midge__span_u64(behind(text, dash), &range->last) && range->first <= range->last &&
           range->last != MIDGE_RANGE_UNKNOWN;
}

bool midge__content_range(struct midge_span value, struct midge_content_range *range)
{
    struct midge_content_range read;
    const size_t space = midge__span_find(value, ' '), slash = midge__span_find(value, '/');
    if (slash == value.len || space >= slash || !midge__span_is(before(value, space), "bytes") ||
        !read_part(midge__span(value.ptr + space + 1, slash - space - 1), &read) ||
        !read_number(behind(value, slash), &read.total) || !is_sound(&read)) {
        return false;
    }
    *range = read;
    return true;
}
