/* SPDX-License-Identifier: MIT */
/* Stores the platform's own error code, if the caller of the port asked for it. */
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
