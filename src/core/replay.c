/* SPDX-License-Identifier: MIT */
/* Replay: may a request be sent again (RFC 9110 9.2.2, RFC 9112 9.3.1)? */
#include "core/replay.h"
#include "core/transfer.h"
#include "base/check.h"
#include "base/list.h"
#include "base/span.h"
#include "core/admission.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/request.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

static bool is_idempotent(const struct midge__transfer *t)
{
    return (t->method & MIDGE__METHOD_IDEMPOTENT) != 0;
}

/* Bytes that the source gave may not have been sent, but only a rewind brings them back. */
static bool may_send_again(struct midge__transfer *t, bool sent_any)
{
    const struct midge_request *r = t->request;
    if (t->aw.client->closing || (sent_any && !is_idempotent(t))) {
        return false;
    }
    if (t->source_begun &&
        (r->source->rewind == NULL || r->source->rewind(r->source) != MIDGE_OK)) {
        return false;
    }
    t->source_begun = false;
    return true;
}

/* RFC 9112 9.3.1: a kept connection may have been closed while the request was on its way. */
bool midge__replay_after_break(struct midge__transfer *t, bool sent_any, bool got_any)
{
    return t->result->reused && !got_any && t->result->retries == 0 && may_send_again(t, sent_any);
}

bool midge__transfer_steps_back(const struct midge__transfer *t)
{
    const struct midge_request *r = t->request;
    return t->result->status == 0 && is_idempotent(t) &&
           (!t->source_begun || r->source->rewind != NULL);
}

/* The answer's head is longer than the spare buffer, and all connections wait for memory: the
   request is sent again when no other connection is open, since there may be enough then. */
bool midge__replay_for_memory(struct midge__transfer *t, int err)
{
    if (err != MIDGE_ERR_NO_MEMORY || t->aw.client->n_conns < 2 || !midge__transfer_steps_back(t) ||
        !may_send_again(t, true)) {
        return false;
    }
    t->put_off = MIDGE__PUT_OFF_ALONE;
    return true;
}
