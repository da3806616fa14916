/* SPDX-License-Identifier: MIT */
/* The value of Content-Range, RFC 9110 14.4, for bytes. */
#ifndef MIDGE__CONTENT_RANGE_H
#define MIDGE__CONTENT_RANGE_H

#include <stdbool.h>

#include "midge/range.h"
#include "midge/span.h"

/* "bytes 0-99/1000", "bytes 0-99/" with a star, "bytes" star "/1000". False: anything else, a range
   that ends before it begins or behind the length, a number that is MIDGE_RANGE_UNKNOWN or more;
   range is not set then. */
bool midge__content_range(struct midge_span value, struct midge_content_range *range);

#endif
