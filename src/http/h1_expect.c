/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1, a request that asks before its body (RFC 9110 10.1.1). Its head is sent alone; then it
 * is in the state EXPECT, in which nothing is sent.
 *
 *     event                     leads to
 *     100 (Continue)            BODY
 *     expect_ms have passed     BODY: a server may not know the expectation
 *     a final head              EXPECT to its end: the body is not sent, so the connection, whose
 *                               server may wait for it, is closed then
 */
#include "http/h1.h"
#include "core/expect.h"

#if MIDGE_WITH_EXPECT

static void asked_long_enough(struct midge__timer *timer)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(timer, struct midge__conn, timer);
    struct midge__h1 *h = midge__h1_of(conn);
    if (h->x.transfer != NULL && h->send == MIDGE__H1_SEND_EXPECT &&
        h->x.transfer->result->status == 0) {
        h->send = MIDGE__H1_SEND_BODY;
        midge__conn_kick(conn);
    }
}

void midge__h1_head_sent(struct midge__h1 *h)
{
    struct midge__conn *conn = h->x.conn;
    const struct midge__transfer *t = h->x.transfer;
    h->send = MIDGE__H1_SEND_BODY;
    if (midge__expects(t)) {
        h->send = MIDGE__H1_SEND_EXPECT;
        conn->timer.fire = asked_long_enough;
        (void)midge__timer_arm(&conn->client->timers, &conn->timer,
                               conn->client->now_ms + t->request->expect_ms);
    }
}

void midge__h1_continue(struct midge__h1 *h)
{
    if (h->send == MIDGE__H1_SEND_EXPECT) {
        h->send = MIDGE__H1_SEND_BODY;
        midge__timer_disarm(&h->x.conn->client->timers, &h->x.conn->timer);
        midge__expect_continue(&h->x);
    }
}

#endif
