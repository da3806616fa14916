/* SPDX-License-Identifier: MIT */
/*
 * midge's settings in an Arduino library. Arduino compiles a library's files with no definitions of
 * its own, so the packer (port/pack.py) includes this file on top of each of them. Change a value
 * here, or with PlatformIO in build_flags (-DMIDGE_MAX_CONNECTIONS=2); midge/config.h and
 * midge/features.h explain all of them.
 */
#ifndef MIDGE_ARDUINO_CONFIG_H
#define MIDGE_ARDUINO_CONFIG_H

/* The core's mbedTLS. */
#ifndef MIDGE_TLS_EXTERNAL
#define MIDGE_TLS_EXTERNAL 1
#endif

/* The limits of profile small, but for connections: an ESP32 has memory for a few. */
#ifndef MIDGE_PROFILE_SMALL
#define MIDGE_PROFILE_SMALL 1
#endif
#ifndef MIDGE_MAX_CONNECTIONS
#define MIDGE_MAX_CONNECTIONS 3
#endif
#ifndef MIDGE_MAX_PER_ORIGIN
#define MIDGE_MAX_PER_ORIGIN 3
#endif

/* Compressed bodies need zlib, which the packer adds if it is told where zlib is; it defines
   MIDGE_ARDUINO_ZLIB then. */
#if !defined(MIDGE_WITH_GUNZIP) && !defined(MIDGE_ARDUINO_ZLIB)
#define MIDGE_WITH_GUNZIP 0
#endif

/* ESP32: files in NVS, see midge_esp.h. */
#ifndef CONFIG_MIDGE_FILE_MAX
#define CONFIG_MIDGE_FILE_MAX 4096
#endif

#endif
