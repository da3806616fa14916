/* SPDX-License-Identifier: MIT */
/* Deadlines of a transfer: it knows when it was started, when its phase began or the last byte
   moved, and how long the phases before took that share a limit with this one. The deadlines
   themselves follow from these and the limits. */
#include "core/deadline.h"
#include "base/check.h"
#include "core/client.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

static uint32_t limit_in(const struct midge_timeouts *timeouts, uint8_t limit)
{
    uint32_t ms;
    memcpy(&ms, (const char *)timeouts + limit, sizeof ms);
    return ms;
}

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

void midge__deadline_start(struct midge__transfer *t)
{
    t->start_ms = t->aw.client->now_ms;
    t->total_ms = midge__deadline_limit(t, MIDGE__LIMIT(total_ms));
    midge__transfer_active(t);
}

uint32_t midge__transfer_left(const struct midge__transfer *t)
{
    return midge__u32_least(midge__deadline_phase_left(t),
                            rest(t->total_ms, t->aw.client->now_ms - t->start_ms));
}

/* --- phases --- */

#if MIDGE_WITH_PHASE_DEADLINES

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

void midge__deadline_phase_ends(struct midge__transfer *t)
{
    uint32_t ms = t->aw.client->now_ms - t->active_ms;
    if (t->phase == MIDGE_PHASE_QUEUE) {
        t->queued_ms += ms;
    } else if (t->phase <= MIDGE_PHASE_TLS) {
        t->opening_ms += ms;
    }
    midge__transfer_active(t);
}

void midge__deadline_attempt(struct midge__transfer *t)
{
    const struct midge_client *client = t->aw.client;
    uint32_t ms = midge__deadline_limit(t, MIDGE__LIMIT(attempt_ms));
    if (t->total_ms == MIDGE_NO_TIMEOUT) {
        t->start_ms = client->now_ms;
    }
    if (ms != MIDGE_NO_TIMEOUT) {
        t->total_ms = midge__u32_least(t->total_ms, client->now_ms - t->start_ms + ms);
    }
}

void midge__transfer_active(struct midge__transfer *t)
{
    t->active_ms = t->aw.client->now_ms;
}

#endif
