/* SPDX-License-Identifier: MIT */
/* Transfers: a request's life (transfer.c). */
#ifndef MIDGE_CORE_TRANSFER_H
#define MIDGE_CORE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/check.h"
#include "core/awaitable.h"
#include "core/deadline.h"
#include "core/exchange.h"
#include "io/stream.h"
#include "midge/config.h"
#include "midge/request.h"

struct midge__conn;
struct midge__exchange;
struct midge__hop;
struct midge__origin;

enum midge__transfer_state {
    MIDGE__TRANSFER_QUEUED,   /* waits for admission; leads to OPENING or ATTACHED */
    MIDGE__TRANSFER_OPENING,  /* its connection is being made; leads to ATTACHED */
    MIDGE__TRANSFER_ATTACHED, /* a protocol works on it; leads to ENDED, or (replay) to QUEUED */
    MIDGE__TRANSFER_ENDED
};

/* Kind of room that must be free before a connection is opened for it (admission.c). */
/* A request that asks before its body (expect.c). */
enum { MIDGE__EXPECT_ASKS, MIDGE__EXPECT_REPEATS, MIDGE__EXPECT_REFUSED };

enum midge__need { MIDGE__NEED_USUAL, MIDGE__NEED_FULL, MIDGE__NEED_ALONE };

/* The part of struct midge_result that is for requests, with the same layout: the other fields need
   no room in each transfer. */
struct midge__report {
    uint8_t is_request, phase, complete, framing, http_minor, reused, resumed, retries, redirects,
        time_verified, tls_version, headers_skipped, encoding;
    uint8_t retries_before; /* of the hops and repeats before; a byte of padding there */
    uint16_t connects, status;
    int native;
    uint32_t verify_flags, cert_date, connection, retry_after_s;
#if MIDGE_WITH_HTTP2
    uint32_t stream_id;
#endif
    uint64_t body_len, offset;
    const char *cipher, *detail;
#if MIDGE_WITH_STATS
    size_t memory_peak;
    uint32_t longest_step_us;
#endif
#if MIDGE_WITH_TIMINGS
    struct midge_timings t;
#endif
};

/* The stream of HTTP/2 that its request was sent on, 0: none. */
#if MIDGE_WITH_HTTP2
#define midge__report_stream(report)         ((report)->stream_id)
#define midge__report_stream_set(report, id) ((void)((report)->stream_id = (id)))
#else
#define midge__report_stream(report)         0U
#define midge__report_stream_set(report, id) ((void)(report))
#endif

struct midge__transfer {
    uint8_t state;
    uint8_t overtaken; /* how many were admitted before it although it was next (admission.c) */
    uint8_t need;      /* enum midge__need */
    uint8_t method;    /* MIDGE__METHOD_x */
    bool frozen;
    bool needs_fresh;     /* a kept connection was stale: the next one is a new one */
    bool source_begun;    /* read from: a replay must rewind it */
    bool yielded : 1;     /* its silent leader was closed for others: this happens only once */
    bool is_limited : 1;  /* end_ms is set */
    bool is_prepared : 1; /* it is part of a struct midge_prepared */
    struct midge__awaitable aw; /* its timer: the next deadline; its link: in its origin's queue
                                   while it is QUEUED */
    union {                     /* by its state */
        uint32_t order;         /* QUEUED: its place in the queue */
        struct midge__exchange *exchange; /* ATTACHED; NULL while it breaks */
        int error;                        /* ENDED */
    };
    const struct midge_request *request; /* only up to its field `timeouts`; its url is complete */
    const struct midge_timeouts *timeouts; /* the request's; NULL: it sets none */
    struct midge__origin *origin;
    struct midge__conn *conn;
#if MIDGE_WITH_EXPECT
    uint8_t expect; /* MIDGE__EXPECT_x */
#endif
#if MIDGE_WITH_RETRY
    uint8_t repeats;
    bool again, is_resting; /* retry.c */
    uint32_t began_ms, wait_ms;
#endif
#if MIDGE_WITH_REDIRECTS
    struct midge__hop *hop; /* the newest one after the start (hop.c); NULL: none */
#endif
#if MIDGE_WITH_HOOKS
    uint8_t hook_repeats;  /* one after the other */
    bool hook_again, held; /* hooks.c */
    midge_id awaits;
#endif
    uint32_t end_ms;                /* the limit of the whole */
    uint16_t target_at, target_len; /* the path and query in request->url; may be empty, or begin
                                       with '?' */
    struct midge__report result[1]; /* an array, so that it is used as a pointer */
#if MIDGE_WITH_TIMINGS
    uint64_t phase_us; /* when its phase began */
#endif
#if MIDGE_WITH_PHASE_DEADLINES
    uint32_t active_ms;  /* when its phase began or the last byte moved: the phase's limit counts
                            from then */
    uint32_t queued_ms;  /* sums of earlier phases, for their limits: in the queue; */
    uint32_t opening_ms; /* lookup, connect and handshake */
#endif
};

extern const struct midge__awaitable_ops midge__transfer_ops;
/* The functions of that table, for another one that differs in `destroy`. */
void midge__transfer_cancel(struct midge__awaitable *aw, int err);
void midge__transfer_result(const struct midge__awaitable *aw, struct midge_result *result);
midge__done_fn midge__transfer_done(const struct midge__awaitable *aw, void **ctx);

static inline struct midge__transfer *midge__transfer_of(const struct midge__awaitable *aw)
{
    return (struct midge__transfer *)(uintptr_t)((const char *)aw -
                                                 offsetof(struct midge__transfer, aw));
}

/* Cleared memory becomes a transfer, QUEUED, without request, origin and slot. */
void midge__transfer_init(struct midge__transfer *t, struct midge_client *client);
/* Puts t, which has origin, request and slot, into the queue (start.c). */
void midge__transfer_enqueue(struct midge__transfer *t);
/* Takes t out of the queue, for conn. */
void midge__transfer_admit(struct midge__transfer *t, struct midge__conn *conn);
/* By state: bits of the states that it leads to. */
extern const uint8_t midge__transfer_leads_to[];
/* The one setter of the state. */
static inline void midge__transfer_state_set(struct midge__transfer *t,
                                             enum midge__transfer_state state)
{
    MIDGE_ASSERT((midge__transfer_leads_to[t->state] >> state & 1U) != 0);
    t->state = (uint8_t)state;
}
/* Sets its timer to the next deadline. */
void midge__transfer_arm(struct midge__transfer *t);
/* Its phase begins. The timer is set, or for a phase of an exchange by midge__exchange_stepped. */
#define MIDGE__PHASES (MIDGE_WITH_PHASE_DEADLINES || MIDGE_WITH_TIMINGS || MIDGE_WITH_EVENTS)
#if MIDGE__PHASES
void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase);
#else
static inline void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase)
{
    t->result->phase = (uint8_t)phase;
}
#endif
/* Stops the idle deadline (true) while the application is the one that delays the transfer. */
#if MIDGE_WITH_PHASE_DEADLINES
void midge__transfer_freeze(struct midge__transfer *t, bool frozen);
#else
#define midge__transfer_freeze(t, frozen) ((void)(t), (void)(frozen))
#endif
/* Ends the transfer, with success or an error. The caller takes care of its connection. */
void midge__transfer_end(struct midge__transfer *t, int err);
/* Puts it back to the head of the queue, as if it had not been admitted; or (first false) behind
   the others. */
void midge__transfer_requeue(struct midge__transfer *t, bool first);
/* Forgets what is true of the attempt before only. */
void midge__report_renew(struct midge__report *r);
/* Its connection broke: sends it again when that is safe, ends it otherwise (broken.c). */
void midge__transfer_broken(struct midge__transfer *t, int err, const struct midge__fault *fault,
                            enum midge__replay replay);

#endif
