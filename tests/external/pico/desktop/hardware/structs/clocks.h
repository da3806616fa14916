/* SPDX-License-Identifier: MIT */
/* For tests on the desktop: the sources of the RP2040's clocks (data sheet 2.15.7). */
#ifndef DESKTOP_CLOCKS_H
#define DESKTOP_CLOCKS_H

#include <stdint.h>

enum { clk_ref = 4, clk_sys = 5 };

#define CLOCKS_CLK_REF_CTRL_SRC_BITS                 0x00000003u
#define CLOCKS_CLK_REF_CTRL_SRC_LSB                  0
#define CLOCKS_CLK_REF_CTRL_SRC_VALUE_ROSC_CLKSRC_PH 0u
#define CLOCKS_CLK_SYS_CTRL_SRC_BITS                 0x00000001u
#define CLOCKS_CLK_SYS_CTRL_SRC_LSB                  0
#define CLOCKS_CLK_SYS_CTRL_SRC_VALUE_CLK_REF        0u
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_BITS              0x000000e0u
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_LSB               5
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_VALUE_ROSC_CLKSRC 2u

struct desktop_clocks {
    struct {
        uint32_t ctrl;
    } clk[10];
};
extern struct desktop_clocks desktop_clocks;
#define clocks_hw (&desktop_clocks)

#endif
