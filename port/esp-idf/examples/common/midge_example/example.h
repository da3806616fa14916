/* SPDX-License-Identifier: MIT */
/* The steps of an example before its first request. */
#ifndef MIDGE_EXAMPLE_H
#define MIDGE_EXAMPLE_H

#include <stdbool.h>

#include <midge_esp.h>

#include "board.h"

/* Flash, network, time, trust, port: everything before the program. False: it failed, after a line
   that says why. */
bool example_begin(struct board *board);

/* network.c: starts the station and waits until it has an address; it connects again whenever the
   connection is lost. False: it has no address after CONFIG_EXAMPLE_WIFI_TRIES tries, or a minute.
 */
bool example_wifi(void);

/* network.c: sets the clock by SNTP; waits for some seconds. False: it is not set. */
bool example_time(void);

#endif
