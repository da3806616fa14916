/* SPDX-License-Identifier: MIT */
/*
 * What lwIP asks of the compiler: gcc or clang, hosted or not. Nothing here needs a C library
 * beyond memcpy and friends; lwIP's own defaults would bring in printf.
 */
#ifndef MIDGE_LWIP_ARCH_CC_H
#define MIDGE_LWIP_ARCH_CC_H

/* A hosted libc's headers may have these names already, with the same values. */
#ifndef BYTE_ORDER
#define LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#define BIG_ENDIAN    __ORDER_BIG_ENDIAN__
#define BYTE_ORDER    __BYTE_ORDER__
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
