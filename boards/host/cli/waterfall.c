/* SPDX-License-Identifier: MIT */
/*
 * Each request is a row of phases placed on a common time axis. On a terminal a column of the bar
 * shows the phase that fills most of its time; waterfall_svg.c draws the same rows as a picture.
 */
#define _GNU_SOURCE
#include "waterfall.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/screen.h"
#include "run.h"

const struct waterfall_phase waterfall_phases[WATERFALL_PHASES] = {
    {"queue", '.', "37;40", "#c8c8c8"},   {"dns", ':', "30;46", "#3aa6b9"},
    {"connect", 'c', "30;43", "#e8a33d"}, {"tls", 't', "37;45", "#9b59b6"},
    {"send", 's', "37;44", "#3567c4"},    {"wait", '-', "30;47", "#8fce9b"},
    {"body", '#', "30;42", "#2e8b57"},
};

#define NARROWEST_BAR 10
#define TIME_WIDTH    10 /* " 1.003 s" and a margin */

/* --- times --- */

static uint64_t first_start(const struct run *run)
{
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < run->plan.n; i++) {
        if (run->plan.fetches[i].started && run->plan.fetches[i].result.t.start_us < first) {
            first = run->plan.fetches[i].result.t.start_us;
        }
    }
    return first;
}

int waterfall_row(const struct run *run, const struct fetch *fetch, struct waterfall_row *row)
{
    const struct midge_timings *t = &fetch->result.t;
    const uint32_t lengths[WATERFALL_PHASES] = {t->queue_us, t->dns_us,  t->connect_us, t->tls_us,
                                                t->send_us,  t->wait_us, t->body_us};
    uint64_t at;

    if (!fetch->started) {
        return 0;
    }
    at = t->start_us - first_start(run);
    for (size_t i = 0; i < WATERFALL_PHASES; i++) {
        row->spans[i] = (struct waterfall_span){.from = at, .to = at + lengths[i]};
        at += lengths[i];
    }
    row->end = at;
    return 1;
}

uint64_t waterfall_end(const struct run *run)
{
    uint64_t end = 1;

    for (size_t i = 0; i < run->plan.n; i++) {
        struct waterfall_row row;
        if (waterfall_row(run, &run->plan.fetches[i], &row) && row.end > end) {
            end = row.end;
        }
    }
    return end;
}

void waterfall_time(char *text, size_t cap, uint64_t us)
{
    if (us >= 1000000) {
        snprintf(text, cap, "%.3f s", (double)us / 1e6);
    } else {
        snprintf(text, cap, "%.2f ms", (double)us / 1e3);
    }
}

/* --- one bar --- */

static uint64_t overlap(const struct waterfall_span *span, uint64_t from, uint64_t to)
{
    uint64_t low = span->from > from ? span->from : from;
    uint64_t high = span->to < to ? span->to : to;

    return high > low ? high - low : 0;
}

/* The phase that fills most of a column; -1 none. */
static signed char phase_of_column(const struct waterfall_row *row, uint64_t from, uint64_t to)
{
    uint64_t most = 0;
    signed char phase = -1;

    for (signed char i = 0; i < WATERFALL_PHASES; i++) {
        uint64_t share = overlap(&row->spans[i], from, to);
        if (share > most) {
            most = share;
            phase = i;
        }
    }
    return phase;
}

static size_t count(const signed char *cells, size_t width, signed char phase)
{
    size_t n = 0;

    for (size_t i = 0; i < width; i++) {
        n += cells[i] == phase;
    }
    return n;
}

/* A phase too short for a column gets one if its neighbour has more than one. */
static void show_short_phases(const struct waterfall_row *row, uint64_t end, signed char *cells,
                              size_t width)
{
    for (signed char i = 0; i < WATERFALL_PHASES; i++) {
        const struct waterfall_span *span = &row->spans[i];
        uint64_t middle = (span->from + span->to) / 2;
        size_t at = (size_t)(middle * width / end);
        if (span->to == span->from || count(cells, width, i) > 0) {
            continue;
        }
        if (at >= width) {
            at = width - 1;
        }
        while (at + 1 < width && cells[at] >= 0 && cells[at] < i &&
               count(cells, width, cells[at]) == 1) {
            at++; /* that column shows another short phase */
        }
        if (cells[at] < 0 || count(cells, width, cells[at]) > 1) {
            cells[at] = i;
        }
    }
}

static void draw_bar(const struct waterfall_row *row, uint64_t end, size_t width, int colour)
{
    signed char cells[512];
    signed char now = -1;

    for (size_t i = 0; i < width; i++) {
        cells[i] = phase_of_column(row, end * i / width, end * (i + 1) / width);
    }
    show_short_phases(row, end, cells, width);
    for (size_t i = 0; i < width; i++) {
        if (colour && cells[i] != now) {
            fprintf(stderr, "\033[%sm", cells[i] >= 0 ? waterfall_phases[cells[i]].colour : "0");
        }
        now = cells[i];
        fputc(now >= 0 ? waterfall_phases[now].letter : ' ', stderr);
    }
    fputs(colour ? "\033[0m" : "", stderr);
}

/* --- all --- */

static const char *label_of(const struct fetch *fetch)
{
    const char *host = strstr(fetch->url, "://");

    return host != NULL ? host + 3 : fetch->url;
}

static size_t label_width(const struct run *run, size_t columns)
{
    size_t width = 4;

    for (size_t i = 0; i < run->plan.n; i++) {
        size_t len = strlen(label_of(&run->plan.fetches[i]));
        width = len > width ? len : width;
    }
    return width > columns / 3 ? columns / 3 : width;
}

static void draw_fetch(const struct run *run, const struct fetch *fetch, size_t label, size_t bar,
                       int colour)
{
    struct waterfall_row row;
    char total[24];

    waterfall_time(total, sizeof total, fetch->result.t.total_us);
    fprintf(stderr, "%-*s |", (int)label, screen_tail(label_of(fetch), label));
    if (waterfall_row(run, fetch, &row)) {
        draw_bar(&row, waterfall_end(run), bar, colour);
        fprintf(stderr, "| %s", total);
    } else {
        fprintf(stderr, "%-*s| -", (int)bar, " not started");
    }
    if (fetch->exit_code != 0) {
        fprintf(stderr, " (%d)", fetch->exit_code);
    }
    fputc('\n', stderr);
}

static void draw_axis(uint64_t end, size_t label, size_t bar)
{
    char half[24], whole[24];
    int half_at;

    waterfall_time(half, sizeof half, end / 2);
    waterfall_time(whole, sizeof whole, end);
    half_at = (int)bar / 2 - (int)strlen(half) / 2 - 1;
    fprintf(stderr, "%*s  0%*s%s%*s\n", (int)label, "", half_at > 0 ? half_at : 0, "",
            bar >= 20 ? half : "", (int)bar - 1 - half_at - (bar >= 20 ? (int)strlen(half) : 0),
            whole);
}

static void draw_legend(int colour)
{
    for (size_t i = 0; i < WATERFALL_PHASES; i++) {
        const struct waterfall_phase *phase = &waterfall_phases[i];
        if (colour) {
            fprintf(stderr, "\033[%sm%c\033[0m %s  ", phase->colour, phase->letter, phase->name);
        } else {
            fprintf(stderr, "%c %s  ", phase->letter, phase->name);
        }
    }
    fputc('\n', stderr);
}

static void draw_on_terminal(const struct run *run)
{
    int colour = screen_has_colour(STDERR_FILENO);
    size_t columns, rows, label, bar;

    screen_size(STDERR_FILENO, &columns, &rows);
    label = label_width(run, columns);
    bar = columns > label + TIME_WIDTH + 9 ? columns - label - TIME_WIDTH - 9 : 0;
    bar = bar < NARROWEST_BAR ? NARROWEST_BAR : bar > 512 ? 512 : bar;
    for (size_t i = 0; i < run->plan.n; i++) {
        draw_fetch(run, &run->plan.fetches[i], label, bar, colour);
    }
    draw_axis(waterfall_end(run), label, bar);
    draw_legend(colour);
}

int waterfall_draw(const struct run *run)
{
    if (run->options->waterfall_file != NULL) {
        return waterfall_svg(run, run->options->waterfall_file);
    }
    draw_on_terminal(run);
    return 0;
}
