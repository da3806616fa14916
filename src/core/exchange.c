/* SPDX-License-Identifier: MIT */
/*
 * Exchanges, the core's side: what every protocol reports about a request and its answer ends here,
 * in the request's callbacks, its sink, its result and its deadlines.
 *
 * An exchange waits while its sink or source has asked for that, or while memory is short; x->waits
 * has one bit for each. A callback that is about to return PAUSE or AGAIN may already have been
 * resumed, from within: x->resumed, cleared before each callback, remembers that, and the exchange
 * does not wait then. The idle deadline stands still while the application is waited for, but not
 * while memory is: nothing else would end that wait if the others never free any.
 */
#include "core/exchange.h"
#include "base/check.h"
#include "base/span.h"
#include "codec/field.h"
#include "codec/h1_parse.h"
#include "codec/retry_after.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/date_hint.h"
#include "core/event.h"
#include "core/expect.h"
#include "core/hooks.h"
#include "core/hop.h"
#include "core/kept_headers.h"
#include "core/pool.h"
#include "core/rate.h"
#include "core/replay.h"
#include "core/request.h"
#include "core/retry.h"
#include "core/transfer.h"
#include "midge/gunzip.h"
#include <string.h>

size_t midge__exchange_budget(const struct midge__exchange *x, size_t n)
{
    int32_t left = x->conn->client->bytes_left;
    size_t most = left > 0 ? (size_t)left : 1;
    return n < most ? n : most;
}

/* --- waits --- */

static void set_waits(struct midge__exchange *x, unsigned waits)
{
    x->waits = (uint8_t)waits;
    midge__transfer_freeze(x->transfer, (waits & MIDGE__FREEZE_WAITS) != 0);
}

void midge__exchange_ask(struct midge__exchange *x, unsigned who)
{
    x->resumed &= (uint8_t)~who;
}

void midge__exchange_wait(struct midge__exchange *x, unsigned who)
{
    if ((x->resumed & who) == 0) {
        set_waits(x, x->waits | who);
        x->conn->client->app_waits = true;
    }
}

bool midge__exchange_wait_memory(struct midge__exchange *x, size_t bytes)
{
    if (!midge__conn_need(x->conn, bytes, midge__transfer_steps_back(x->transfer))) {
        return false;
    }
    x->conn->memory_waiter = x;
    set_waits(x, x->waits | MIDGE__WAITS_MEMORY);
    return true;
}

void midge__exchange_fed(struct midge__conn *conn)
{
    struct midge__exchange *x = conn->memory_waiter;
    conn->memory_waiter = NULL;
    midge__conn_wait_end(conn);
    conn->client->admission_due = true;
    if (x != NULL) {
        midge__exchange_resume(x, MIDGE__WAITS_MEMORY);
    }
}

void midge__exchange_resume(struct midge__exchange *x, unsigned who)
{
    x->resumed |= (uint8_t)who;
    if ((x->waits & who) == 0) {
        return;
    }
    set_waits(x, x->waits & ~who);
    if (midge__carrier(x->conn)->resume != NULL) {
        midge__carrier(x->conn)->resume(x, who);
    }
    midge__conn_kick(x->conn);
}

/* --- phases --- */

/* Many exchanges get through two phases in one step. */
static void set_phase(struct midge__exchange *x, enum midge_phase phase)
{
    midge__transfer_phase(x->transfer, phase);
    if (MIDGE_WITH_PHASE_DEADLINES) {
        x->new_phase = true;
    }
}

#if MIDGE_WITH_PHASE_DEADLINES
void midge__exchange_stepped(struct midge__exchange *x)
{
    if (x->new_phase) {
        x->new_phase = false;
        midge__transfer_arm(x->transfer);
    }
}
#endif

/* --- begin and end --- */

/* The connection carries it no longer. */
static struct midge__transfer *take_out(struct midge__exchange *x)
{
    struct midge__transfer *t = x->transfer;
    struct midge__conn *conn = x->conn;
    midge__hooks_free(x);
    x->transfer = NULL;
    t->exchange = NULL;
    conn->exchanges--;
    if (conn->memory_waiter == x) {
        conn->memory_waiter = NULL;
        midge__conn_wait_end(conn);
    }
    conn->client->exchanges--;
    return t;
}

bool midge__exchange_drop(struct midge__transfer *t)
{
    struct midge__exchange *x = t->exchange;
    if (x == NULL) {
        return true; /* it has just broken, and its source ends it during the rewind */
    }
    (void)take_out(x);
    midge__conn_kick(x->conn); /* to be idle, or to close, if it was the last one */
    return midge__carrier(x->conn)->drop(x);
}

#if MIDGE_WITH_HOOKS

/* NO_MEMORY: x is no exchange any more, and the connection is as before. Another error ends the
   request. */
static int run_hooks(struct midge__exchange *x)
{
    int err = midge__hooks_send(x);
    struct midge__transfer *t = x->transfer;
    struct midge__conn *conn = x->conn;
    if (t == NULL || err == MIDGE_OK) {
        return MIDGE_OK;
    }
    if (err == MIDGE_ERR_NO_MEMORY) {
        midge__rate_undo(t);
        (void)take_out(x);
        conn->served--;
        conn->transfer = conn->served == 0 ? t : NULL;
        return err;
    }
    if (!midge__exchange_drop(t)) {
        midge__conn_close(conn);
    }
    midge__transfer_end(t, err);
    return MIDGE_OK;
}

#else
#define run_hooks(x) ((void)(x), MIDGE_OK)
#endif

int midge__exchange_begin(struct midge__exchange *x, struct midge__conn *conn,
                          struct midge__transfer *t)
{
    const struct midge_request *r = t->request;
    x->conn = conn;
    x->transfer = t;
    x->reused = conn->served > 0;
    conn->transfer = NULL;
    conn->exchanges++;
    conn->client->exchanges++;
    conn->served++;
    t->conn = conn;
    t->exchange = x;
    t->result->reused = x->reused;
    midge__transfer_state_set(t, MIDGE__TRANSFER_ATTACHED);
    set_phase(x, MIDGE_PHASE_SEND);
    if (midge__hooks_any(t)) {
        int err = run_hooks(x);
        if (err != MIDGE_OK || x->transfer == NULL) {
            return err;
        }
    }
    if (r->on_send != NULL) {
        r->on_send(r->ctx, t->aw.id, midge__request_method(r), r->url);
    }
    return MIDGE_OK;
}

/* Does the request go on after this answer? */
static bool goes_on(const struct midge__transfer *t)
{
    return midge__expect_waits(t) || midge__hooks_wait(t) || midge__retry_waits(t) ||
           midge__hop_waits(t);
}

static void go_on(struct midge__transfer *t)
{
    if (midge__expect_waits(t)) {
        midge__expect_begin(t);
    } else if (midge__hooks_wait(t)) {
        midge__hooks_begin(t);
    } else if (midge__retry_waits(t)) {
        midge__retry_begin(t);
    } else {
        midge__hop_begin(t);
    }
}

void midge__exchange_ended(struct midge__exchange *x, enum midge_complete complete)
{
    struct midge__transfer *t = take_out(x);
    if (goes_on(t)) {
        go_on(t);
        return;
    }
    if (MIDGE_WITH_RETRY && t->result->status < 400) {
        midge__retry_note_good(t);
    }
    t->result->complete = (uint8_t)complete;
    midge__transfer_end(t, MIDGE_OK);
}

/* RFC 9112 9.3.1: a kept connection may have been closed while the request was on its way. Another
   connection would not help a source that failed. */
enum midge__replay midge__exchange_replay(const struct midge__exchange *x)
{
    if (!x->reused || x->got_any || midge__exchange_source_failed(x)) {
        return MIDGE__REPLAY_NEVER;
    }
    return x->sent_any ? MIDGE__REPLAY_IDEMPOTENT : MIDGE__REPLAY_SAFE;
}

void midge__exchange_broken(struct midge__exchange *x, int err, const struct midge__fault *fault,
                            enum midge__replay replay)
{
    /* A peer that says that it has not processed the request is alive. */
    bool refused = replay == MIDGE__REPLAY_SAFE && x->sent_any;
    bool stale = x->reused && !x->got_any && !midge__exchange_source_failed(x) && !refused;
    struct midge__transfer *t = take_out(x);
    if (stale) {
        midge__conn_unanswered(x->conn);
        t->needs_fresh = MIDGE_WITH_REPLAY && !midge__carrier_shares(x->conn);
    }
    if (goes_on(t)) { /* the rest of that answer is not needed */
        go_on(t);
    } else {
        midge__transfer_broken(t, err, fault, replay);
    }
}

/* --- bytes moved --- */

void midge__exchange_sent(struct midge__exchange *x, size_t n)
{
    x->sent_any = true;
    x->conn->client->bytes_left -= (int32_t)n;
    midge__rate_bytes(x->conn, n);
    midge__transfer_active(x->transfer);
}

void midge__exchange_received(struct midge__exchange *x, size_t n)
{
    struct midge__conn *conn = x->conn;
    conn->client->bytes_left -= (int32_t)n;
    midge__rate_bytes(conn, n);
    if (MIDGE_WITH_LEADERS) {
        conn->answered = true;
    }
    conn->denied = false; /* there was room for these bytes: memory came after all */
    if (!x->late) {
        conn->since_ms = conn->client->now_ms;
    }
    if (x->got_any) {
        midge__transfer_active(x->transfer);
    } else {
        x->got_any = true;
        set_phase(x, MIDGE_PHASE_BODY);
    }
}

void midge__exchange_request_done(struct midge__exchange *x)
{
    if (x->transfer->result->phase == MIDGE_PHASE_SEND) {
        set_phase(x, MIDGE_PHASE_WAIT);
    }
}

/* --- answers that are dropped --- */

#if MIDGE__DROPS_ANSWERS

/* A redirect, or a failure that may pass: the request goes on after this answer. Its body is read,
   so that the connection can be kept; but not if it is long. Then the request goes on at once. */
static void skip(struct midge__exchange *x, uint64_t len)
{
    struct midge__transfer *t = x->transfer;
    struct midge__conn *conn = x->conn;
    x->skipped += len;
    if (x->skipped > MIDGE_REDIRECT_BODY) {
        if (!midge__exchange_drop(t)) {
            midge__conn_kill(conn);
        }
        go_on(t);
    }
}

static void skip_long(struct midge__exchange *x, const struct midge_response *head)
{
    const bool is_long =
        head->framing == MIDGE_FRAMING_CLOSE ||
        (head->framing == MIDGE_FRAMING_LENGTH && head->content_len > MIDGE_REDIRECT_BODY);
    if (is_long && x->transfer != NULL && goes_on(x->transfer)) {
        skip(x, (uint64_t)MIDGE_REDIRECT_BODY + 1);
    }
}

#else
#define skip(x, len)       ((void)(x), (void)(len))
#define skip_long(x, head) ((void)(x), (void)(head))
#endif

/* --- the answer --- */

static bool exceeds_max_body(const struct midge__exchange *x, uint64_t len)
{
    uint64_t of_request = x->transfer->request->max_body;
    uint64_t max = of_request != 0 ? of_request : x->conn->client->config.max_body;
    return max != 0 && len > max;
}

void midge__exchange_interim(struct midge__exchange *x, struct midge_response *head)
{
    const struct midge__transfer *t = x->transfer;
    head->url = t->request->url;
    if (t->request->on_interim != NULL) {
        t->request->on_interim(t->request->ctx, t->aw.id, head);
    }
}

static struct midge_span field(const struct midge_response *response, const char *name)
{
    size_t len = 0;
    const char *value = midge_response_header(response, name, &len);
    return midge__span(value, len);
}

static uint32_t retry_after(const struct midge_response *response)
{
    const struct midge__h1_parse *p = response->impl;
    if ((p->present & MIDGE__FIELD_BIT(RETRY_AFTER)) == 0) {
        return 0; /* as in most answers */
    }
    const struct midge_span value = field(response, "Retry-After");
    const struct midge_span date =
        MIDGE_WITH_RETRY_DATES ? field(response, "Date") : midge__span(NULL, 0);
    return value.ptr != NULL ? midge__retry_after(value, date) : 0;
}

#if MIDGE_WITH_GUNZIP
/* The sink has no memory for its work. */
static int wait_for_sink(struct midge__exchange *x)
{
    x->waits |= MIDGE__WAITS_MORE;
    return midge__exchange_wait_memory(x, MIDGE_GUNZIP_MEMORY) ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}
#else
#define wait_for_sink(x) MIDGE_ERR_AGAIN
#endif

static int tell_sink(struct midge__exchange *x, struct midge_response *head)
{
    struct midge__transfer *t = x->transfer;
    struct midge_sink *sink = t->request->sink;
    int err = MIDGE_OK;
    if (!MIDGE_WITH_ENCODINGS) {
        return MIDGE_OK;
    }
    if (sink != NULL && sink->head != NULL && head->framing != MIDGE_FRAMING_NONE) {
        err = sink->head(sink, head);
    }
    if (x->transfer == NULL) {
        return err;
    }
    t->result->encoding = head->encoding;
    return MIDGE_WITH_GUNZIP && err == MIDGE_ERR_AGAIN ? wait_for_sink(x) : err;
}

int midge__exchange_head(struct midge__exchange *x, struct midge_response *head)
{
    struct midge__transfer *t = x->transfer;
    const struct midge_request *request = t->request;
    struct midge__report *r = t->result;
    x->conn->client->app_waits = true;
    r->status = (uint16_t)head->status;
    r->framing = head->framing;
    r->http_minor = head->http_minor;
    r->headers_skipped = head->headers_skipped;
    if (MIDGE_WITH_RETRY_AFTER) {
        r->retry_after_s = retry_after(head);
    }
    head->url = request->url;
    midge__date_hint_head(x, head);
    midge__event(t, HEAD, 0, r->status);
    midge__rate_answer(t, midge__retry_most(t));
    int failed = MIDGE_OK;
    if (midge__expect_head(x, head) ||
        (midge__hooks_any(t) && midge__hooks_head(x, head, &failed)) || midge__retry_head(t) ||
        midge__hop_head(x, head, &failed)) {
        skip_long(x, head);
        return failed;
    }
    if (MIDGE_WITH_KEPT_HEADERS && request->kept_size > 0 && !midge__kept_fill(request, head)) {
        r->headers_skipped = 1;
    }
    int err = MIDGE_OK;
    if (request->on_response != NULL) {
        err = request->on_response(request->ctx, t->aw.id, head);
    }
    err = err < 0 ? err : failed;
    if (err >= 0 && x->transfer != NULL) {
        err = tell_sink(x, head);
    }
    if (err < 0) {
        return err;
    }
    bool announced = x->transfer != NULL && head->framing == MIDGE_FRAMING_LENGTH;
    return announced && exceeds_max_body(x, head->content_len) ? MIDGE_ERR_TOO_LARGE : MIDGE_OK;
}

/* Acts on the result of the sink's `write` or `more`, which may have ended the request. */
static int answer(struct midge__exchange *x, const struct midge_sink *sink, int err)
{
    const bool pauses = err == MIDGE_ERR_PAUSE && x->transfer != NULL;
    x->conn->client->app_waits = true;
    if (MIDGE_WITH_GUNZIP && (pauses || err == MIDGE_ERR_AGAIN) && x->transfer != NULL &&
        sink->more != NULL) {
        x->waits |= MIDGE__WAITS_MORE;
        err = err == MIDGE_ERR_AGAIN ? MIDGE_OK : err;
    }
    if (pauses) {
        midge__exchange_wait(x, MIDGE__WAITS_SINK);
        x->late = true;
        return MIDGE_OK;
    }
    return err < 0 ? err : MIDGE_OK;
}

#if MIDGE_WITH_GUNZIP
int midge__exchange_more(struct midge__exchange *x)
{
    struct midge_sink *sink = x->transfer->request->sink;
    if ((x->waits & MIDGE__WAITS_MORE) == 0) {
        return MIDGE_OK;
    }
    x->waits &= (uint8_t)~MIDGE__WAITS_MORE;
    x->conn->client->bytes_left -= (int32_t)MIDGE__SINK_STEP;
    midge__exchange_ask(x, MIDGE__WAITS_SINK);
    return answer(x, sink, sink->more(sink));
}
#endif

int midge__exchange_body(struct midge__exchange *x, const uint8_t *data, size_t len)
{
    struct midge__transfer *t = x->transfer;
    struct midge_sink *sink = t->request->sink;
    if (goes_on(t)) {
        skip(x, len);
        return MIDGE_OK;
    }
    if (exceeds_max_body(x, t->result->body_len + len)) {
        return MIDGE_ERR_TOO_LARGE;
    }
    t->result->body_len += len;
    midge__exchange_ask(x, MIDGE__WAITS_SINK);
    int err = sink != NULL ? sink->write(sink, data, len) : MIDGE_OK;
    return answer(x, sink, err);
}

void midge__exchange_skipped(struct midge__exchange *x)
{
    x->transfer->result->headers_skipped = 1;
}
