/* SPDX-License-Identifier: MIT */
/*
 * One hook stands behind all others of each fetch, so it sees the fields that they set. It notes a
 * hop when its head is about to be sent, and the head of the answer when that has come.
 */
#define _GNU_SOURCE
#include <string.h>
#include <time.h>
#include <midge/err.h>

#include "har.h"
#include "run.h"
#include "sent.h"

/* --- hops --- */

struct head {
    struct keep *keep;
    struct har_hop *hop;
};

static void note_field(void *ctx, const char *name, const char *value)
{
    struct head *head = ctx;

    reply_add(&head->hop->sent, head->keep, name, strlen(name), value, strlen(value));
    head->hop->head_len += strlen(name) + strlen(": \r\n") + strlen(value);
}

static void note_head(struct fetch *fetch, const struct midge_hop *from, struct har_hop *hop)
{
    const char *line = sent_line(fetch, hop->method, hop->url);
    struct head head = {.keep = fetch->run->keep, .hop = hop};

    hop->head_len = line != NULL ? strlen(line) + strlen("\r\n\r\n") : 0;
    sent_fields(fetch, from, hop->url, note_field, &head);
    if (fetch->proxy.host != NULL && strncmp(hop->url, "http:", 5) == 0) {
        hop->head_len = 0; /* its target is longer, and there may be credentials */
    }
}

/* on_send is called again for a hop that had to wait for memory. */
static struct har_hop *hop_for(struct fetch *fetch, const struct midge_hop *from)
{
    struct har_hop *hop = fetch->hops.n > 0 ? &fetch->hops.at[fetch->hops.n - 1] : NULL;

    if (hop != NULL && hop->reply.status == 0 && hop->redirects == from->redirects &&
        hop->retries == from->retries && hop->repeats == from->repeats) {
        *hop = (struct har_hop){0};
        return hop;
    }
    return har_add(fetch);
}

static int on_send(struct midge_hook *hook, struct midge_hop *from)
{
    struct fetch *fetch = from->ctx;
    struct keep *keep = fetch->run->keep;
    struct har_hop *hop = hop_for(fetch, from);

    (void)hook;
    hop->method = keep_copy(keep, from->method, strlen(from->method));
    hop->url = keep_copy(keep, from->url, strlen(from->url));
    hop->before = *from->timings;
    hop->connection = from->connection;
    hop->redirects = from->redirects;
    hop->retries = from->retries;
    hop->repeats = from->repeats;
    hop->has_body = !fetch->lost_body;
    note_head(fetch, from, hop);
    return MIDGE_OK;
}

static int on_head(struct midge_hook *hook, struct midge_hop *from,
                   const struct midge_response *response)
{
    struct fetch *fetch = from->ctx;
    struct har_hop *hop = &fetch->hops.at[fetch->hops.n - 1];

    (void)hook;
    hop->framing = response->framing;
    reply_note(&hop->reply, response);
    reply_keep(&hop->reply, fetch->run->keep, response);
    fetch->output.copy.keep = fetch->run->keep;
    fetch->output.copy_max = fetch->run->options->har != NULL &&
                                     har_is_text(har_field(&hop->reply.headers, "Content-Type"))
                                 ? HAR_TEXT
                                 : 0;
    return MIDGE_OK;
}

static void on_repeat(void *ctx, midge_id id, const struct midge_repeat *repeat)
{
    struct fetch *fetch = ctx;

    (void)id;
    (void)repeat;
    har_again(fetch, fetch->run->shim.seen_us);
}

void har_apply(struct fetch *fetch)
{
    struct midge_hook *har = &fetch->run->har.hook, **last = &fetch->request.hooks;

    if (!har_notes(fetch->run->options)) {
        return;
    }
    fetch->retry.on_repeat = on_repeat;
    while (*last != NULL && *last != har) { /* a hook of all fetches may lead to it already */
        last = &(*last)->next;
    }
    *last = har;
}

/* --- the run --- */

int har_notes(const struct options *options)
{
    return options->har != NULL || options->waterfall || options->page != NULL ||
           options->sim != NULL;
}

void har_setup(struct run *run)
{
    const struct midge_port *port = &run->shim.port;
    struct timespec now;

    if (!har_notes(run->options)) {
        return;
    }
    run->har.hook = (struct midge_hook){.on_send = on_send, .on_head = on_head};
    run->har.clock_us = port->clock_us(port->ctx);
    run->har.wall_ms = port->wall_time(port->ctx) * 1000;
    if (run->options->sim == NULL && !run->options->has_now &&
        clock_gettime(CLOCK_REALTIME, &now) == 0) {
        run->har.wall_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    }
}
