/* SPDX-License-Identifier: MIT */
/* The whole identity of an origin (design of origin.c) in a record, for sessions that are stored.
 */
#ifndef MIDGE_CORE_IDENTITY_H
#define MIDGE_CORE_IDENTITY_H

#include "base/bytes.h"
#include "core/origin.h"
#include "midge/request.h"
#include "midge/url.h"

/* A request and its URL that have this origin; the texts are in the record. */
struct midge__identity {
    struct midge_request request;
    struct midge_url url;
    struct midge_proxy proxy;
};

/* put and take are the one place for whatever the identity gets; put writes each part that
   origin.c compares, take makes the request that has it. */
void midge__identity_put(struct midge__put *put, const struct midge__origin *origin);
/* False: no such record. */
bool midge__identity_take(struct midge__take *take, struct midge__identity *id);

#endif
