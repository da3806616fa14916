/* SPDX-License-Identifier: MIT */
/* lwIP's sizes (port/lwip_raw/lwipopts.h): 264 KB of RAM on the RP2040, 520 KB on the RP2350. The
   W5500 keeps 16 KB of received frames, eleven full ones. */
#ifndef PICO_LWIP_BOARD_H
#define PICO_LWIP_BOARD_H

#ifdef MIDGE_PROFILE_SMALL
#define MIDGE_LWIP_SOCKS 4
#endif

#endif
