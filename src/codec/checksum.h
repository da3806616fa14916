/* SPDX-License-Identifier: MIT */
/* The checksums of gzip and zlib. */
#ifndef MIDGE__CHECKSUM_H
#define MIDGE__CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"

#if MIDGE_WITH_GUNZIP || MIDGE_WITH_UPDATE
/* CRC-32 (RFC 1952 8) of the bytes so far and these; 0 at first. */
uint32_t midge__crc32(uint32_t crc, const uint8_t *data, size_t len);
#endif
#if MIDGE_WITH_GUNZIP
/* Adler-32 (RFC 1950 8.2); 1 at first. At most 5,552 bytes: then the sums overflow. */
uint32_t midge__adler32(uint32_t adler, const uint8_t *data, size_t len);
#endif

#endif
