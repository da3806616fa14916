/* SPDX-License-Identifier: MIT */
/* Hooks around each hop (hooks.c). */
#ifndef MIDGE_CORE_HOOKS_H
#define MIDGE_CORE_HOOKS_H

#include "codec/h1_write.h"
#include "core/client.h"
#include "core/exchange.h"
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_HOOKS

static inline bool midge__hooks_any(const struct midge__transfer *t)
{
    return t->aw.client->config.hooks != NULL || t->request->hooks != NULL;
}

/* The head of x is about to be written: runs on_send of all hooks. A negative error of one of them;
   NULL in x->transfer: one has ended it. */
int midge__hooks_send(struct midge__exchange *x);
/* The final head of x has come: runs on_head. True: the answer is dropped, since the hop is
   repeated (midge__hooks_wait), *err is the error of a hook, or a hook has ended the request. */
bool midge__hooks_head(struct midge__exchange *x, const struct midge_response *head, int *err);
/* The exchange is over: frees the fields that were set for it. */
void midge__hooks_forget(struct midge__exchange *x);
static inline void midge__hooks_free(struct midge__exchange *x)
{
    if (x->hooked.fields != NULL || x->hooked.keep != NULL) {
        midge__hooks_forget(x);
    }
}
/* Does the repeat wait for the end of the answer that led to it? */
static inline bool midge__hooks_wait(const struct midge__transfer *t)
{
    return t->hook_again;
}
/* That answer is over: the request goes to the queue, or is held until t->awaits is over. */
void midge__hooks_begin(struct midge__transfer *t);
/* The request ends: it is not held any more. */
static inline void midge__hooks_release(struct midge__transfer *t)
{
    if (t->held) {
        t->held = false;
        midge__list_remove(&t->aw.link);
    }
}
/* Puts requests into the queue that were held for awaitables that are over now. */
void midge__hooks_look(struct midge_client *client);
static inline void midge__hooks_wake(struct midge_client *client)
{
    if (!midge__list_empty(&client->held)) {
        midge__hooks_look(client);
    }
}

/* The fields that the request of t sends on its exchange. */
static inline struct midge__h1_headers midge__hooks_headers(const struct midge__transfer *t)
{
    if (t->state == MIDGE__TRANSFER_ATTACHED && t->exchange->hooked.headers.list != NULL) {
        return t->exchange->hooked.headers;
    }
    return (struct midge__h1_headers){t->request->headers, t->request->n_headers};
}
/* Names of headers to keep of the answer; own: those of the request. */
static inline const char *midge__hooks_keep(const struct midge__exchange *x, const char *own)
{
    return x->hooked.keep != NULL ? x->hooked.keep : own;
}

#else

#define midge__hooks_any(t)             ((void)(t), false)
#define midge__hooks_send(x)            ((void)(x), MIDGE_OK)
#define midge__hooks_head(x, head, err) ((void)(x), (void)(head), (void)(err), false)
#define midge__hooks_free(x)            ((void)(x))
#define midge__hooks_wait(t)            ((void)(t), false)
#define midge__hooks_begin(t)           ((void)(t))
#define midge__hooks_release(t)         ((void)(t))
#define midge__hooks_wake(client)       ((void)(client))
#define midge__hooks_keep(x, own)       ((void)(x), (own))
static inline struct midge__h1_headers midge__hooks_headers(const struct midge__transfer *t)
{
    return (struct midge__h1_headers){t->request->headers, t->request->n_headers};
}

#endif

#endif
