/* SPDX-License-Identifier: MIT */
/*
 * The content of a waterfall. Each hop of a request has its phases, one behind the other: so a
 * redirect or a repeat is drawn where it happened. Requests that shared an HTTP/2 connection stand
 * together below a heading, at the place of the first of them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <midge/err.h>

#include "run.h"
#include "secret.h"
#include "waterfall.h"

const struct waterfall_phase waterfall_phases[WATERFALL_PHASES] = {
    {"queue", '.', "37;40"}, {"dns", ':', "30;46"},  {"connect", 'c', "30;43"},
    {"tls", 't', "37;45"},   {"send", 's', "37;44"}, {"wait", '-', "30;47"},
    {"body", '#', "30;42"},
};

void waterfall_time(char *text, size_t cap, uint64_t us)
{
    if (us >= 1000000) {
        snprintf(text, cap, "%.3f s", (double)us / 1e6);
    } else {
        snprintf(text, cap, "%.2f ms", (double)us / 1e3);
    }
}

/* --- one row --- */

static void add_hop(struct waterfall_row *row, const struct midge_timings *t, unsigned hop)
{
    const uint32_t lengths[WATERFALL_PHASES] = {t->queue_us, t->dns_us,  t->connect_us, t->tls_us,
                                                t->send_us,  t->wait_us, t->body_us};

    for (unsigned i = 0; i < WATERFALL_PHASES; i++) {
        if (lengths[i] > 0) {
            row->spans[row->n++] = (struct waterfall_span){row->end, row->end + lengths[i], i, hop};
            row->end += lengths[i];
        }
    }
}

static void add_mark(struct waterfall_row *row, uint64_t at, int redirects, const char *url)
{
    row->marks[row->n_marks++] = (struct waterfall_mark){at, redirects, url};
}

/* At each hop but the first, and where an attempt failed before it was sent. */
static void add_marks(struct waterfall_row *row, const struct har_hops *hops)
{
    size_t again = 0;

    for (size_t i = 1; i < row->n; i++) {
        const struct waterfall_span *span = &row->spans[i];
        const struct har_hop *hop = &hops->at[span->hop];
        while (again < hops->n_again && hops->again[again] < span->from) {
            add_mark(row, hops->again[again++], 0, hop->url);
        }
        if (span->hop != span[-1].hop) {
            add_mark(row, span->from, hop->redirects != hop[-1].redirects, hop->url);
        }
    }
    while (again < hops->n_again && hops->n > 0) {
        add_mark(row, hops->again[again++], 0, hops->at[hops->n - 1].url);
    }
}

void waterfall_row(struct keep *keep, const struct fetch *fetch, struct waterfall_row *row)
{
    size_t hops = fetch->hops.n;

    *row = (struct waterfall_row){.from = fetch->result.t.start_us};
    row->end = row->from;
    if (!fetch->started) {
        return;
    }
    row->spans = keep_alloc(keep, (hops + 1) * WATERFALL_PHASES * sizeof *row->spans);
    row->marks = keep_alloc(keep, (hops + fetch->hops.n_again + 1) * sizeof *row->marks);
    for (unsigned i = 0; i < hops; i++) {
        struct midge_timings of = har_timings(fetch, i);
        add_hop(row, &of, i);
    }
    if (hops == 0) {
        add_hop(row, &fetch->result.t, 0);
    } else {
        add_marks(row, &fetch->hops);
    }
}

const char *waterfall_mark_name(const struct waterfall_mark *mark)
{
    return mark->redirects ? "redirect" : "again";
}

/* --- words --- */

static void add_word(struct text *out, const char *word)
{
    text_puts(out, out->len > 0 ? ", " : "");
    text_puts(out, word);
}

static void add_count(struct text *out, unsigned n, const char *one, const char *many)
{
    if (n > 0) {
        text_format(out, "%s%u %s", out->len > 0 ? ", " : "", n, n == 1 ? one : many);
    }
}

static void add_failure(struct text *out, const struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;

    if (!fetch->started) {
        add_word(out, "not started");
    }
    if (result->error != MIDGE_OK) {
        text_format(out, "%sFAILED: %s", out->len > 0 ? ", " : "", midge_err_name(result->error));
        if (fetch->started) {
            text_format(out, " in %s", midge_phase_name((enum midge_phase)result->phase));
        }
    } else if (fetch->exit_code != 0) {
        add_word(out, "FAILED");
    }
    if (fetch->exit_code != 0) {
        text_format(out, " (%d)", fetch->exit_code);
    }
}

/* In a group the label has the stream, and each but the first is on a kept connection. */
static const char *words_for(struct keep *keep, const struct fetch *fetch, int grouped)
{
    const struct midge_result *result = &fetch->result;
    struct text out = {.keep = keep};

    text_add(&out, "", 0);
    add_failure(&out, fetch);
    if (result->status != 0) {
        text_format(&out, "%s%u", out.len > 0 ? ", " : "", (unsigned)result->status);
    }
    if (fetch->started && result->error == MIDGE_OK && fetch->reply.status != 0 &&
        result->complete == MIDGE_COMPLETE_UNVERIFIED) {
        add_word(&out, "end unverified");
    }
    add_count(&out, result->redirects, "redirect", "redirects");
    add_count(&out, result->retries, "retry", "retries");
    if (result->reused && !grouped) {
        add_word(&out, "reused");
    } else if (result->resumed && !result->reused) {
        add_word(&out, "resumed");
    }
    if (fetch->reply.stream_id != 0 && !grouped) {
        text_format(&out, "%sstream %u", out.len > 0 ? ", " : "", (unsigned)fetch->reply.stream_id);
    }
    return out.data;
}

const char *waterfall_words(struct keep *keep, const struct fetch *fetch)
{
    return words_for(keep, fetch, 0);
}

/* The URL that was asked first. */
static const char *name_of(struct keep *keep, const struct fetch *fetch)
{
    const char *url = fetch->hops.n > 0 ? fetch->hops.at[0].url : fetch->url;
    const char *name = secret_cut(keep, url), *host = strstr(name, "://");

    return host != NULL && host[3] != '\0' ? host + 3 : name;
}

static const char *label_for(struct keep *keep, const struct fetch *fetch, int grouped)
{
    const char *name = name_of(keep, fetch), *path = strchr(name, '/');

    if (!grouped) {
        return name;
    }
    return keep_format(keep, "stream %u %s", (unsigned)fetch->reply.stream_id,
                       path != NULL ? path : name);
}

/* --- all lines --- */

/* Requests by their HTTP/2 connection. */
struct shared {
    size_t n, first, last; /* indices of fetches */
};
struct sharing {
    struct shared *at; /* by the connection's number */
    size_t *next;      /* by fetch: the next one of its group */
    uint32_t highest;
};

static uint32_t group_of(const struct fetch *fetch)
{
    return fetch->reply.stream_id != 0 ? fetch->result.connection : 0;
}

static void find_groups(struct sharing *groups, const struct run *run)
{
    for (size_t i = 0; i < run->plan.n; i++) {
        uint32_t number = group_of(&run->plan.fetches[i]);
        groups->highest = number > groups->highest ? number : groups->highest;
    }
    groups->at = keep_alloc(run->keep, (groups->highest + (size_t)1) * sizeof *groups->at);
    groups->next = keep_alloc(run->keep, (run->plan.n + 1) * sizeof *groups->next);
    for (size_t i = 0; i < run->plan.n; i++) {
        struct shared *group = &groups->at[group_of(&run->plan.fetches[i])];
        if (group->n++ == 0) {
            group->first = i;
        } else {
            groups->next[group->last] = i;
        }
        group->last = i;
    }
}

static struct waterfall_line *add_line(struct waterfall *w, struct keep *keep)
{
    w->lines = keep_room(keep, w->lines, w->n, sizeof *w->lines);
    w->lines[w->n] = (struct waterfall_line){0};
    return &w->lines[w->n++];
}

static void add_fetch(struct waterfall *w, const struct run *run, size_t i, int grouped)
{
    const struct fetch *fetch = &run->plan.fetches[i];
    struct waterfall_line *line = add_line(w, run->keep);

    line->fetch = fetch;
    line->label = label_for(run->keep, fetch, grouped);
    line->words = words_for(run->keep, fetch, grouped);
    line->grouped = (uint8_t)grouped;
    waterfall_row(run->keep, fetch, &line->row);
    if (fetch->started && line->row.from < w->from) {
        w->from = line->row.from;
    }
    if (line->row.end > w->end) {
        w->end = line->row.end;
    }
}

static void add_group(struct waterfall *w, const struct run *run, const struct sharing *groups,
                      const struct shared *group)
{
    const struct fetch *first = &run->plan.fetches[group->first];

    const char *name = name_of(run->keep, first);

    add_line(w, run->keep)->label =
        keep_format(run->keep, "HTTP/2 connection %u to %.*s, %zu streams",
                    (unsigned)first->result.connection, (int)strcspn(name, "/?"), name, group->n);
    for (size_t left = group->n, i = group->first; left > 0; left--, i = groups->next[i]) {
        add_fetch(w, run, i, 1);
    }
}

void waterfall_make(struct waterfall *w, const struct run *run)
{
    struct sharing groups = {0};

    *w = (struct waterfall){.from = UINT64_MAX};
    find_groups(&groups, run);
    for (size_t i = 0; i < run->plan.n; i++) {
        uint32_t number = group_of(&run->plan.fetches[i]);
        const struct shared *group = &groups.at[number];
        if (number == 0 || group->n == 1) {
            add_fetch(w, run, i, 0);
        } else if (group->first == i) {
            add_group(w, run, &groups, group);
        }
    }
    if (w->end <= w->from) {
        w->from = w->from == UINT64_MAX ? 0 : w->from;
        w->end = w->from + 1;
    }
}
