/* SPDX-License-Identifier: MIT */
/* Expect: 100-continue, of a request (expect.c). */
#ifndef MIDGE_CORE_EXPECT_H
#define MIDGE_CORE_EXPECT_H

#include "core/exchange.h"
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_EXPECT

/* Does the request of t ask before its body? */
bool midge__expects(const struct midge__transfer *t);
/* 100 (Continue) has come: the answer is still awaited. */
void midge__expect_continue(struct midge__exchange *x);
/* The final head of x has come. True: 417, the answer is dropped, since the request is sent again
   without Expect (midge__expect_waits). */
bool midge__expect_head(struct midge__exchange *x, const struct midge_response *head);
/* Does the repeat wait for the end of that answer? */
static inline bool midge__expect_waits(const struct midge__transfer *t)
{
    return t->expect == MIDGE__EXPECT_REPEATS;
}
/* That answer is over: the request goes to the queue. */
void midge__expect_begin(struct midge__transfer *t);

#else

#define midge__expects(t)           ((void)(t), false)
#define midge__expect_continue(x)   ((void)(x))
#define midge__expect_head(x, head) ((void)(x), (void)(head), false)
#define midge__expect_waits(t)      ((void)(t), false)
#define midge__expect_begin(t)      ((void)(t))

#endif

#endif
