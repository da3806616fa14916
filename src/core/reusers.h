/* SPDX-License-Identifier: MIT */
/* Transfers that can use a kept connection (reusers.c). */
#ifndef MIDGE_CORE_REUSERS_H
#define MIDGE_CORE_REUSERS_H

#include <stddef.h>
#include "midge/config.h"

struct midge_client;
struct midge__origin;
struct midge__transfer;

#if MIDGE_WITH_OVERTAKING
/* Its connections or its transfers have changed. */
void midge__reusers_update(struct midge__origin *origin);
/* The first transfer of the origin that has waited longest; NULL: there is none. */
struct midge__transfer *midge__reusers_first(const struct midge_client *client);
#else
#define midge__reusers_update(origin) ((void)(origin))
#define midge__reusers_first(client)  ((void)(client), (struct midge__transfer *)NULL)
#endif

#endif
