/* SPDX-License-Identifier: MIT */
/* Brings a request's source back to its first byte, so that the request can be sent again. Bytes
   that the source gave may not have been sent, but only a rewind brings them back. */
#include "core/rewind.h"
#include "core/client.h"
#include "core/exchange.h"
#include "core/transfer.h"

#if MIDGE_WITH_SOURCES

bool midge__request_rewind(struct midge__transfer *t)
{
    struct midge_source *source = t->request->source;
    if (t->source_begun && (source->rewind == NULL || source->rewind(source) != MIDGE_OK)) {
        return false;
    }
    t->source_begun = false;
    return true;
}

#endif

#if MIDGE__DROPS_ANSWERS

bool midge__request_rewind_or_end(struct midge__transfer *t)
{
    const bool rewound = midge__request_rewind(t);
    if (!rewound || t->aw.client->closing) { /* or its source has ended it */
        midge__transfer_end(t, rewound ? MIDGE_ERR_CLOSED : MIDGE_ERR_REWIND);
    }
    return t->state != MIDGE__TRANSFER_ENDED;
}

#endif
