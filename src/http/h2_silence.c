/* SPDX-License-Identifier: MIT */
/* HTTP/2: a connection whose peer is silent while requests wait for it is asked by a PING (RFC 9113
   6.7). If it stays silent, it is gone: the requests break. The timer is the connection's, which
   belongs to the protocol while it carries exchanges. Until the server is trusted it also ends the
   wait of requests that are held (h2_stream.c), and while streams wait for credit it asks the
   limiter. */
#include "http/h2.h"
#include "midge/config.h"

#if MIDGE_WITH_HTTP2

#define HOLD_MS 500U

static void arm(struct midge__h2 *h, uint32_t ms)
{
    struct midge__conn *conn = h->conn;
    (void)midge__timer_arm(&conn->client->timers, &conn->timer, conn->client->now_ms + ms);
}

static void silent(struct midge__timer *timer)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(timer, struct midge__conn, timer);
    struct midge__h2 *h = midge__h2_of(conn);
    const uint32_t gone = conn->client->now_ms - h->heard_ms;
    if (conn->exchanges == 0 || h->gone) {
        return;
    }
    if (!h->trusted) {
        midge__h2_trust(h, false);
        midge__conn_kick(conn);
    }
    const bool waits = midge__h2_limit_waits(h);
    if (MIDGE_HTTP2_PING_MS == MIDGE_NO_TIMEOUT) {
        if (waits) {
            arm(h, MIDGE__H2_STALL_MS);
        }
        return;
    }
    if (gone < MIDGE_HTTP2_PING_MS) {
        const uint32_t rest = MIDGE_HTTP2_PING_MS - gone;
        arm(h, waits && rest > MIDGE__H2_STALL_MS ? MIDGE__H2_STALL_MS : rest);
    } else if (!h->asked) {
        h->asked = h->ping = true;
        midge__conn_kick(conn);
        arm(h, MIDGE_HTTP2_PONG_MS);
    } else {
        const struct midge__fault fault = {.detail = MIDGE__TEXT("no answer to a PING")};
        if (midge__h2_over(h, MIDGE_ERR_TIMEOUT, MIDGE_WITH_TEXTS ? &fault : NULL,
                           MIDGE__H2_NO_ERROR) == MIDGE__STEP_OVER) {
            midge__conn_close(conn);
        }
    }
}

void midge__h2_watch(struct midge__h2 *h)
{
    if (h->conn->exchanges == 0) {
        h->conn->timer.fire = silent;
        h->heard_ms = h->conn->client->now_ms;
        h->asked = false;
        if (!h->trusted || MIDGE_HTTP2_PING_MS != MIDGE_NO_TIMEOUT) {
            arm(h, h->trusted ? MIDGE_HTTP2_PING_MS : HOLD_MS);
        }
    }
}

#endif
