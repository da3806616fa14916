/* SPDX-License-Identifier: MIT */
/*
 * The definitions that lwIP needs for the compiler (gcc or clang, hosted or not) and, without an
 * operating system, for random numbers. lwipopts.h is read before and may define each of these
 * itself. Nothing here needs a C library beyond memcpy and similar functions; lwIP's own defaults
 * would link printf.
 */
#ifndef MIDGE_LWIP_ARCH_CC_H
#define MIDGE_LWIP_ARCH_CC_H

#include <stdint.h>

/* The headers of a hosted libc may define these names already, with the same values. */
#ifndef BYTE_ORDER
#define LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#define BIG_ENDIAN    __ORDER_BIG_ENDIAN__
#define BYTE_ORDER    __BYTE_ORDER__
#endif

/* For the machine's pointers and 64-bit numbers; lwIP's own default is 1. */
#ifndef MEM_ALIGNMENT
#define MEM_ALIGNMENT __SIZEOF_POINTER__
#endif

/* Without an operating system no interrupt enters lwIP: its driver is polled. lwIP's default is 1,
   which needs functions of the system and its type sys_prot_t. */
#if defined(NO_SYS) && NO_SYS && !defined(SYS_LIGHTWEIGHT_PROT)
#define SYS_LIGHTWEIGHT_PROT 0
#endif

/* An attacker must not guess these numbers: sequence numbers (RFC 6528), transaction ids and ports
   of DNS (RFC 5452). They come from a keyed hash whose key is the port's entropy
   (port/lwip_raw/random.c). */
#if defined(NO_SYS) && NO_SYS
#ifndef LWIP_RAND
uint32_t midge__lwip_rand(void);
#define LWIP_RAND midge__lwip_rand
#endif
#ifndef LWIP_HOOK_FILENAME
#define LWIP_HOOK_FILENAME "lwip_hooks.h"
#endif
#endif

/* The dynamic ports (RFC 6335 6), without the last one: lwIP 2.2.1 begins at a number by chance and
   counts on from there, and behind 0xffff it finds port 0, so that the first connection fails with
   ERR_BUF, once in 16,384 starts. */
#ifndef TCP_LOCAL_PORT_RANGE_START
#define TCP_LOCAL_PORT_RANGE_START 0xc000
#define TCP_LOCAL_PORT_RANGE_END   0xffff
#define TCP_ENSURE_LOCAL_PORT_RANGE(port)                                                          \
    ((u16_t)(0xc000 + (((port)&0x3fff) == 0x3fff ? 0 : ((port)&0x3fff))))
#endif

/* lwIP's diagnostics are off; if one is turned on, it prints nothing. */
#ifndef LWIP_PLATFORM_DIAG
#define LWIP_PLATFORM_DIAG(x)                                                                      \
    do {                                                                                           \
    } while (0)
#endif

/* A broken invariant of lwIP: stop here, where a debugger shows it. A board may log x. */
#ifndef LWIP_PLATFORM_ASSERT
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()
#endif

#endif
