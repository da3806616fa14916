/* SPDX-License-Identifier: MIT */
/* One step of a connection by its state, and the socket events that it waits for. */
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/network.h"
#include "core/pool.h"
#include "core/proxy.h"
#include "midge/config.h"

/* Without exchanges. What HTTP/2 has to do yet, as the reset of a stream, may give capacity. */
static bool is_used_up(const struct midge__conn *conn, enum midge__step next)
{
    const bool busy = midge__carrier_idles(conn) && next == MIDGE__STEP_MORE;
    return midge__network_retires(conn) || (!busy && midge__carrier(conn)->capacity(conn) == 0);
}

static bool step_ready(struct midge__conn *conn)
{
    if (conn->idle && !midge__carrier_idles(conn)) {
        return midge__pool_step(conn);
    }
    enum midge__step next = midge__carrier(conn)->step(conn);
    if (conn->state != MIDGE__CONN_READY) {
        return false; /* a callback closed it */
    }
    if (next == MIDGE__STEP_OVER || (conn->exchanges == 0 && is_used_up(conn, next))) {
        midge__conn_close(conn);
        return false;
    }
    if (conn->exchanges == 0 && !conn->idle) {
        midge__pool_put(conn);
        return (midge__carrier_idles(conn) && next == MIDGE__STEP_MORE) ||
               conn->stream->ops->pending(conn->stream); /* tickets after the answer */
    }
    return next == MIDGE__STEP_MORE;
}

static bool step_close(struct midge__conn *conn)
{
    int err = conn->stream->ops->shutdown(conn->stream);
    if (err != MIDGE_ERR_AGAIN) {
        midge__conn_kill(conn);
    }
    return false;
}

static bool dispatch(struct midge__conn *conn)
{
    switch ((enum midge__conn_state)conn->state) {
    case MIDGE__CONN_WAIT_DNS:
        midge__conn_step_dns(conn);
        return false;
    case MIDGE__CONN_WAIT_TCP:
        midge__conn_step_connect(conn, false);
        return false;
    case MIDGE__CONN_WAIT_PROXY:
        return MIDGE_WITH_PROXY && midge__conn_step_proxy(conn);
    case MIDGE__CONN_WAIT_TLS:
        return midge__conn_step_tls(conn);
    case MIDGE__CONN_READY:
        return step_ready(conn);
    case MIDGE__CONN_WAIT_CLOSE:
        return step_close(conn);
    default:
        return false;
    }
}

void midge__conn_step(struct midge__conn *conn)
{
    bool more = dispatch(conn);
    conn->want_stale = true;
    if (more) {
        midge__conn_kick(conn);
    }
}

unsigned midge__conn_want(const struct midge__conn *conn)
{
    switch ((enum midge__conn_state)conn->state) {
    case MIDGE__CONN_WAIT_TCP:
        return MIDGE_POLL_OUT;
    case MIDGE__CONN_WAIT_PROXY:
        return midge__proxy_want(conn);
    case MIDGE__CONN_WAIT_TLS:
        return conn->stream->ops->interest(conn->stream, true, false);
    case MIDGE__CONN_READY:
        return conn->idle && !midge__carrier_idles(conn)
                   ? conn->stream->ops->interest(conn->stream, true, false)
                   : midge__carrier(conn)->want(conn);
    case MIDGE__CONN_WAIT_CLOSE:
        return conn->stream->ops->interest(conn->stream, false, true);
    default:
        return 0;
    }
}

midge_sock midge__conn_sock(const struct midge__conn *conn)
{
    return conn->tcp.s.ops != NULL ? conn->tcp.sock : MIDGE_SOCK_NONE;
}
