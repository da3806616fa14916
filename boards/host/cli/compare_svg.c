/* SPDX-License-Identifier: MIT */
/*
 * Two runs of the same work beside each other, on one scale of time: at the left the first client
 * of each work, at the right the second one. The clients of a log are taken in pairs; of several
 * pairs the next one begins where the one before ended. A request of the second client stands in
 * the row of the first client's request for the same URL.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "label.h"
#include "picture.h"
#include "run.h"
#include "waterfall.h"

#define WIDTH      960
#define LABEL_END  200
#define LEFT       210
#define RIGHT      590
#define SIDE       360
#define TOP        64
#define ROW_HEIGHT 16
#define GAP        8 /* between two works */
#define TICKS      6

/* A client's part of the picture. */
struct side {
    const struct run *run;
    unsigned client;
    uint64_t from, end;  /* of its requests */
    uint64_t offset;     /* of the works before */
    size_t n, ended_bad; /* requests; how many of them failed */
    int overlaps;        /* at least two were under way at once */
};

static void measure(struct side *side)
{
    uint64_t end = 0;

    side->from = UINT64_MAX;
    for (size_t i = 0; i < side->run->plan.n; i++) {
        const struct fetch *fetch = &side->run->plan.fetches[i];
        struct waterfall_row row;
        if (fetch->client != side->client) {
            continue;
        }
        waterfall_row(side->run->keep, fetch, &row);
        side->from = row.from < side->from ? row.from : side->from;
        side->overlaps = side->overlaps || row.from < end;
        end = row.end > end ? row.end : end;
        side->n++;
        side->ended_bad += fetch->result.error != MIDGE_OK;
    }
    side->from = side->n > 0 ? side->from : 0;
    side->end = side->n > 0 ? end : 0;
}

static unsigned clients_of(const struct run *run)
{
    unsigned most = 0;

    for (size_t i = 0; i < run->plan.n; i++) {
        most = run->plan.fetches[i].client > most ? run->plan.fetches[i].client : most;
    }
    return most;
}

/* --- rows --- */

/* The nth request of that client for that URL, from 0; NULL: there is none. */
static const struct fetch *find(const struct side *side, const char *url, size_t nth)
{
    for (size_t i = 0; i < side->run->plan.n; i++) {
        const struct fetch *fetch = &side->run->plan.fetches[i];
        if (fetch->client == side->client && strcmp(fetch->url, url) == 0 && nth-- == 0) {
            return fetch;
        }
    }
    return NULL;
}

/* How many of the side's requests before this one have its URL. */
static size_t nth_of(const struct side *side, size_t index)
{
    const struct fetch *at = side->run->plan.fetches;
    size_t nth = 0;

    for (size_t i = 0; i < index; i++) {
        nth += at[i].client == side->client && strcmp(at[i].url, at[index].url) == 0;
    }
    return nth;
}

static void add_half(struct text *out, const struct side *side, const struct fetch *fetch,
                     double left, double y, uint64_t end)
{
    const double box[2] = {y + 2, ROW_HEIGHT - 4};
    const double shift = (double)side->offset / (double)end * SIDE;
    const struct picture_scale scale = {{left + shift, left + shift + SIDE}, "", side->from, end};
    struct waterfall_row row;

    if (fetch == NULL) {
        picture_text(out, left, y + 12, "m", "not asked");
        return;
    }
    waterfall_row(side->run->keep, fetch, &row);
    picture_bar(out, &row, &scale, box);
    if (fetch->result.error != MIDGE_OK) {
        double x = left + shift + (double)(row.end - side->from) / (double)end * SIDE;
        picture_text(out, x > left + SIDE - 50 ? left + SIDE - 50 : x + 3, y + 12, "x b", "FAILED");
    }
}

static const char *label_for(struct keep *keep, const char *url, size_t nth)
{
    const char *host = strstr(url, "://"), *name = host != NULL ? host + 3 : url;
    const char *slash = strchr(name, '/');

    name = slash != NULL && slash[1] != '\0' ? slash : name;
    return label_cut(keep, nth > 0 ? keep_format(keep, "%s (%zu)", name, nth + 1) : name,
                     LABEL_END * 100 / PICTURE_LETTER);
}

/* The works, one below the other. Returns where they end. */
static double add_work(struct text *out, const struct side pair[2], double y, uint64_t end)
{
    const struct run *run = pair[0].run;

    for (size_t i = 0; i < run->plan.n; i++) {
        const struct fetch *fetch = &run->plan.fetches[i];
        if (fetch->client != pair[0].client) {
            continue;
        }
        size_t nth = nth_of(&pair[0], i);
        picture_text(out, LABEL_END, y + 12, "t e", label_for(run->keep, fetch->url, nth));
        add_half(out, &pair[0], fetch, LEFT, y, end);
        add_half(out, &pair[1], find(&pair[1], fetch->url, nth), RIGHT, y, end);
        y += ROW_HEIGHT;
    }
    return y + GAP;
}

/* --- the whole --- */

static uint64_t length_of(const struct side *sides, size_t n, size_t which)
{
    uint64_t sum = 0;

    for (size_t i = which; i < n; i += 2) {
        sum += sides[i].end - sides[i].from;
    }
    return sum;
}

static void add_heading(struct text *out, const struct side *sides, size_t n, size_t which,
                        double left)
{
    uint64_t us = length_of(sides, n, which);
    int overlaps = 0;
    char line[96];

    for (size_t i = which; i < n; i += 2) {
        overlaps = overlaps || sides[i].overlaps;
    }
    snprintf(line, sizeof line, "%s: %.2f s", overlaps ? "all at once" : "one after another",
             (double)us / 1e6);
    text_format(out, "<g font-size=\"15\">");
    picture_text(out, left, 24, "t b", line);
    text_puts(out, "</g>\n");
}

static void add_note(struct text *out, const struct side *sides, size_t n, double y)
{
    uint64_t first = length_of(sides, n, 0), second = length_of(sides, n, 1);
    size_t requests = 0, bad = 0;
    char line[128];

    for (size_t i = 0; i < n; i++) {
        requests += i % 2 == 0 ? sides[i].n : 0;
        bad += sides[i].ended_bad;
    }
    if (bad > 0) {
        snprintf(line, sizeof line, "%zu requests each, %zu FAILED: the times say nothing",
                 requests, bad);
    } else {
        snprintf(line, sizeof line,
                 "the same %zu requests on one scale of time: %.1f times as fast", requests,
                 second > 0 ? (double)first / (double)second : 0.0);
    }
    picture_legend(out, LEFT, (unsigned)y + 14);
    picture_text(out, LEFT, y + 34, bad > 0 ? "x b" : "t", line);
}

static unsigned height_of(const struct side *sides, size_t n)
{
    unsigned height = TOP;

    for (size_t i = 0; i < n; i += 2) {
        height += (unsigned)sides[i].n * ROW_HEIGHT + GAP;
    }
    return height;
}

int compare_svg(const struct run *run, const char *path)
{
    const size_t n = (size_t)clients_of(run) / 2 * 2;
    struct side *sides = keep_alloc(run->keep, (n + 2) * sizeof *sides);
    const double left[2] = {LEFT, LEFT + SIDE}, right[2] = {RIGHT, RIGHT + SIDE};
    struct text out = {.keep = run->keep};
    uint64_t end = 1;

    for (size_t i = 0; i < n; i++) {
        sides[i] = (struct side){.run = run, .client = (unsigned)i + 1};
        measure(&sides[i]);
        sides[i].offset = i < 2 ? 0 : sides[i - 2].offset + sides[i - 2].end - sides[i - 2].from;
        uint64_t reach = sides[i].offset + sides[i].end - sides[i].from;
        end = reach > end ? reach : end;
    }
    double lines[2] = {TOP - 8, height_of(sides, n)}, y = TOP;
    picture_begin(&out, WIDTH, (unsigned)lines[1] + 46,
                  "The same requests one after another, and all at once");
    add_heading(&out, sides, n, 0, LEFT);
    add_heading(&out, sides, n, 1, RIGHT);
    picture_axis(&out, left, lines, end, TICKS);
    picture_axis(&out, right, lines, end, TICKS);
    for (size_t i = 0; i < n; i += 2) {
        y = add_work(&out, &sides[i], y, end);
    }
    add_note(&out, sides, n, lines[1]);
    text_puts(&out, "</svg>\n");
    return picture_save(path, &out, "the picture");
}
