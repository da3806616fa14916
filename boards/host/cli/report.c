/* SPDX-License-Identifier: MIT */
/*
 * One JSON object on a line for each URL, in the order of the command line, and one for the whole
 * run. All lines are written at the end; the descriptor is opened before anything is asked, so that
 * a bad path fails early.
 */
#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <midge/err.h>

#include "descriptor.h"
#include "failure.h"
#include "json_text.h"
#include "run.h"

static int report_failed(const struct report *report, int native)
{
    fprintf(stderr, "midge: (%d) can't write the report %s: %s\n", EXIT_WRITE, report->path,
            strerror(native));
    return EXIT_WRITE;
}

int report_open(struct report *report, const char *path)
{
    report->path = path;
    report->fd = -1;
    if (path == NULL) {
        return 0;
    }
    report->fd = descriptor_open(path);
    return report->fd >= 0 ? 0 : report_failed(report, errno);
}

/* --- one URL --- */

static void add_fields(struct text *out, const char *name, const struct reply_fields *fields)
{
    json_name(out, name);
    text_puts(out, "[");
    for (size_t i = 0; i < fields->n; i++) {
        const struct reply_field *field = &fields->at[i];
        text_puts(out, i > 0 ? ",[" : "[");
        json_latin1(out, field->name, field->name_len);
        text_puts(out, ",");
        json_latin1(out, field->value, field->value_len);
        text_puts(out, "]");
    }
    text_puts(out, "]");
}

static void add_hash(struct text *out, const struct output *output)
{
    struct midge_sha256 hash = output->hash; /* it holds no pointers: a copy is valid */
    uint8_t digest[32];

    midge_sha256_final(&hash, digest);
    json_name(out, "body_sha256");
    text_puts(out, "\"");
    for (size_t i = 0; i < sizeof digest; i++) {
        text_format(out, "%02x", (unsigned)digest[i]);
    }
    text_puts(out, "\"");
}

static const char *http_version(const struct fetch *fetch)
{
    return fetch->reply.status == 0 ? "" : reply_version(&fetch->reply);
}

static void add_reply(struct text *out, const struct fetch *fetch)
{
    const struct reply *reply = &fetch->reply;

    json_number(out, "status", reply->status);
    json_name(out, "reason");
    json_latin1(out, reply->reason != NULL ? reply->reason : "",
                reply->reason != NULL ? strlen(reply->reason) : 0);
    json_member(out, "http_version", http_version(fetch));
    json_number(out, "stream_id", reply->stream_id);
    add_fields(out, "headers", &reply->headers);
    add_fields(out, "trailers", &reply->trailers);
}

static const char *framing_name(int framing)
{
    switch ((enum midge_framing)framing) {
    case MIDGE_FRAMING_LENGTH:
        return "length";
    case MIDGE_FRAMING_CHUNKED:
        return "chunked";
    case MIDGE_FRAMING_CLOSE:
        return "close";
    case MIDGE_FRAMING_NONE:
        break;
    }
    return "none";
}

static const char *complete_name(int complete)
{
    switch ((enum midge_complete)complete) {
    case MIDGE_COMPLETE_YES:
        return "yes";
    case MIDGE_COMPLETE_UNVERIFIED:
        return "unverified";
    case MIDGE_COMPLETE_NO:
        break;
    }
    return "no";
}

static void add_body(struct text *out, const struct fetch *fetch)
{
    json_number(out, "body_len", (int64_t)fetch->output.body_len);
    add_hash(out, &fetch->output);
    json_member(out, "framing",
                fetch->reply.stream_id != 0 ? "stream" : framing_name(fetch->result.framing));
    json_flag(out, "headers_skipped", fetch->result.headers_skipped);
    json_member(out, "complete", complete_name(fetch->result.complete));
}

static void add_outcome(struct text *out, const struct fetch *fetch)
{
    json_member(out, "error", midge_err_name(fetch->result.error));
    json_member(out, "phase", midge_phase_name((enum midge_phase)fetch->result.phase));
    json_number(out, "native_code", fetch->result.native);
    json_member(out, "message", fetch->message != NULL ? fetch->message : "");
    json_number(out, "exit_code", fetch->exit_code);
}

static void add_connection(struct text *out, const struct midge_result *result)
{
    json_member(out, "tls_version",
                result->tls_version == 12   ? "1.2"
                : result->tls_version == 13 ? "1.3"
                                            : "");
    json_member(out, "cipher", result->cipher != NULL ? result->cipher : "");
    json_number(out, "verify_flags", result->verify_flags);
    json_flag(out, "time_verified", result->time_verified);
    json_number(out, "connection_id", result->connection);
    json_number(out, "connects", result->connects);
    json_flag(out, "reused", result->reused);
    json_flag(out, "resumed", result->resumed);
    json_number(out, "redirects", result->redirects);
    json_number(out, "retries", result->retries);
}

static void add_times(struct text *out, const struct midge_result *result)
{
    const struct midge_timings *t = &result->t;

    json_number(out, "t_queue_us", t->queue_us);
    json_number(out, "t_dns_us", t->dns_us);
    json_number(out, "t_connect_us", t->connect_us);
    json_number(out, "t_tls_us", t->tls_us);
    json_number(out, "t_send_us", t->send_us);
    json_number(out, "t_wait_us", t->wait_us);
    json_number(out, "t_body_us", t->body_us);
    json_number(out, "t_total_us", t->total_us);
    json_number(out, "longest_step_us", result->longest_step_us);
}

static void add_fetch(struct text *out, const struct fetch *fetch)
{
    text_puts(out, "{");
    json_member(out, "url", fetch->given);
    json_member(out, "effective_url", fetch->reply.url != NULL ? fetch->reply.url : fetch->url);
    json_member(out, "method", fetch->method);
    add_reply(out, fetch);
    add_body(out, fetch);
    add_outcome(out, fetch);
    add_connection(out, &fetch->result);
    add_times(out, &fetch->result);
    text_puts(out, "}\n");
}

/* --- all --- */

size_t report_failures(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->plan.n; i++) {
        n += run->plan.fetches[i].exit_code != 0;
    }
    return n;
}

static void add_summary(struct text *out, const struct run *run)
{
    const struct midge_stats *stats = &run->stats;

    text_puts(out, "{\"summary\":{");
    json_number(out, "wall_us", (int64_t)(run->end_us - run->start_us));
    json_number(out, "turns", (int64_t)stats->turns);
    json_number(out, "requests", (int64_t)run->plan.n);
    json_number(out, "failed", (int64_t)report_failures(run));
    json_number(out, "connections", stats->connections);
    json_number(out, "handshakes_full", stats->handshakes_full);
    json_number(out, "handshakes_resumed", stats->handshakes_resumed);
    json_number(out, "peak_connections", stats->peak_connections);
    json_number(out, "alloc_calls", (int64_t)stats->alloc_calls);
    json_number(out, "alloc_peak", (int64_t)stats->alloc_peak);
    json_number(out, "alloc_live", (int64_t)stats->alloc_live);
    json_number(out, "longest_step_us", stats->longest_step_us);
    json_number(out, "longest_turn_us", stats->longest_turn_us);
    text_puts(out, "}}\n");
}

int report_write(struct report *report, const struct run *run)
{
    struct text out = {.keep = run->keep};
    int native;

    if (report->fd < 0) {
        return 0;
    }
    for (size_t i = 0; i < run->plan.n; i++) {
        add_fetch(&out, &run->plan.fetches[i]);
    }
    add_summary(&out, run);
    native = descriptor_save(report->fd, out.data, out.len);
    report->fd = -1;
    return native == 0 ? 0 : report_failed(report, native);
}
