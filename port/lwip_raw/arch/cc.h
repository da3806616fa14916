/* SPDX-License-Identifier: MIT */
/*
 * What lwIP asks of the compiler (gcc or clang, hosted or not) and, without an operating system, of
 * randomness. lwipopts.h may define each of these itself; it is read before. Nothing here needs a C
 * library beyond memcpy and friends; lwIP's own defaults would bring in printf.
 */
#ifndef MIDGE_LWIP_ARCH_CC_H
#define MIDGE_LWIP_ARCH_CC_H

#include <stdint.h>

/* A hosted libc's headers may have these names already, with the same values. */
#ifndef BYTE_ORDER
#define LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#define BIG_ENDIAN    __ORDER_BIG_ENDIAN__
#define BYTE_ORDER    __BYTE_ORDER__
#endif

/* For pointers and 64-bit numbers of the machine; lwIP's own default is 1. */
#ifndef MEM_ALIGNMENT
#define MEM_ALIGNMENT __SIZEOF_POINTER__
#endif

/* Not to be guessed from outside: RFC 6528 sequence numbers, RFC 5452 transaction ids and ports of
   DNS. A keyed hash, its key from the port's entropy (port/lwip_raw/random.c). */
#if defined(NO_SYS) && NO_SYS
#ifndef LWIP_RAND
uint32_t midge__lwip_rand(void);
#define LWIP_RAND midge__lwip_rand
#endif
#ifndef LWIP_HOOK_FILENAME
#define LWIP_HOOK_FILENAME "lwip_hooks.h"
#endif
#endif

/* lwIP's diagnostics are off; were one on, it would say nothing. */
#ifndef LWIP_PLATFORM_DIAG
#define LWIP_PLATFORM_DIAG(x)                                                                      \
    do {                                                                                           \
    } while (0)
#endif

/* A broken invariant of lwIP's: stop at the spot, where a debugger shows it. A board may log x. */
#ifndef LWIP_PLATFORM_ASSERT
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()
#endif

#endif
