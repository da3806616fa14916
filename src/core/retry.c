/* SPDX-License-Identifier: MIT */
/*
 * Retries: a transfer is sent again instead of ending (policy/retry.c says when).
 *
 * event                                   effect
 * the head of an answer that may pass     t->again: the answer is dropped, as that of a redirect
 * that answer is over; or an error        t->is_resting: QUEUED, but in no queue, until its timer
 *                                         last comes on_repeat, which may end it
 * the timer                               it is put into the queue; the limit of an attempt is new
 *
 * The bytes that the sink has got are taken back by its `reset`, or there is no repeat. The limit
 * of the whole stays, waits included: no wait that would end after it begins. Our own wait, by
 * chance, comes after the one that the server asks for, so that not all its clients come back at
 * once; if the server asks for too long a wait, the answer is final.
 */
#include "core/retry.h"
#include "base/backoff.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/event.h"
#include "core/hop.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/rewind.h"
#include "policy/retry.h"

#if MIDGE_WITH_RETRY

#define FIRST_MS 1000U
#define MOST_MS  60000U
#define REPEATS  10U

static const struct midge_retry *rules_of(const struct midge__transfer *t)
{
    return t->request->retry != NULL ? t->request->retry : t->aw.client->config.retry;
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static uint32_t most_budget(const struct midge_client *client)
{
    return client->config.retry_budget * MIDGE__RETRY_COST;
}

void midge__retry_open(struct midge_client *client)
{
    if (client->config.retry_budget == 0) {
        client->config.retry_budget = REPEATS;
    }
    client->retry_budget = most_budget(client);
}

void midge__retry_start(struct midge__transfer *t)
{
    t->began_ms = t->aw.client->now_ms;
}

void midge__retry_note_good(struct midge__transfer *t)
{
    midge__retry_earns(&t->aw.client->retry_budget, most_budget(t->aw.client));
}

/* --- may it be repeated? --- */

static bool helps(const struct midge__transfer *t, const struct midge_retry *rules, int err)
{
    const struct midge__report *r = t->result;
    const struct midge__retry_case how = {
        .err = err,
        .status = r->status,
        .asks_later = r->retry_after_s > 0,
        .was_sent = r->phase >= MIDGE_PHASE_SEND,
        .is_repeatable = rules->repeatable || (t->method & MIDGE__METHOD_IDEMPOTENT) != 0,
        .any_failure = rules->all_errors,
    };
    return midge__retry_helps(&how);
}

/* Without entropy the requests of one client differ at least. */
static uint32_t chance(const struct midge_client *client)
{
    return midge__chance(client->port, client->serial * UINT32_C(2654435769));
}

uint32_t midge__retry_most(const struct midge__transfer *t)
{
    const struct midge_retry *rules = rules_of(t);
    return rules != NULL && rules->max > 0 ? or_else(rules->most_ms, MOST_MS) : 0;
}

/* The wait before the next repeat; false: it would be too long, for the server's wish or for the
   time that is left. */
static bool find_wait(const struct midge__transfer *t, const struct midge_retry *rules,
                      uint32_t *wait)
{
    const struct midge_client *client = t->aw.client;
    const uint32_t most = or_else(rules->most_ms, MOST_MS), gone = client->now_ms - t->began_ms;
    const uint32_t asked = t->result->retry_after_s;
    if (asked > most / 1000) {
        return false;
    }
    *wait = asked * 1000;
    if (rules->fixed_ms != 0) {
        *wait = *wait > rules->fixed_ms ? *wait : rules->fixed_ms;
    } else {
        *wait +=
            midge__backoff(or_else(rules->first_ms, FIRST_MS), most, t->repeats, chance(client));
    }
    const uint32_t total = midge__deadline_limit(t, MIDGE__LIMIT(total_ms));
    return (total == MIDGE_NO_TIMEOUT || (gone < total && *wait < total - gone)) &&
           (rules->time_ms == 0 || (gone < rules->time_ms && *wait < rules->time_ms - gone));
}

static bool can_reset(const struct midge__transfer *t)
{
    const struct midge_sink *sink = t->request->sink;
    return t->result->body_len == 0 || sink == NULL || sink->reset != NULL;
}

/* Decides it, and takes it from the budget: the last question. */
static bool decide(struct midge__transfer *t, int err)
{
    struct midge_client *client = t->aw.client;
    const struct midge_retry *rules = rules_of(t);
    return rules != NULL && t->repeats < rules->max && !client->closing && helps(t, rules, err) &&
           midge__request_can_rewind(t) && can_reset(t) && find_wait(t, rules, &t->wait_ms) &&
           midge__retry_pays(&client->retry_budget);
}

bool midge__retry_head(struct midge__transfer *t)
{
    t->again = t->result->status >= 400 && decide(t, MIDGE_OK);
    return t->again;
}

/* --- the wait --- */

static void tell(struct midge__transfer *t, const struct midge_repeat *repeat)
{
    const struct midge_retry *rules = rules_of(t);
    if (rules->on_repeat != NULL) {
        rules->on_repeat(t->request->ctx, t->aw.id, repeat);
    }
}

/* The callback, which may end the transfer, comes last. */
static void rest(struct midge__transfer *t, int err)
{
    const struct midge_repeat repeat = {.error = err,
                                        .status = t->result->status,
                                        .number = (uint16_t)(t->repeats + 1),
                                        .wait_ms = t->wait_ms};
    t->again = false;
    midge__hop_forget(t);
    t->needs_fresh = t->frozen = false;
    midge__transfer_requeue(t, true);
    midge__queue_take(t); /* it is in no queue while it waits */
    t->repeats++;
    if (t->result->retries < UINT8_MAX) {
        t->result->retries++;
    }
    midge__report_renew(t->result);
    t->is_resting = true;
    midge__event(t, REPEAT, t->result->retries, t->wait_ms);
    (void)midge__timer_arm(&t->aw.client->timers, &t->aw.timer, t->aw.client->now_ms + t->wait_ms);
    tell(t, &repeat);
}

/* A sink that has got nothing may have taken memory at the head. */
static bool is_to_reset(const struct midge__transfer *t)
{
    const struct midge_sink *sink = t->request->sink;
    return sink != NULL && sink->reset != NULL &&
           (t->result->body_len > 0 || (MIDGE_WITH_GUNZIP && sink->more != NULL));
}

/* False: sink or source cannot, and the transfer has ended with err; or a callback has ended it. */
static bool take_back(struct midge__transfer *t, int err)
{
    struct midge_sink *sink = t->request->sink;
    bool taken = !is_to_reset(t) || sink->reset(sink) == MIDGE_OK;
    taken = taken && t->state != MIDGE__TRANSFER_ENDED && midge__request_rewind(t);
    if (!taken) {
        midge__transfer_end(t, err);
    }
    return t->state != MIDGE__TRANSFER_ENDED;
}

void midge__retry_begin(struct midge__transfer *t)
{
    if (t->aw.client->closing) {
        midge__transfer_end(t, MIDGE_ERR_CLOSED);
    } else if (take_back(t, MIDGE_ERR_REWIND)) {
        rest(t, MIDGE_OK);
    }
}

bool midge__retry_error(struct midge__transfer *t, int err)
{
    if (t->state == MIDGE__TRANSFER_QUEUED || !decide(t, err)) {
        return false;
    }
    if (take_back(t, err)) {
        rest(t, err);
    }
    return true;
}

/* The limit of the whole is as before; the one of the attempt starts with its admission. */
static void limit_again(struct midge__transfer *t)
{
    const uint32_t total = midge__deadline_limit(t, MIDGE__LIMIT(total_ms));
    t->is_limited = total != MIDGE_NO_TIMEOUT;
    t->end_ms = t->began_ms + total;
    midge__transfer_active(t);
}

bool midge__retry_wakes(struct midge__transfer *t)
{
    if (!t->is_resting) {
        return false;
    }
    t->is_resting = false;
    limit_again(t);
    midge__queue_put(t, false);
    midge__transfer_arm(t);
    return true;
}

#endif
