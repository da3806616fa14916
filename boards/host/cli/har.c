/* SPDX-License-Identifier: MIT */
/*
 * The file of --har, written when all has ended. An entry for each hop: the first request of a
 * URL, each redirect, each repeat, and a last attempt that failed before it could send. URLs that
 * were never asked, as malformed ones, have none.
 *
 * Values of credentials are never in the file.
 */
#define _GNU_SOURCE
#include "har.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <midge/err.h>
#include <midge/url.h>
#include <midge/version.h>

#include "descriptor.h"
#include "failure.h"
#include "json_text.h"
#include "run.h"
#include "secret.h"

#define HIDDEN "(hidden)"

/* --- times --- */

static void add_ms(struct text *out, const char *name, uint64_t us)
{
    json_name(out, name);
    text_format(out, "%" PRIu64 ".%03u", us / 1000, (unsigned)(us % 1000));
}

/* -1: the phase did not happen. */
static void add_phase(struct text *out, const char *name, uint64_t us)
{
    if (us > 0) {
        add_ms(out, name, us);
    } else {
        json_number(out, name, -1);
    }
}

static void add_started(struct text *out, const struct har *har, uint64_t clock_us)
{
    int64_t ms = har->wall_ms + (int64_t)(clock_us - har->clock_us) / 1000;
    time_t seconds = (time_t)(ms / 1000);
    char text[32] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    json_name(out, "startedDateTime");
    text_format(out, "\"%s.%03uZ\"", text, (unsigned)(ms % 1000));
}

/* of: the durations of one hop. HAR counts ssl within connect. */
static void add_timings(struct text *out, const struct midge_timings *of)
{
    add_ms(out, "time", har_until_sent(of) + har_since_sent(of));
    json_name(out, "timings");
    text_puts(out, "{");
    add_phase(out, "blocked", of->queue_us);
    add_phase(out, "dns", of->dns_us);
    add_phase(out, "connect", (uint64_t)of->connect_us + of->tls_us);
    add_phase(out, "ssl", of->tls_us);
    add_ms(out, "send", of->send_us);
    add_ms(out, "wait", of->wait_us);
    add_ms(out, "receive", of->body_us);
    text_puts(out, "}");
}

/* --- the request --- */

static int is_url_field(const char *name)
{
    return strcasecmp(name, "Location") == 0 || strcasecmp(name, "Content-Location") == 0 ||
           strcasecmp(name, "Referer") == 0;
}

static const char *shown_value(struct keep *keep, const struct reply_field *field)
{
    if (secret_field(field->name)) {
        return HIDDEN;
    }
    return is_url_field(field->name) ? secret_cut(keep, field->value) : field->value;
}

static void add_pair(struct text *out, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    text_puts(out, out->data[out->len - 1] == '[' ? "{" : ",{");
    json_name(out, "name");
    json_latin1(out, name, name_len);
    json_name(out, "value");
    json_latin1(out, value, value_len);
    text_puts(out, "}");
}

static void add_fields(struct text *out, struct keep *keep, const struct reply_fields *fields)
{
    json_name(out, "headers");
    text_puts(out, "[");
    for (size_t i = 0; i < fields->n; i++) {
        const char *value = shown_value(keep, &fields->at[i]);
        add_pair(out, fields->at[i].name, fields->at[i].name_len, value, strlen(value));
    }
    text_puts(out, "]");
    json_name(out, "cookies"); /* the headers name them */
    text_puts(out, "[]");
}

/* Names and values as they are in the URL, percent-encoded. */
static void add_query(struct text *out, const char *url)
{
    size_t end = strcspn(url, "#");
    const char *at = memchr(url, '?', end), *stop = url + end;

    json_name(out, "queryString");
    text_puts(out, "[");
    for (at = at != NULL ? at + 1 : stop; at < stop; at++) {
        size_t len = strcspn(at, "&#"), name = strcspn(at, "=&#");
        size_t value = name < len ? name + 1 : len;
        if (len > 0) {
            add_pair(out, at, name, at + value, len - value);
        }
        at += len;
    }
    text_puts(out, "]");
}

static void add_request(struct text *out, const struct fetch *fetch, const struct har_hop *hop)
{
    struct keep *keep = fetch->run->keep;

    json_name(out, "request");
    text_puts(out, "{");
    json_member(out, "method", hop->method);
    json_member(out, "url", secret_cut(keep, hop->url));
    json_member(out, "httpVersion", hop->reply.stream_id != 0 ? "HTTP/2" : "HTTP/1.1");
    add_fields(out, keep, &hop->sent);
    add_query(out, hop->url);
    json_number(out, "headersSize", hop->head_len > 0 ? (int64_t)hop->head_len : -1);
    har_add_post(out, fetch, hop);
    text_puts(out, "}");
}

/* --- the answer --- */

static void add_error(struct text *out, const struct fetch *fetch, const struct har_hop *hop,
                      int is_last)
{
    if (is_last && fetch->message != NULL) {
        json_member(out, "_error", secret_cut(fetch->run->keep, fetch->message));
    } else if (!is_last && hop->reply.status == 0) {
        json_member(out, "_error", "no answer came; the request was sent again");
    }
}

static void add_response(struct text *out, const struct fetch *fetch, const struct har_hop *hop,
                         int is_last)
{
    const struct reply *reply = &hop->reply;
    const char *reason = reply->reason != NULL ? reply->reason : "";
    const char *location = secret_cut(fetch->run->keep, har_field(&reply->headers, "Location"));

    json_name(out, "response");
    text_puts(out, "{");
    json_number(out, "status", reply->status);
    json_name(out, "statusText");
    json_latin1(out, reason, strlen(reason));
    json_member(
        out, "httpVersion",
        reply->status == 0 ? "" : keep_format(fetch->run->keep, "HTTP/%s", reply_version(reply)));
    add_fields(out, fetch->run->keep, &reply->headers);
    json_name(out, "redirectURL");
    json_latin1(out, location, strlen(location));
    json_number(out, "headersSize", -1); /* its bytes as they came are not kept */
    har_add_content(out, fetch, hop, is_last);
    add_error(out, fetch, hop, is_last);
    text_puts(out, "}");
}

/* --- entries --- */

static void add_connection(struct text *out, const struct run *run, uint32_t connection)
{
    const char *address = remote_find(&run->remotes, connection).ip;

    if (address[0] != '\0') {
        json_member(out, "serverIPAddress", address);
    }
    if (connection != 0) {
        json_name(out, "connection");
        text_format(out, "\"%" PRIu32 "\"", connection);
    }
}

static void add_entry(struct text *out, const struct fetch *fetch, const struct har_hop *hop,
                      const struct midge_timings *of, int is_last)
{
    text_puts(out, out->data[out->len - 1] == '[' ? "{" : ",\n{");
    json_member(out, "pageref", "run");
    add_started(out, &fetch->run->har, of->start_us);
    add_timings(out, of);
    add_request(out, fetch, hop);
    add_response(out, fetch, hop, is_last);
    json_name(out, "cache");
    text_puts(out, "{}");
    add_connection(out, fetch->run, hop->connection);
    if (hop->redirects + hop->retries + hop->repeats > 0) {
        json_member(out, "comment",
                    keep_format(fetch->run->keep, "after %u redirects, %u repeats",
                                (unsigned)hop->redirects,
                                (unsigned)hop->retries + (unsigned)hop->repeats));
    }
    text_puts(out, "}");
}

static void add_fetch(struct text *out, const struct fetch *fetch)
{
    for (size_t i = 0; i < fetch->hops.n; i++) {
        struct midge_timings of = har_timings(fetch, i);
        add_entry(out, fetch, &fetch->hops.at[i], &of, i + 1 == fetch->hops.n);
    }
}

/* --- the file --- */

/* All entries belong to one page: the run. */
static void add_log(struct text *out, struct run *run)
{
    text_puts(out, "{\"log\":{");
    json_member(out, "version", "1.2");
    json_name(out, "creator");
    text_puts(out, "{\"name\":\"midge\",\"version\":\"" MIDGE_VERSION "\"}");
    json_name(out, "pages");
    text_puts(out, "[{");
    add_started(out, &run->har, run->start_us);
    json_member(out, "id", "run");
    json_member(out, "title", "midge");
    json_name(out, "pageTimings");
    text_puts(out, "{");
    add_ms(out, "onLoad", run->end_us - run->start_us);
    text_puts(out, "}}]");
    json_name(out, "entries");
    text_puts(out, "[");
    for (size_t i = 0; i < run->plan.n; i++) {
        if (run->plan.fetches[i].started) {
            add_fetch(out, &run->plan.fetches[i]);
        }
    }
    text_puts(out, "]}}\n");
}

/* Beside the target, and then in its place, as -o does. 0 or errno. */
static int save(const struct midge_port *port, const char *path, const struct text *all)
{
    midge_file file;
    int native = 0, late = 0, err;

    if (strcmp(path, "-") == 0 || descriptor_is_stdout(path)) {
        return descriptor_save(descriptor_open("-"), all->data, all->len);
    }
    err = port->file_open(port->ctx, path, MIDGE_FILE_REPLACE, &file, &native);
    if (err != MIDGE_OK) {
        return native != 0 ? native : EIO;
    }
    err = port->file_write(port->ctx, file, (const uint8_t *)all->data, all->len, &native);
    if (port->file_finish(port->ctx, file, err == MIDGE_OK, &late) != MIDGE_OK || err != MIDGE_OK) {
        return native != 0 ? native : late != 0 ? late : EIO;
    }
    return 0;
}

int har_write(struct run *run)
{
    const char *path = run->options->har;
    struct text out = {.keep = run->keep};
    int native;

    if (path == NULL) {
        return 0;
    }
    add_log(&out, run);
    native = save(&run->shim.port, path, &out);
    if (native == 0) {
        return 0;
    }
    fprintf(stderr, "midge: (%d) can't write the archive %s: %s\n", EXIT_WRITE, path,
            strerror(native));
    return EXIT_WRITE;
}
