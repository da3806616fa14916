/* SPDX-License-Identifier: MIT */
/*
 * The tables of RFC 7541, written by hpack_tables.py.
 *
 * Static table (appendix A): an entry has the length of its name, the name and the value. The
 * length is 0 if the name is that of the entry before. Of an entry's place the table has the lower
 * 8 bits.
 *
 * Huffman code (appendix B): the code is canonical. All codes of one length are consecutive
 * numbers, and, at the top of 32 bits, lower than all longer ones. So the number of codes of each
 * length, and the symbols in the order of their codes, say all: 274 bytes. A tree would take 1,024,
 * a table of states by 4 bits 12,288.
 */
#ifndef MIDGE__HPACK_TABLES_H
#define MIDGE__HPACK_TABLES_H

#include <stdint.h>

#include "midge/config.h"

extern const char midge__hpack_fields[];
extern const uint8_t midge__hpack_places[]; /* of entry i - 1 in the fields; then their end */

extern const uint8_t midge__hpack_counts[]; /* codes of 8 bits, of 9 and so on to 28 */
extern const uint8_t midge__hpack_symbols[];

#define MIDGE__HPACK_STATIC    61u /* entries, counted from 1 */
#define MIDGE__HPACK_AFTER_256 26u /* the first entry whose place is 256 or more */
#define MIDGE__HPACK_AFTER_512 48u
/* The first codes of 6, 7 and 8 bits, and their numbers less the places of their symbols. */
#define MIDGE__HPACK_CODE_6  0x50000000u
#define MIDGE__HPACK_CODE_7  0xb8000000u
#define MIDGE__HPACK_CODE_8  0xf8000000u
#define MIDGE__HPACK_BIAS_6  10u
#define MIDGE__HPACK_BIAS_7  56u
#define MIDGE__HPACK_PLACE_8 68u

#define MIDGE__HPACK_REFUSED 0xfffffff0u /* from here on codes have 30 bits */

#endif
