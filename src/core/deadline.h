/* SPDX-License-Identifier: MIT */
/* Deadlines of a transfer: of the whole, and of its phases (deadline.c). */
#ifndef MIDGE_CORE_DEADLINE_H
#define MIDGE_CORE_DEADLINE_H

#include <stddef.h>
#include <stdint.h>
#include "midge/client.h"
#include "midge/config.h"

struct midge__transfer;

/* Names a limit: the field's offset in struct midge_timeouts. */
#define MIDGE__LIMIT(field) ((uint8_t)offsetof(struct midge_timeouts, field))

/* The client's limits that are 0 become the build's. */
void midge__deadline_defaults(struct midge_timeouts *timeouts);
/* The request's limit; if 0, the client's. */
uint32_t midge__deadline_limit(const struct midge__transfer *t, uint8_t limit);
/* It is started now: its total limit counts from here. */
void midge__deadline_start(struct midge__transfer *t);
/* Milliseconds until its next deadline, 0 when that has passed; MIDGE_NO_TIMEOUT: none. */
uint32_t midge__transfer_left(const struct midge__transfer *t);

#if MIDGE_WITH_PHASE_DEADLINES
/* The same for the limit of its phase alone. */
uint32_t midge__deadline_phase_left(const struct midge__transfer *t);
/* Its phase ends now. */
void midge__deadline_phase_ends(struct midge__transfer *t);
/* It leaves the queue: the limit of the attempt counts from here. If it is admitted again, the new
   end would be later, so it has no effect. */
void midge__deadline_attempt(struct midge__transfer *t);
/* Bytes moved: the limit of its phase counts from here. */
void midge__transfer_active(struct midge__transfer *t);
#else
#define midge__deadline_phase_left(t) ((void)(t), MIDGE_NO_TIMEOUT)
#define midge__deadline_phase_ends(t) ((void)(t))
#define midge__deadline_attempt(t)    ((void)(t))
#define midge__transfer_active(t)     ((void)(t))
#endif

#endif
