/* SPDX-License-Identifier: MIT */
/* Sessions, addresses and idle connections that are too old (ageing.c). */
#ifndef MIDGE_CORE_AGEING_H
#define MIDGE_CORE_AGEING_H

#include "midge/config.h"

struct midge_client;

#if MIDGE_WITH_SESSIONS
/* Forgets them. Called in each turn. */
void midge__client_expire(struct midge_client *client);
#else
#define midge__client_expire(client) ((void)(client))
#endif

#endif
