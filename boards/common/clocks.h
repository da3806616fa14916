/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_BOARDS_CLOCKS_H
#define MIDGE_BOARDS_CLOCKS_H

#include <midge/port.h>

/* Sets clock_ms, clock_us, wall_time and entropy. */
void board_clocks(struct midge_port *port);

#endif
