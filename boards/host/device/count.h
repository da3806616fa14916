/* SPDX-License-Identifier: MIT */
/*
 * Read before files of mbedTLS. The compiler calls __sanitizer_cov_trace_pc in each basic block
 * (-fsanitize-coverage=trace-pc); where DEVICE_COUNT is a kind of work, that function has another
 * name, as device_count_math.
 */
#ifndef MIDGE_HOST_DEVICE_COUNT_H
#define MIDGE_HOST_DEVICE_COUNT_H

#ifdef DEVICE_COUNT
#define DEVICE_COUNT_TEXT_(kind) "device_count_" #kind
#define DEVICE_COUNT_TEXT(kind)  DEVICE_COUNT_TEXT_(kind)
void __sanitizer_cov_trace_pc(void) __asm__(DEVICE_COUNT_TEXT(DEVICE_COUNT));
#endif

#endif
