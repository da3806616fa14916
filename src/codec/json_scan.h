/* SPDX-License-Identifier: MIT */
/*
 * Incremental JSON scanner (RFC 8259), strict, that reports the values at some paths. Any split of
 * the bytes gives the same values, and the same error at the same byte.
 *
 *     err = midge__json_scan_init(&s, paths, n, text, sizeof text);
 *     while ((err = midge__json_scan(&s, &in, &value)) == MIDGE__JSON_VALUE)
 *         ... value ...
 *
 * midge/json.h describes paths and values. No value is longer than text, so the document may have
 * any size.
 */
#ifndef MIDGE__JSON_SCAN_H
#define MIDGE__JSON_SCAN_H

#include <stddef.h>

#include "midge/json.h"
#include "midge/span.h"

/* Result beside MIDGE_OK and errors: value is filled in, call again with the unread input. */
#define MIDGE__JSON_VALUE 1

/* Arguments as for midge_json_filter_init; MIDGE_OK or MIDGE_ERR_INVALID. Afterwards s->longer
 * (MIDGE__JSON_CUT or _IN_PIECES, midge/json.h) may be set and s->max_depth lowered. */
int midge__json_scan_init(struct midge__json_scan *s, const char *const *paths, size_t n,
                          char *text, size_t cap);

/* Reads up to the next value; *in becomes the unread input. in->ptr NULL: the document has ended.
 * MIDGE__JSON_VALUE; MIDGE_OK: all input is used, or the document is complete; MIDGE_ERR_JSON or
 * MIDGE_ERR_TOO_LARGE with in->ptr at the wrong byte, and from then on only that error. */
int midge__json_scan(struct midge__json_scan *s, struct midge_span *in,
                     struct midge_json_value *value);

#endif
