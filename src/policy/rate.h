/* SPDX-License-Identifier: MIT */
/* Rates: a token bucket of values (rate.c). */
#ifndef MIDGE_POLICY_RATE_H
#define MIDGE_POLICY_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Clear it: the bucket is full. */
struct midge__bucket {
    uint64_t owed;  /* parts that are missing; a token has interval_ms of them */
    uint32_t at_ms; /* when they were counted */
};

/* `amount` tokens in interval_ms, evenly. Both are at least 1; interval_ms is below 2^31. */
struct midge__bucket_rule {
    uint32_t amount, interval_ms;
    uint32_t burst; /* tokens of a full bucket, at least 1 */
};

/* Milliseconds from now_ms until there is a token, 0: now. At most MIDGE__BUCKET_WAIT_MAX: ask
   again then. */
#define MIDGE__BUCKET_WAIT_MAX (UINT32_C(1) << 30)
uint32_t midge__bucket_wait(struct midge__bucket *bucket, const struct midge__bucket_rule *rule,
                            uint32_t now_ms);
/* Takes tokens, also those that are not there yet. */
void midge__bucket_take(struct midge__bucket *bucket, const struct midge__bucket_rule *rule,
                        uint32_t now_ms, uint32_t tokens);
/* Puts a token back that was not used. */
void midge__bucket_give(struct midge__bucket *bucket, const struct midge__bucket_rule *rule);
/* Is it full, so that it can be forgotten? */
bool midge__bucket_full(struct midge__bucket *bucket, const struct midge__bucket_rule *rule,
                        uint32_t now_ms);

#endif
