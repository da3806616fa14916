/* SPDX-License-Identifier: MIT */
/* Characters in UTF-8, RFC 3629. */
#ifndef MIDGE__UTF8_H
#define MIDGE__UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes follow the first byte of the character. */
unsigned midge__utf8_more(uint32_t code);

/* How many bytes follow this first byte of a character above 0x7f, and in *code the bits that it
   has; 0: no such character begins with it. */
unsigned midge__utf8_begin(uint8_t first, uint32_t *code);

/* Adds the bits of a byte that follows. False: the byte is none of those. */
bool midge__utf8_add(uint8_t byte, uint32_t *code);

/* Is it a character that is written with so many bytes behind the first one? */
bool midge__utf8_ok(uint32_t code, unsigned more);

#endif
