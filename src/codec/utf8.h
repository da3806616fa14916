/* SPDX-License-Identifier: MIT */
/* Characters in UTF-8, RFC 3629, byte by byte. */
#ifndef MIDGE__UTF8_H
#define MIDGE__UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes follow the first byte of the character. */
unsigned midge__utf8_more(uint32_t code);

/* Reads one byte; begin with *code 0. False: the byte cannot stand here. */
bool midge__utf8_next(uint32_t *code, uint8_t byte);

/* More bytes of the character follow. Else *code is the character that was read. */
static inline bool midge__utf8_is_open(uint32_t code)
{
    return code >> 24 != 0;
}

#endif
