/* SPDX-License-Identifier: MIT */
/* A transfer whose connection broke: it is sent again at once, if the connection was stale
   (replay.c); or after a wait, if the application allows repeats (retry.c); or it ends. */
#include "core/event.h"
#include "core/replay.h"
#include "core/retry.h"
#include "core/transfer.h"

static void note_fault(struct midge__report *r, const struct midge__fault *fault)
{
    r->native = fault->native;
    r->verify_flags = fault->verify_flags;
    r->cert_date = fault->cert_date;
    if (fault->detail != NULL) {
        r->detail = fault->detail;
    }
}

void midge__transfer_broken(struct midge__transfer *t, int err, const struct midge__fault *fault,
                            enum midge__replay replay)
{
    bool again = midge__replay_after_break(t, replay);
    bool back = !again && midge__replay_for_memory(t, err);
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return; /* its source canceled it during the rewind */
    }
    if (again || back) {
        t->result->retries += again;
        t->result->reused = 0;
        t->frozen = false;
        midge__transfer_requeue(t, true);
        midge__event(t, REPEAT, t->result->retries, 0);
        return;
    }
    if (fault != NULL) {
        note_fault(t->result, fault);
    }
    if (!midge__retry_error(t, err)) {
        midge__transfer_end(t, err);
    }
}
