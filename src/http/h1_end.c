/* SPDX-License-Identifier: MIT */
/* The bad end of an exchange. A request that cannot be sent: a server may answer 413 and at the
   same time stop to read the upload (RFC 9112 9.6). The answer is waited for, at most until shortly
   before a deadline of the request, which would hide the cause. */
#include "http/h1.h"
#include "core/deadline.h"

enum midge__step midge__h1_over(struct midge__h1 *h, int err, const struct midge__fault *fault)
{
    midge__h1_buffer_free(h);
    if (MIDGE_WITH_TEXTS && err == MIDGE_ERR_PROTOCOL) {
        h->x.transfer->result->offset = midge__h1_place(&h->parse);
    }
    midge__exchange_broken(&h->x, err, fault, midge__exchange_replay(&h->x));
    return MIDGE__STEP_OVER;
}

#if MIDGE_WITH_EARLY_ANSWERS

enum midge__step midge__h1_end_unsent(struct midge__h1 *h)
{
    return midge__h1_over(h, h->send_error, &h->send_fault);
}

/* Ends the request if no answer came in time. An answer that waits for memory has come. */
static void answer_late(struct midge__timer *timer)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(timer, struct midge__conn, timer);
    struct midge__h1 *h = midge__h1_of(conn);
    if (h->x.transfer != NULL && midge__h1_send_broke_first(h) && conn->needs == 0) {
        (void)midge__h1_end_unsent(h);
        midge__conn_close(conn);
    }
}

static void wait_for_answer(struct midge__h1 *h)
{
    struct midge__conn *conn = h->x.conn;
    uint32_t ms = MIDGE_EARLY_ANSWER_MS;
    midge__exchange_resume(&h->x, MIDGE__WAITS_SOURCE);
    uint32_t left = midge__transfer_left(h->x.transfer);
    if (left <= ms) {
        ms = left > 0 ? left - 1 : 0;
    }
    conn->timer.fire = answer_late;
    (void)midge__timer_arm(&conn->client->timers, &conn->timer, conn->client->now_ms + ms);
}

enum midge__step midge__h1_send_broken(struct midge__h1 *h, int err)
{
    h->send_error = err;
    h->send_fault = h->x.conn->stream->fault;
    h->send = MIDGE__H1_SEND_BROKEN;
    if (midge__h1_uploads(h)) {
        h->upload->pos = h->upload->len;
    }
    if (!h->x.sent_any && h->x.reused) {
        return midge__h1_end_unsent(h);
    }
    wait_for_answer(h);
    return MIDGE__STEP_WAIT;
}

#endif
