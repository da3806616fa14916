/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_JSON_DOUBLE_H
#define MIDGE_JSON_DOUBLE_H

#include <stddef.h>

#define MIDGE__JSON_DOUBLE_TEXT 24 /* the longest text: -1.23456789012345e-308 */

/* Writes a finite number with at most 15 significant digits, without a NUL; returns the length. */
size_t midge__json_double_text(char out[MIDGE__JSON_DOUBLE_TEXT], double value);

#endif
