/* SPDX-License-Identifier: MIT */
/* How long a board was idle, for test images that are linked with --wrap=hw_idle. Included by one
   file of an image. */
#ifndef IDLE_H
#define IDLE_H

#include <stdint.h>
#include "common/hw.h"

static uint64_t idle_us;

void __real_hw_idle(void);
void __wrap_hw_idle(void);
void __wrap_hw_idle(void)
{
    const uint64_t from = hw_micros();
    __real_hw_idle();
    idle_us += hw_micros() - from;
}

#endif
