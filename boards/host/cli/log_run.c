/* SPDX-License-Identifier: MIT */
/*
 * The fetches of a log: what --waterfall and --har know of a run is made again from its events.
 * A request whose START was overwritten has no URL; one that had not ended when the log was read
 * ends with the log's last event.
 */
#define _GNU_SOURCE
#include <string.h>
#include <midge/err.h>

#include "failure.h"
#include "log.h"
#include "log_read.h"
#include "run.h"

#define YEAR_10000 253402300800 /* in seconds since 1970 */

/* A request while its events are read. */
struct request {
    struct fetch *fetch;
    uint64_t since_ms; /* when its phase began */
    uint8_t phase;     /* DONE: it has ended */
    uint8_t sends;     /* it has a hop that is not answered */
    uint32_t waits_ms; /* before its next repeat */
    uint32_t stream;   /* of HTTP/2; 0: HTTP/1.x */
};

struct maker {
    const struct log *log;
    struct run *run;
    struct request *at; /* by number - 1 */
    unsigned clients;
    size_t open;      /* index of the first fetch of the newest client */
    uint8_t *resumed; /* by the connection's number: its handshake was resumed */
};

static uint32_t *phase_sum(struct fetch *fetch, unsigned phase)
{
    struct midge_timings *t = &fetch->result.t;
    uint32_t *const sums[] = {&t->queue_us, &t->dns_us,  &t->connect_us, &t->tls_us,
                              &t->send_us,  &t->wait_us, &t->body_us};

    return sums[phase];
}

static uint32_t add_ms(uint32_t us, uint64_t ms)
{
    return ms < (UINT32_MAX - us) / 1000 ? us + (uint32_t)ms * 1000 : UINT32_MAX;
}

/* Its phase ends, and another one begins. */
static void turn_to(struct request *r, unsigned phase, uint64_t ms)
{
    if (r->phase < MIDGE_PHASE_DONE) {
        uint32_t *sum = phase_sum(r->fetch, r->phase);
        *sum = add_ms(*sum, ms - r->since_ms);
        r->phase = (uint8_t)phase;
        r->since_ms = ms;
    }
}

/* --- the parts of a fetch --- */

static void set_url(struct fetch *fetch, const char *text)
{
    const char *space = strchr(text, ' ');
    size_t len = space != NULL ? (size_t)(space - text) : 0;

    fetch->hop_method = keep_copy(fetch->run->keep, text, len);
    fetch->url = space != NULL ? space + 1 : text;
}

static void begin(struct maker *m, unsigned number, const struct log_event *event)
{
    struct plan *plan = &m->run->plan;
    struct request *r = &m->at[number - 1];
    struct fetch *fetch = &plan->fetches[plan->n];

    *fetch = (struct fetch){.run = m->run, .index = plan->n, .started = 1, .lost_body = 1};
    fetch->client = m->clients;
    plan->n++;
    fetch->result.t.start_us = event->ms * 1000;
    set_url(fetch, event->event.kind == MIDGE_EVENT_START ? event->text : "? about:lost");
    fetch->method = fetch->hop_method;
    *r = (struct request){.fetch = fetch, .since_ms = event->ms, .phase = MIDGE_PHASE_QUEUE};
}

static void send(const struct maker *m, struct request *r, const struct log_event *event)
{
    struct fetch *fetch = r->fetch;

    fetch->result.resumed = m->resumed[event->connection];
    if (r->sends) {
        return; /* the body, which had waited for an answer */
    }
    r->sends = 1;
    *har_add(fetch) = (struct har_hop){
        .method = fetch->hop_method,
        .url = fetch->url,
        .before = fetch->result.t,
        .connection = event->connection,
        .redirects = fetch->result.redirects,
        .retries = fetch->result.retries,
    };
    fetch->result.reused = event->event.detail;
    fetch->result.connection = event->connection;
}

static void head(struct request *r, const struct log_event *event)
{
    struct har_hops *hops = &r->fetch->hops;

    if (hops->n > 0) {
        hops->at[hops->n - 1].reply.status = (uint16_t)event->event.value;
        hops->at[hops->n - 1].reply.http_minor = 1; /* the log does not say */
        hops->at[hops->n - 1].reply.stream_id = r->stream;
        hops->at[hops->n - 1].framing = MIDGE_FRAMING_CLOSE;
    }
    r->fetch->reply.stream_id = r->stream;
    r->fetch->result.status = (uint16_t)event->event.value;
}

static void set_total(struct fetch *fetch, uint64_t ms)
{
    fetch->result.t.total_us = add_ms(0, ms - fetch->result.t.start_us / 1000);
}

static void end(struct request *r, const struct log_event *event)
{
    struct fetch *fetch = r->fetch;

    fetch->result.error = -(int)event->event.detail;
    fetch->result.phase = r->phase < MIDGE_PHASE_DONE ? r->phase : MIDGE_PHASE_QUEUE;
    fetch->result.connection = event->connection;
    fetch->output.body_len = event->event.detail == 0 ? event->event.value : 0;
    fetch->result.body_len = fetch->output.body_len;
    fetch->exit_code =
        r->stream != 0 ? failure_http2_code(fetch->result.error, (int)event->event.value) : -1;
    if (fetch->exit_code < 0) {
        fetch->exit_code = failure_exit_code(fetch->result.error, fetch->result.phase);
    }
    if (fetch->result.error != MIDGE_OK) {
        fetch->message = midge_err_text(fetch->result.error);
    }
    turn_to(r, MIDGE_PHASE_DONE, event->ms);
    set_total(fetch, event->ms);
    fetch->state = FETCH_DONE;
    har_end(fetch);
}

/* --- events --- */

static void take_request(struct maker *m, const struct log_event *event)
{
    struct request *r = &m->at[event->request - 1];
    unsigned kind = event->event.kind;

    if (r->fetch == NULL) {
        begin(m, event->request, event);
    }
    if (kind < MIDGE_EVENT_ENDED) {
        turn_to(r, kind, event->ms);
        r->sends = kind < MIDGE_EVENT_SEND ? 0 : r->sends;
    }
    if (kind == MIDGE_EVENT_SEND) {
        send(m, r, event);
    } else if (kind == MIDGE_EVENT_WAIT || kind == MIDGE_EVENT_BODY) {
        r->stream = event->event.value;
    } else if (kind == MIDGE_EVENT_HEAD) {
        head(r, event);
    } else if (kind == MIDGE_EVENT_REDIRECT) {
        r->fetch->result.redirects = event->event.detail;
        r->fetch->hops.n_before = r->fetch->hops.n;
        set_url(r->fetch, event->text);
    } else if (kind == MIDGE_EVENT_REPEAT) {
        r->fetch->result.retries = event->event.detail;
        har_again(r->fetch, event->ms * 1000);
    } else if (kind == MIDGE_EVENT_ENDED) {
        end(r, event);
    }
}

/* A client's first connection: what has begun and not ended is its work. The client before is
   closed, so all of its work has ended. */
static void begin_client(struct maker *m)
{
    struct plan *plan = &m->run->plan;

    m->clients++;
    for (; m->open < plan->n; m->open++) {
        struct fetch *fetch = &plan->fetches[m->open];
        fetch->client = fetch->state != FETCH_DONE ? m->clients : fetch->client;
    }
}

static void note_address(struct run *run, const struct log_event *event)
{
    struct remotes *remotes = &run->remotes;

    while (remotes->n <= event->connection) {
        remotes->at = keep_room(run->keep, remotes->at, remotes->n, sizeof *remotes->at);
        remotes->at[remotes->n++] = (struct remote){0};
    }
    remotes->at[event->connection] =
        (struct remote){.ip = event->text, .port = (uint16_t)event->event.value};
}

static void take_connection(struct maker *m, const struct log_event *event)
{
    const unsigned kind = event->event.kind;

    if (kind == MIDGE_EVENT_OPENED && event->event.connection == 1) {
        begin_client(m);
    } else if (kind == MIDGE_EVENT_TRYING && event->connection != 0) {
        note_address(m->run, event);
    } else if (kind == MIDGE_EVENT_SECURE) {
        m->resumed[event->connection] = event->event.value == 1;
    }
}

static void end_open(struct maker *m)
{
    uint64_t ms = m->log->n > 0 ? m->log->at[m->log->n - 1].ms : 0;

    for (unsigned i = 0; i < m->log->requests; i++) {
        struct request *r = &m->at[i];
        if (r->fetch != NULL && r->phase != MIDGE_PHASE_DONE) {
            r->fetch->result.phase = r->phase;
            r->fetch->result.error = MIDGE_ERR_AGAIN;
            r->fetch->message = "the log ends before the request";
            turn_to(r, MIDGE_PHASE_DONE, ms);
            set_total(r->fetch, ms);
            har_end(r->fetch);
        }
    }
    m->run->end_us = ms * 1000;
}

void log_run(const struct log *log, struct run *run)
{
    struct maker m = {.log = log, .run = run};

    m.at = keep_alloc(run->keep, (log->requests + 1) * sizeof *m.at);
    m.resumed = keep_alloc(run->keep, log->connections + 1);
    run->plan.fetches = keep_alloc(run->keep, (log->requests + 1) * sizeof *run->plan.fetches);
    run->har.wall_ms = log->wall_s > 0 && log->wall_s < YEAR_10000 ? log->wall_s * 1000 : 0;
    for (size_t i = 0; i < log->n; i++) {
        const struct log_event *event = &log->at[i];
        if (event->event.kind >= MIDGE_EVENT_OPENED) {
            take_connection(&m, event);
        } else if (event->request != 0) {
            take_request(&m, event);
        }
    }
    end_open(&m);
}
