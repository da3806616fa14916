/* SPDX-License-Identifier: MIT */
/*
 * Expect: 100-continue (RFC 9110 10.1.1), the part that is the same for all protocols. The protocol
 * holds the body back (http/h1_expect.c). A server that answers 417 does not know the expectation:
 * then the request is sent once more, without it, if nothing of its body was given away.
 */
#include "core/expect.h"
#include "core/request.h"
#include "core/rewind.h"

#if MIDGE_WITH_EXPECT

#define EXPECTATION_FAILED 417

bool midge__expects(const struct midge__transfer *t)
{
    const struct midge_request *r = t->request;
    return r->expect_ms != 0 && t->expect == MIDGE__EXPECT_ASKS &&
           (midge__request_length(r) > 0 ||
            midge__request_framing(r, t->method) == MIDGE__H1_FRAMING_CHUNKED);
}

/* The bytes that came were no part of the answer, so the phases go on as if they had not come. */
void midge__expect_continue(struct midge__exchange *x)
{
    x->got_any = false;
    x->new_phase = true;
    midge__transfer_phase(x->transfer, MIDGE_PHASE_SEND);
}

bool midge__expect_head(struct midge__exchange *x, const struct midge_response *head)
{
    struct midge__transfer *t = x->transfer;
    if (head->status != EXPECTATION_FAILED || x->sent > 0 || !midge__request_can_rewind(t) ||
        !midge__expects(t)) {
        return false;
    }
    t->expect = MIDGE__EXPECT_REPEATS;
    return true;
}

void midge__expect_begin(struct midge__transfer *t)
{
    t->expect = MIDGE__EXPECT_REFUSED;
    if (midge__request_rewind_or_end(t)) {
        t->needs_fresh = t->frozen = false;
        midge__transfer_requeue(t, true);
        midge__report_renew(t->result);
    }
}

#endif
