/* SPDX-License-Identifier: MIT */
/*
 * The tables of RFC 7541, written by hpack_tables.py.
 *
 * Static table (appendix A): an entry has the length of its name, the name and the value. The
 * length is 0 if the name is that of the entry before.
 *
 * Huffman code (appendix B): the code is canonical. All codes of one length are consecutive
 * numbers, and, at the top of 32 bits, lower than all longer ones. So a code's length is that of
 * the last row that does not begin above it, and its symbol lies as far from the row's first symbol
 * as its number from the row's first code. 21 rows and 253 symbols take 377 bytes; a tree would
 * take 1,024, a table of states by 4 bits 12,288.
 */
#ifndef MIDGE__HPACK_TABLES_H
#define MIDGE__HPACK_TABLES_H

#include <stdint.h>

#include "midge/config.h"

extern const char midge__hpack_fields[];
extern const uint16_t midge__hpack_places[]; /* of entry i - 1 in the fields; then their end */

extern const uint32_t midge__hpack_codes[];    /* a row's first code; then the codes of 30 bits */
extern const uint8_t midge__hpack_code_bits[]; /* a row's bits of a code */
extern const uint8_t midge__hpack_code_symbols[]; /* a row's first symbol */
extern const uint8_t midge__hpack_symbols[];

#define MIDGE__HPACK_STATIC 61u /* entries, counted from 1 */
/* The first codes of 6, 7 and 8 bits, and their numbers less the places of their symbols. */
#define MIDGE__HPACK_CODE_6 0x50000000u
#define MIDGE__HPACK_CODE_7 0xb8000000u
#define MIDGE__HPACK_CODE_8 0xf8000000u
#define MIDGE__HPACK_BIAS_6 10u
#define MIDGE__HPACK_BIAS_7 56u

#define MIDGE__HPACK_REFUSED 0xfffffff0u /* from here on codes have 30 bits */

#endif
