/* SPDX-License-Identifier: MIT */
/* Origins with transfers that can use a kept connection: admission lets these go before a transfer
   that waits for room, since the room would be made by closing that connection. */
#include "core/reusers.h"
#include "base/check.h"
#include "base/list.h"
#include "core/client.h"
#include "core/origin.h"
#include "core/transfer.h"

#if MIDGE_WITH_OVERTAKING

void midge__reusers_update(struct midge__origin *o)
{
    bool reuses =
        o->first != NULL && !midge__list_empty(&o->usable) && !midge__list_empty(&o->reusers);
    if (reuses == midge__list_empty(&o->reuses)) {
        if (reuses) {
            midge__list_push_tail(&o->client->reuses, &o->reuses);
        } else {
            midge__list_remove(&o->reuses);
        }
    }
}

struct midge__transfer *midge__reusers_first(const struct midge_client *client)
{
    struct midge__list *link = midge__list_first(&client->reuses);
    if (link == NULL) {
        return NULL;
    }
    link = midge__list_first(&MIDGE_CONTAINER_OF(link, struct midge__origin, reuses)->reusers);
    return MIDGE_CONTAINER_OF(link, struct midge__transfer, aw.link);
}

#endif
