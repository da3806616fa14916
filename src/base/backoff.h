/* SPDX-License-Identifier: MIT */
/* Waits before something that failed is tried again. */
#ifndef MIDGE_BASE_BACKOFF_H
#define MIDGE_BASE_BACKOFF_H

#include <stdint.h>

#include "midge/port.h"

/* Milliseconds to wait before the nth try (0: the first): by chance up to first_ms, then up to
   twice as long each time, at most most_ms. chance: any number. */
uint32_t midge__backoff(uint32_t first_ms, uint32_t most_ms, unsigned nth, uint32_t chance);

/* A number from the port's entropy; without entropy that other number. */
uint32_t midge__chance(const struct midge_port *port, uint32_t otherwise);

#endif
