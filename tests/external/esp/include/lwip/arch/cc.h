/* SPDX-License-Identifier: MIT */
#ifndef ARCH_CC_H
#define ARCH_CC_H
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
typedef int sys_prot_t;
#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) abort()
#endif
