/* SPDX-License-Identifier: MIT */
/* Called in each basic block of the client, its mbedTLS and the apps: see count.h. */
#include "host/speed.h"

void device_count_math(void);
void device_count_cipher(void);
void __sanitizer_cov_trace_pc(void);

uint64_t device_blocks[DEVICE_WORKS];

void device_count_math(void)
{
    device_blocks[DEVICE_MATH]++;
}

void device_count_cipher(void)
{
    device_blocks[DEVICE_CIPHER]++;
}

void __sanitizer_cov_trace_pc(void) /* the compiler gives this name */
{
    device_blocks[DEVICE_OTHER]++;
}
