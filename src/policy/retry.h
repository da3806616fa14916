/* SPDX-License-Identifier: MIT */
/* Retries: may a request be sent again (retry.c)? */
#ifndef MIDGE_POLICY_RETRY_H
#define MIDGE_POLICY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* How an attempt ended. */
struct midge__retry_case {
    int err;            /* MIDGE_OK: with an answer */
    unsigned status;    /* of the answer */
    bool asks_later;    /* it has Retry-After */
    bool was_sent;      /* bytes of the request may have been processed */
    bool is_repeatable; /* its method is idempotent, or it is marked so */
    bool any_failure;   /* all errors and all statuses from 400 on count as passing */
};

/* Is the failure of a kind that may pass, and may the request be repeated after it? */
bool midge__retry_helps(const struct midge__retry_case *how);

/* The budget of a client, in tenths of a repeat. Each repeat takes ten, each good answer gives one
   back: when most requests fail, the repeats add a tenth to the load, not a multiple. */
#define MIDGE__RETRY_COST 10U
static inline bool midge__retry_pays(uint32_t *budget)
{
    bool has = *budget >= MIDGE__RETRY_COST;
    *budget -= has ? MIDGE__RETRY_COST : 0;
    return has;
}
static inline void midge__retry_earns(uint32_t *budget, uint32_t most)
{
    *budget += *budget < most;
}

#endif
