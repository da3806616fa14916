/* SPDX-License-Identifier: MIT */
/* Deadlines of a transfer: limits by phase, by attempt and of the whole, and the time that is left.
   Pure: it reads the transfer and the time of the turn. */
#include "core/deadline.h"
#include "core/transfer.h"
#include "base/check.h"
#include "base/list.h"
#include "base/span.h"
#include "core/admission.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/request.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

static uint32_t limit_in(const struct midge_timeouts *timeouts, uint8_t limit)
{
    uint32_t ms;
    memcpy(&ms, (const char *)timeouts + limit, sizeof ms);
    return ms;
}

/* The request's limit; if 0, the client's; if 0, the build's. */
uint32_t midge__deadline_limit(const struct midge__transfer *t, uint8_t limit)
{
    static const struct midge_timeouts build = {
        .queue_ms = MIDGE_QUEUE_MS,
        .dns_ms = MIDGE_DNS_MS,
        .connect_ms = MIDGE_CONNECT_MS,
        .tls_ms = MIDGE_TLS_MS,
        .first_byte_ms = MIDGE_FIRST_BYTE_MS,
        .idle_ms = MIDGE_IDLE_MS,
        .open_ms = MIDGE_NO_TIMEOUT,
        .attempt_ms = MIDGE_NO_TIMEOUT,
        .total_ms = MIDGE_TOTAL_MS,
    };
    uint32_t ms = t->timeouts != NULL ? limit_in(t->timeouts, limit) : 0;
    ms = ms != 0 ? ms : limit_in(&t->aw.client->config.timeouts, limit);
    return ms != 0 ? ms : limit_in(&build, limit);
}

static uint32_t rest(uint32_t ms, uint32_t gone)
{
    if (ms == MIDGE_NO_TIMEOUT) {
        return ms;
    }
    return ms > gone ? ms - gone : 0;
}

static uint32_t phase_limit(const struct midge__transfer *t)
{
    static const uint8_t limits[] = {MIDGE__LIMIT(queue_ms),   MIDGE__LIMIT(dns_ms),
                                     MIDGE__LIMIT(connect_ms), MIDGE__LIMIT(tls_ms),
                                     MIDGE__LIMIT(idle_ms),    MIDGE__LIMIT(first_byte_ms),
                                     MIDGE__LIMIT(idle_ms)};
    if (t->phase >= MIDGE_PHASE_DONE || (t->frozen && t->phase != MIDGE_PHASE_WAIT)) {
        return MIDGE_NO_TIMEOUT;
    }
    uint32_t ms = midge__deadline_limit(t, limits[t->phase]);
    if (t->phase == MIDGE_PHASE_QUEUE) {
        return rest(ms, t->queued_ms);
    }
    if (t->phase <= MIDGE_PHASE_TLS) { /* the whole opening has a limit too */
        return midge__u32_least(
            ms, rest(midge__deadline_limit(t, MIDGE__LIMIT(open_ms)), t->opening_ms));
    }
    return ms;
}

uint32_t midge__deadline_phase_left(const struct midge__transfer *t)
{
    return rest(phase_limit(t), t->aw.client->now_ms - t->active_ms);
}

uint32_t midge__transfer_left(const struct midge__transfer *t)
{
    return midge__u32_least(midge__deadline_phase_left(t),
                            rest(t->total_ms, t->aw.client->now_ms - t->start_ms));
}
