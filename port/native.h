/* SPDX-License-Identifier: MIT */
/* The platform's own code of an error, where a port's caller asked for it. */
#ifndef MIDGE_PORT_NATIVE_H
#define MIDGE_PORT_NATIVE_H

#include <stddef.h>

static inline void midge__native(int *native, int code)
{
    if (native != NULL) {
        *native = code;
    }
}

#endif
