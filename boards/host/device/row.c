/* SPDX-License-Identifier: MIT */
/* One device. boards/devices.cmake compiles this file for each board and profile, with the board's
   own headers and macros. */
#include "lwipopts.h"

#include <midge/config.h>

#include "host/device.h"
#include "speeds.h"

extern const struct device DEVICE_ROW;

const struct device DEVICE_ROW = {
    .board = DEVICE_BOARD,
    .profile = DEVICE_PROFILE,
    .also = DEVICE_ALSO,
    .is_default = DEVICE_DEFAULT,
    .block = BOARD_BLOCK_BYTES,
    .connections =
        MIDGE_MAX_CONNECTIONS < MIDGE_LWIP_SOCKS ? MIDGE_MAX_CONNECTIONS : MIDGE_LWIP_SOCKS,
    .window = TCP_WND,
    .segment = TCP_MSS,
    .speed = DEVICE_SPEED,
};
