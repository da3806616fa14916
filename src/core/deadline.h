/* SPDX-License-Identifier: MIT */
/* Deadlines of a transfer (deadline.c). */
#ifndef MIDGE_CORE_DEADLINE_H
#define MIDGE_CORE_DEADLINE_H

#include <stddef.h>
#include <stdint.h>
#include "midge/client.h"

struct midge__transfer;

/* Names a limit: the field's offset in struct midge_timeouts. */
#define MIDGE__LIMIT(field) ((uint8_t)offsetof(struct midge_timeouts, field))

/* The request's limit; if 0, the client's; if 0, the build's. */
uint32_t midge__deadline_limit(const struct midge__transfer *t, uint8_t limit);
/* Milliseconds until the limit of its phase, 0 when that has passed; MIDGE_NO_TIMEOUT: none. */
uint32_t midge__deadline_phase_left(const struct midge__transfer *t);
/* The same with the limit of the whole transfer. */
uint32_t midge__transfer_left(const struct midge__transfer *t);

#endif
