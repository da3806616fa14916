/* SPDX-License-Identifier: MIT */
/*
 * Transfers: a request from its start to its one completion.
 *
 * state     waits for                 on ok                  on error         deadline (and total)
 * QUEUED    admission                 OPENING, or ATTACHED   ENDED            queue
 *                                     to a kept connection
 * OPENING   dns, connect, permit,     ATTACHED               ENDED            dns, connect, tls
 *           handshake                 QUEUED (memory, room, a session refused)
 * ATTACHED  the protocol              ENDED                  ENDED or QUEUED  first byte, idle
 * ENDED     delivery                  –                      –                –
 */
#include "core/transfer.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/event.h"
#include "core/hooks.h"
#include "core/hop.h"
#include "core/origin.h"
#include "core/queue.h"
#include "core/rate.h"
#include "core/request.h"
#include "core/stats.h"
#include "core/tell.h"
#include "core/timings.h"
#include <string.h>

#define TO(state) (1U << MIDGE__TRANSFER_##state)

/* By state: the states that it leads to. The table above; a new one is QUEUED already. */
const uint8_t midge__transfer_leads_to[] = {
    [MIDGE__TRANSFER_QUEUED] = TO(QUEUED) | TO(OPENING) | TO(ENDED),
    [MIDGE__TRANSFER_OPENING] = TO(ATTACHED) | TO(QUEUED) | TO(ENDED),
    [MIDGE__TRANSFER_ATTACHED] = TO(QUEUED) | TO(ENDED),
    [MIDGE__TRANSFER_ENDED] = 0,
};

#if MIDGE_WITH_PHASE_DEADLINES

/* A timer that is armed for an earlier time stays: when it fires, it is armed for the rest. So the
   phases of most requests do not move it. */
void midge__transfer_arm(struct midge__transfer *t)
{
    struct midge_client *client = t->aw.client;
    struct midge__timer *timer = &t->aw.timer;
    const uint32_t left = midge__transfer_left(t), at = client->now_ms + left;
    if (left == MIDGE_NO_TIMEOUT) {
        midge__timer_disarm(&client->timers, timer);
    } else if (!midge__timer_armed(timer) || midge__millis_before(at, timer->at_ms)) {
        (void)midge__timer_arm(&client->timers, timer, at);
    }
}

void midge__transfer_freeze(struct midge__transfer *t, bool frozen)
{
    if (t->frozen != frozen) {
        t->frozen = frozen;
        midge__transfer_active(t);
        midge__transfer_arm(t);
    }
}

#else

void midge__transfer_arm(struct midge__transfer *t)
{
    if (t->is_limited) {
        (void)midge__timer_arm(&t->aw.client->timers, &t->aw.timer, t->end_ms);
    }
}

#endif

#if MIDGE__PHASES
void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase)
{
    midge__timings_phase(t);
    midge__deadline_phase_ends(t);
    t->result->phase = (uint8_t)phase;
    midge__event_phase(t, phase);
    if (MIDGE_WITH_PHASE_DEADLINES && phase < MIDGE_PHASE_SEND) {
        midge__transfer_arm(t);
    }
}
#endif

MIDGE__APART void midge__transfer_admit(struct midge__transfer *t, struct midge__conn *conn)
{
    struct midge_client *client = t->aw.client;
    t->conn = conn;
    midge__transfer_state_set(t, MIDGE__TRANSFER_OPENING);
    midge__deadline_attempt(t);
    t->origin->active++;
    client->transfers++;
    midge__rate_begin(t);
    midge__queue_take(t);
}

/* The facts of its connection, for a good or a bad end. */
static void report(struct midge__report *r, const struct midge__conn *conn)
{
    r->connection = conn->number;
    r->resumed = conn->tls.resumed;
    r->tls_version = conn->tls.version;
    r->time_verified = conn->tls.time_verified;
    r->cipher = conn->tls.cipher != NULL ? conn->tls.cipher : "";
    midge__stats_report(conn, r);
}

static void leave(struct midge__transfer *t)
{
    if (t->conn != NULL) {
        report(t->result, t->conn);
    }
    if (t->state == MIDGE__TRANSFER_OPENING || t->state == MIDGE__TRANSFER_ATTACHED) {
        t->origin->active--;
        t->aw.client->transfers--;
        t->aw.client->admission_due = true;
        midge__queue_update(t->origin);
    }
    midge__hooks_release(t);
    midge__queue_take(t);
    t->conn = NULL;
}

static int finish(struct midge__transfer *t, int err)
{
    const struct midge_request *r = midge__hop_first(t); /* a later one may have lost the source */
    enum midge_complete complete = (enum midge_complete)t->result->complete;
    struct midge_source *source = midge__request_source(r);
    if (source != NULL && source->finish != NULL) {
        source->finish(source);
    }
    if (r->sink != NULL && r->sink->finish != NULL) {
        int sank = r->sink->finish(r->sink, err, complete);
        if (MIDGE_WITH_GUNZIP && sank == MIDGE_ERR_PARTIAL) {
            t->result->complete = MIDGE_COMPLETE_NO; /* the end of its content is missing */
        }
        err = err == MIDGE_OK && sank < 0 ? sank : err;
    }
    return err;
}

void midge__transfer_end(struct midge__transfer *t, int err)
{
    struct midge_client *client = t->aw.client;
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return;
    }
    midge__timings_end(t);
    leave(t);
    midge__transfer_state_set(t, MIDGE__TRANSFER_ENDED);
    t->error = finish(t, err);
    if (t->error == MIDGE_OK) {
        t->result->phase = MIDGE_PHASE_DONE;
    } else {
        midge__stats_failed(client);
        midge__trace(client, MIDGE_TRACE_ERROR, t->aw.id, midge_err_text(t->error), t->request->url,
                     0);
    }
    midge__event_ended(t);
    midge__origin_put(client, t->origin);
    t->origin = NULL;
    client->admission_due = true;
    midge__awaitable_end(&t->aw);
}

void midge__transfer_requeue(struct midge__transfer *t, bool first)
{
    if (MIDGE_WITH_RATE && t->state == MIDGE__TRANSFER_OPENING) {
        midge__rate_undo(t);
    }
    leave(t);
    midge__report_stream_set(t->result, 0);
    midge__transfer_phase(t, MIDGE_PHASE_QUEUE);
    midge__transfer_state_set(t, MIDGE__TRANSFER_QUEUED);
    midge__queue_put(t, first);
}

void midge__report_renew(struct midge__report *r)
{
    const struct midge__report old = *r;
    memset(r, 0, offsetof(struct midge__report, cipher));
    r->is_request = 1;
    r->phase = old.phase;
    r->retries = r->retries_before = old.retries;
    r->connects = old.connects;
    r->redirects = old.redirects;
    r->cipher = r->detail = "";
}
