/* SPDX-License-Identifier: MIT */
/*
 * Rates, as functions of values. A bucket counts the tokens that are missing, in parts of 1 /
 * interval_ms, of which each millisecond brings `amount`: so no part is lost to rounding, no timer
 * fills the bucket, and a cleared bucket is a full one.
 *
 *     owed            0 ........ (burst - 1) * interval ........... 2^63
 *     there is        burst      1 token                  none: the wait is the rest / amount
 *
 * A token is there up to a millisecond early: otherwise a rate of 3/s would be one each 334 ms.
 *
 * Times wrap. If nothing was counted for 2^32 ms, some of the parts of that time are not counted,
 * which makes one wait longer, by at most the wait that was left then.
 */
#include "policy/rate.h"
#include "midge/config.h"

#if MIDGE_WITH_RATE

#define MOST_OWED (UINT64_MAX / 2)

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Counts the parts that have come since. */
static void count(struct midge__bucket *b, const struct midge__bucket_rule *rule, uint32_t now_ms)
{
    b->owed = less(b->owed, (uint64_t)(now_ms - b->at_ms) * rule->amount);
    b->at_ms = now_ms;
}

uint32_t midge__bucket_wait(struct midge__bucket *b, const struct midge__bucket_rule *rule,
                            uint32_t now_ms)
{
    count(b, rule, now_ms);
    const uint64_t ms =
        less(b->owed, (uint64_t)(rule->burst - 1) * rule->interval_ms) / rule->amount;
    return ms < MIDGE__BUCKET_WAIT_MAX ? (uint32_t)ms : MIDGE__BUCKET_WAIT_MAX;
}

void midge__bucket_take(struct midge__bucket *b, const struct midge__bucket_rule *rule,
                        uint32_t now_ms, uint32_t tokens)
{
    count(b, rule, now_ms);
    b->owed += (uint64_t)tokens * rule->interval_ms;
    b->owed = b->owed < MOST_OWED ? b->owed : MOST_OWED;
}

void midge__bucket_give(struct midge__bucket *b, const struct midge__bucket_rule *rule)
{
    b->owed = less(b->owed, rule->interval_ms);
}

bool midge__bucket_full(struct midge__bucket *b, const struct midge__bucket_rule *rule,
                        uint32_t now_ms)
{
    count(b, rule, now_ms);
    return b->owed == 0;
}

#endif
