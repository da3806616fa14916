/* SPDX-License-Identifier: MIT */
/* Deadlines of a transfer: it knows when it was started, when its phase began or the last byte
   moved, and how long the phases before took that share a limit with this one. The deadlines
   themselves follow from these and the limits. */
#include "core/deadline.h"
#include "base/check.h"
#include "base/millis.h"
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

void midge__deadline_defaults(struct midge_timeouts *timeouts)
{
    static const uint32_t build[] = {MIDGE_QUEUE_MS,   MIDGE_DNS_MS,        MIDGE_CONNECT_MS,
                                     MIDGE_TLS_MS,     MIDGE_FIRST_BYTE_MS, MIDGE_IDLE_MS,
                                     MIDGE_NO_TIMEOUT, MIDGE_NO_TIMEOUT,    MIDGE_TOTAL_MS};
    _Static_assert(sizeof build == sizeof *timeouts && MIDGE__LIMIT(total_ms) == 32 &&
                       MIDGE__LIMIT(idle_ms) == 20 && MIDGE__LIMIT(open_ms) == 24,
                   "in the order of the fields");
    if (!MIDGE_WITH_PHASE_DEADLINES) {
        timeouts->total_ms = timeouts->total_ms != 0 ? timeouts->total_ms : MIDGE_TOTAL_MS;
        return;
    }
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(build); i++) {
        if (limit_in(timeouts, (uint8_t)(i * sizeof *build)) == 0) {
            memcpy((char *)timeouts + i * sizeof *build, &build[i], sizeof *build);
        }
    }
}

uint32_t midge__deadline_limit(const struct midge__transfer *t, uint8_t limit)
{
    uint32_t ms = t->timeouts != NULL ? limit_in(t->timeouts, limit) : 0;
    return ms != 0 ? ms : limit_in(&t->aw.client->config.timeouts, limit);
}

/* It ends when that limit, which counts from now, has passed, if not earlier. */
static void limit(struct midge__transfer *t, uint8_t which)
{
    uint32_t ms = midge__deadline_limit(t, which), end = t->aw.client->now_ms + ms;
    bool first = !MIDGE_WITH_PHASE_DEADLINES || !t->is_limited;
    if (ms != MIDGE_NO_TIMEOUT && (first || midge__millis_before(end, t->end_ms))) {
        t->is_limited = true;
        t->end_ms = end;
    }
}

void midge__deadline_start(struct midge__transfer *t)
{
    limit(t, MIDGE__LIMIT(total_ms));
    midge__transfer_active(t);
}

uint32_t midge__transfer_left(const struct midge__transfer *t)
{
    const uint32_t now = t->aw.client->now_ms, left = midge__deadline_phase_left(t);
    if (!t->is_limited) {
        return left;
    }
    return midge__millis_before(now, t->end_ms) ? midge__u32_least(left, t->end_ms - now) : 0;
}

/* --- phases --- */

#if MIDGE_WITH_PHASE_DEADLINES

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
    if (t->result->phase >= MIDGE_PHASE_DONE ||
        (t->frozen && t->result->phase != MIDGE_PHASE_WAIT)) {
        return MIDGE_NO_TIMEOUT;
    }
    uint32_t ms = midge__deadline_limit(t, limits[t->result->phase]);
    if (t->result->phase == MIDGE_PHASE_QUEUE) {
        return rest(ms, t->queued_ms);
    }
    if (t->result->phase <= MIDGE_PHASE_TLS) { /* the whole opening has a limit too */
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
    if (t->result->phase == MIDGE_PHASE_QUEUE) {
        t->queued_ms += ms;
    } else if (t->result->phase <= MIDGE_PHASE_TLS) {
        t->opening_ms += ms;
    }
    midge__transfer_active(t);
}

void midge__deadline_attempt(struct midge__transfer *t)
{
    limit(t, MIDGE__LIMIT(attempt_ms));
}

void midge__transfer_active(struct midge__transfer *t)
{
    t->active_ms = t->aw.client->now_ms;
}

#endif
