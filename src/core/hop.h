/* SPDX-License-Identifier: MIT */
/* The hops of a transfer (hop.c). */
#ifndef MIDGE_CORE_HOP_H
#define MIDGE_CORE_HOP_H

#include "core/exchange.h"
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_REDIRECTS

struct midge__hop {
    struct midge__hop *before;         /* NULL: it is the first one after the start */
    struct midge__origin *origin;      /* its own while it waits; NULL: it has begun, or will not */
    const struct midge_request *first; /* how the transfer was started */
    uint8_t method;                    /* its flags */
};

/* The final head of x's answer has come. True: it leads on, and on_response does not get it. *err,
   OK before, ends the exchange, as of midge__exchange_head; also if false. */
bool midge__hop_head(struct midge__exchange *x, const struct midge_response *head, int *err);
/* Does the transfer's next hop wait for the end of the answer that led to it? */
static inline bool midge__hop_waits(const struct midge__transfer *t)
{
    return t->hop != NULL && t->hop->origin != NULL;
}
/* That answer is over, and so is the exchange: begins the hop that waits. */
void midge__hop_begin(struct midge__transfer *t);
/* The request as it was started. */
static inline const struct midge_request *midge__hop_first(const struct midge__transfer *t)
{
    return t->hop != NULL ? t->hop->first : t->request;
}
/* The request is repeated before its newest hop began, which waits or could not: frees that hop. */
void midge__hop_forget(struct midge__transfer *t);
/* Frees the hops. The transfer has the request that it was started with. */
void midge__hop_end(struct midge__transfer *t);

#else

static inline bool midge__hop_head(struct midge__exchange *x, const struct midge_response *head,
                                   int *err)
{
    (void)x;
    (void)head;
    (void)err;
    return false;
}
static inline bool midge__hop_waits(const struct midge__transfer *t)
{
    (void)t;
    return false;
}
static inline const struct midge_request *midge__hop_first(const struct midge__transfer *t)
{
    return t->request;
}
#define midge__hop_begin(t)  ((void)(t))
#define midge__hop_forget(t) ((void)(t))
#define midge__hop_end(t)    ((void)(t))

#endif

#endif
