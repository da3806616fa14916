/* SPDX-License-Identifier: MIT */
/* Delivery of trailers to the request's callback (RFC 9110 6.5). */
#include "core/exchange.h"
#include "core/hooks.h"
#include "core/hop.h"
#include "core/retry.h"
#include "core/transfer.h"

#if MIDGE_WITH_TRAILERS

void midge__exchange_trailer(struct midge__exchange *x, struct midge_span name,
                             struct midge_span value)
{
    const struct midge__transfer *t = x->transfer;
    const struct midge_request *r = t->request;
    if (r->on_trailer != NULL && !midge__hooks_wait(t) && !midge__hop_waits(t) &&
        !midge__retry_waits(t)) {
        r->on_trailer(r->ctx, t->aw.id, name.ptr, name.len, value.ptr, value.len);
    }
}

#endif
