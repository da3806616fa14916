/* SPDX-License-Identifier: MIT */
/* Replay: may a request be sent again (RFC 9110 9.2.2, RFC 9112 9.3.1)? */
#include "core/replay.h"
#include "base/check.h"
#include "core/client.h"
#include "core/request.h"
#include "core/rewind.h"
#include "core/transfer.h"

#if MIDGE_WITH_REPLAY

static bool is_idempotent(const struct midge__transfer *t)
{
    return (t->method & MIDGE__METHOD_IDEMPOTENT) != 0;
}

static bool may_send_again(struct midge__transfer *t, bool idempotent_only)
{
    if (t->aw.client->closing || (idempotent_only && !is_idempotent(t))) {
        return false;
    }
    return midge__request_rewind(t);
}

/* A stale connection may be met once by each hop and repeat; a peer that does not process requests
   says so more often. */
bool midge__replay_after_break(struct midge__transfer *t, enum midge__replay replay)
{
    static const uint8_t tries[] = {
        [MIDGE__REPLAY_NEVER] = 0,
        [MIDGE__REPLAY_IDEMPOTENT] = 1,
        [MIDGE__REPLAY_SAFE] = 3,
    };
    const struct midge__report *r = t->result;
    return (uint8_t)(r->retries - r->retries_before) < tries[replay] &&
           may_send_again(t, replay == MIDGE__REPLAY_IDEMPOTENT);
}

bool midge__transfer_steps_back(const struct midge__transfer *t)
{
    return t->result->status == 0 && is_idempotent(t) && midge__request_can_rewind(t);
}

/* The answer's head is longer than the spare buffer, and all connections wait for memory: the
   request is sent again when no other connection is open, since there may be enough then. */
bool midge__replay_for_memory(struct midge__transfer *t, int err)
{
    if (err != MIDGE_ERR_NO_MEMORY || t->aw.client->n_conns < 2 || !midge__transfer_steps_back(t) ||
        !may_send_again(t, true)) {
        return false;
    }
    t->need = MIDGE__NEED_ALONE;
    return true;
}

#endif
