/* SPDX-License-Identifier: MIT */
/* lwIP's sizes: four connections leave room for the driver of the wireless chip on the RP2040. */
#ifndef PICO_W_LWIP_BOARD_H
#define PICO_W_LWIP_BOARD_H

#define MIDGE_LWIP_SOCKS 4

#endif
