/* SPDX-License-Identifier: MIT */
/* For tests on the desktop, after pico-sdk's public interface. */
#ifndef DESKTOP_TIMER_H
#define DESKTOP_TIMER_H

#include <stdint.h>

uint32_t time_us_32(void);

#endif
