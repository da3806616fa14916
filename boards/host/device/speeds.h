/* SPDX-License-Identifier: MIT */
/*
 * The speeds of the boards' cores in QEMU, where an instruction takes 8 ns (tests/boards/board.py).
 * Fields: struct device_speed. They are fitted to handshakes of `fetch`
 * (tests/boards/guest_time.py):
 *
 *   block_ps  math: full handshakes of TLS 1.2 and 1.3; cipher and other: a resumed one of TLS 1.2,
 *             which computes no curve, split as instructions in a block are on Cortex-M3
 *   call_ns, byte_ns  the rest of a resumed handshake: lwIP and the driver for one call
 */
#ifndef MIDGE_HOST_DEVICE_SPEEDS_H
#define MIDGE_HOST_DEVICE_SPEEDS_H

#define DEVICE_SPEED_arm                                                                           \
    {                                                                                              \
        .block_ps = {78000, 250000, 40000}, .call_ns = 70000, .byte_ns = 60                        \
    }
#define DEVICE_SPEED_riscv                                                                         \
    {                                                                                              \
        .block_ps = {115000, 700000, 55000}, .call_ns = 90000, .byte_ns = 80                       \
    }

#endif
