/* SPDX-License-Identifier: MIT */
/* Prepared requests (prepared.c). */
#ifndef MIDGE_CORE_PREPARED_H
#define MIDGE_CORE_PREPARED_H

#include "base/list.h"
#include "core/transfer.h"
#include "midge/config.h"
#include "midge/prepared.h"
#include "midge/span.h"

struct midge__origin;

#if MIDGE_WITH_PREPARED
struct midge_prepared {
    bool is_started;         /* its transfer has a slot */
    bool is_freed;           /* midge_prepared_free was called while it was started */
    struct midge__list link; /* client->prepared */
    struct midge__origin *origin;
    struct midge_request *request; /* the copy; only up to its field `timeouts` */
    const void *body;              /* as prepared */
    size_t body_len;
    struct midge_span head; /* without framing and the empty line; ptr NULL while it is prepared */
    struct midge__transfer t; /* the last field: its request follows */
};

/* The head of t's request, ptr NULL if it is not prepared. */
static inline struct midge_span midge__prepared_head(const struct midge__transfer *t)
{
    const struct midge_prepared *p =
        (const struct midge_prepared *)(const void *)((const char *)t -
                                                      offsetof(struct midge_prepared, t));
    return t->is_prepared ? p->head : (struct midge_span){NULL, 0};
}
/* Frees all of them. */
void midge__prepared_close(struct midge_client *client);
#else
#define midge__prepared_head(t)       ((void)(t), (struct midge_span){NULL, 0})
#define midge__prepared_close(client) ((void)(client))
#endif

#endif
