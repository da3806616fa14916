/* SPDX-License-Identifier: MIT */
/* Programs of 64 bits count nothing. */
#include "host/speed.h"

uint64_t device_blocks[DEVICE_WORKS];
