/* SPDX-License-Identifier: MIT */
/* Origins whose place in the queue may have changed: queue.c looks it up when the next transfer is
   asked for. All files that change an origin's state call this, also those that queue.c calls. */
#include "base/list.h"
#include "core/client.h"
#include "core/origin.h"
#include "core/queue.h"

void midge__queue_update(struct midge__origin *o)
{
    if (midge__list_empty(&o->stale)) {
        midge__list_push_tail(&o->client->stale, &o->stale);
    }
}
