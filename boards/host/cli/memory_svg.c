/* SPDX-License-Identifier: MIT */
/*
 * The picture of memory: time to the right, bytes upwards, the owners on top of each other: the
 * client, the places for connections that had most, and the sum of all others. Of each the TLS
 * records are solid, its small blocks faint. A column of the picture shows the moment in it when
 * most was in use.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "label.h"
#include "memory.h"
#include "picture.h"
#include "run.h"

#define WIDTH   960
#define LEFT    80
#define RIGHT   940
#define TOP     44
#define BOTTOM  300
#define COLUMNS (RIGHT - LEFT)
#define OWNERS  8 /* layers: the client, six connections, the others */
#define LAYERS  ((size_t)2 * OWNERS)
#define OTHERS  (OWNERS - 1)
#define ENTRY   18 /* of the legend */

struct column {
    uint32_t bytes[LAYERS]; /* of layer 2 i small blocks, of 2 i + 1 records of owner i */
};
struct graph {
    const struct run *run;
    unsigned *layer_of;        /* by owner: 0..OWNERS - 1 */
    unsigned owner_of[OWNERS]; /* the other way; of OTHERS: how many they are */
    uint32_t peak[LAYERS];     /* while columns are filled */
    uint64_t from, end, top;   /* microseconds; bytes at the upper edge */
    struct column columns[COLUMNS];
};

/* --- which owners have a layer of their own --- */

static void find_peaks(const struct memory *memory, uint32_t *peaks)
{
    for (size_t i = 0; i < memory->n; i++) {
        const struct memory_change *change = &memory->changes[i];
        uint32_t all = change->small + change->records;
        peaks[change->owner] = all > peaks[change->owner] ? all : peaks[change->owner];
    }
}

/* Owners 1.. by their peaks, the earlier one first. */
static void choose(struct graph *graph, const uint32_t *peaks)
{
    const unsigned owners = graph->run->memory.owners;

    for (unsigned i = 1; i < owners; i++) {
        graph->layer_of[i] = OTHERS;
        graph->owner_of[OTHERS] += peaks[i] > 0;
    }
    for (unsigned layer = 1; layer < OTHERS; layer++) {
        unsigned best = 0;
        for (unsigned i = 1; i < owners; i++) {
            if (graph->layer_of[i] == OTHERS && peaks[i] > 0 &&
                (best == 0 || peaks[i] > peaks[best])) {
                best = i;
            }
        }
        if (best != 0) {
            graph->layer_of[best] = layer;
            graph->owner_of[layer] = best;
            graph->owner_of[OTHERS]--;
        }
    }
}

/* --- columns --- */

static uint64_t sum(const uint32_t *bytes)
{
    uint64_t all = 0;

    for (size_t i = 0; i < LAYERS; i++) {
        all += bytes[i];
    }
    return all;
}

static size_t column_at(const struct graph *graph, uint64_t us)
{
    uint64_t at = us > graph->from ? us - graph->from : 0;
    size_t column = (size_t)(at * COLUMNS / (graph->end - graph->from));

    return column < COLUMNS ? column : COLUMNS - 1;
}

static void note_column(struct graph *graph, size_t at, const uint32_t *now)
{
    if (sum(now) >= sum(graph->columns[at].bytes)) {
        memcpy(graph->columns[at].bytes, now, sizeof graph->columns[at].bytes);
    }
    for (size_t i = 0; i < LAYERS; i++) {
        graph->peak[i] = now[i] > graph->peak[i] ? now[i] : graph->peak[i];
    }
}

/* From one change to the next nothing changes; changes of one moment belong together. */
static void fill_columns(struct graph *graph)
{
    const struct memory *memory = &graph->run->memory;
    struct midge_memory_use *has = memory->now;
    uint32_t now[LAYERS] = {0};
    size_t at = 0;

    memset(has, 0, memory->owners * sizeof *has);
    for (size_t i = 0; i < memory->n; i++) {
        const struct memory_change *change = &memory->changes[i];
        uint32_t *layer = &now[2 * (size_t)graph->layer_of[change->owner]];
        for (size_t to = column_at(graph, change->us); at < to; at++) {
            note_column(graph, at, now);
        }
        layer[0] = layer[0] - (uint32_t)has[change->owner].small + change->small;
        layer[1] = layer[1] - (uint32_t)has[change->owner].records + change->records;
        has[change->owner] = (struct midge_memory_use){change->small, change->records};
        note_column(graph, at, now);
    }
    for (; at < COLUMNS; at++) {
        note_column(graph, at, now);
    }
}

static void make(struct graph *graph)
{
    const struct run *run = graph->run;
    const struct memory *memory = &run->memory;
    uint32_t *peaks = keep_alloc(run->keep, (memory->owners + (size_t)1) * sizeof *peaks);

    graph->layer_of = keep_alloc(run->keep, (memory->owners + (size_t)1) * sizeof(unsigned));
    graph->from = run->start_us;
    graph->end = run->end_us > run->start_us ? run->end_us : run->start_us + 1;
    find_peaks(memory, peaks);
    choose(graph, peaks);
    fill_columns(graph);
    graph->top = run->stats.alloc_peak > 0 ? run->stats.alloc_peak : 1;
    if (run->block_size >= graph->top && run->block_size / 3 < graph->top) {
        graph->top = run->block_size; /* near enough to be in the picture */
    }
}

/* --- drawing --- */

static double height_of(const struct graph *graph, uint64_t bytes)
{
    return BOTTOM - (double)bytes / (double)graph->top * (BOTTOM - TOP);
}

static uint64_t below(const struct column *column, size_t layer)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < layer; i++) {
        bytes += column->bytes[i];
    }
    return bytes;
}

/* The upper edge from the left to the right, the lower edge back. */
static void add_edge(struct text *out, const struct graph *graph, size_t layer, int back)
{
    uint64_t before = UINT64_MAX;

    for (size_t i = 0; i < COLUMNS; i++) {
        size_t at = back ? COLUMNS - 1 - i : i;
        uint64_t bytes = below(&graph->columns[at], layer);
        if (bytes != before) {
            text_format(out, "H%zuV%.1f", LEFT + at + (back != 0), height_of(graph, bytes));
        }
        before = bytes;
    }
    text_format(out, "H%d", back ? LEFT : RIGHT);
}

static void name_layer(char *name, size_t cap, const struct graph *graph, unsigned layer)
{
    if (layer == 0) {
        snprintf(name, cap, "the client");
    } else if (layer == OTHERS) {
        snprintf(name, cap, "%u more connections", graph->owner_of[OTHERS]);
    } else {
        snprintf(name, cap, "connection place %u", graph->owner_of[layer]);
    }
}

static void add_layer(struct text *out, const struct graph *graph, size_t layer)
{
    const unsigned owner = (unsigned)layer / 2;
    char name[48];

    if (graph->peak[layer] == 0) {
        return;
    }
    name_layer(name, sizeof name, graph, owner);
    text_format(out, "<path class=\"c%u%s\" d=\"M%d %.1f", owner, layer % 2 == 0 ? " s" : "", LEFT,
                height_of(graph, below(&graph->columns[0], layer + 1)));
    add_edge(out, graph, layer + 1, 0);
    add_edge(out, graph, layer, 1);
    text_format(out, "Z\"><title>%s: %s, %" PRIu32 " bytes at most</title></path>\n", name,
                layer % 2 == 0 ? "small blocks" : "TLS records", graph->peak[layer]);
}

static void add_level(struct text *out, const struct graph *graph, uint64_t bytes, const char *what)
{
    double y = height_of(graph, bytes);
    char line[64];

    snprintf(line, sizeof line, "%s %" PRIu64 " bytes", what, bytes);
    text_format(out, "<path class=\"k\" d=\"M%d %.1fH%d\" stroke-dasharray=\"4 3\"/>\n", LEFT, y,
                RIGHT);
    picture_text(out, RIGHT, y - 4, "t e", line);
}

static void add_bytes(struct text *out, const struct graph *graph)
{
    const uint64_t step = picture_step(graph->top, 6);

    for (uint64_t at = 0; at <= graph->top; at += step) {
        char line[32];
        snprintf(line, sizeof line, step >= 1000 ? "%" PRIu64 " KB" : "%" PRIu64,
                 step >= 1000 ? at / 1000 : at);
        text_format(out, "<path class=\"l\" d=\"M%d %.1fH%d\"/>\n", LEFT, height_of(graph, at),
                    RIGHT);
        picture_text(out, LEFT - 6, height_of(graph, at) + 4, "m e", line);
    }
}

static void describe(char *line, size_t cap, const struct graph *graph, unsigned layer)
{
    const uint32_t records = graph->peak[2 * (size_t)layer + 1];
    char name[48];
    int len;

    name_layer(name, sizeof name, graph, layer);
    len = snprintf(line, cap, "%s: small blocks %" PRIu32 " bytes at most", name,
                   graph->peak[2 * (size_t)layer]);
    if (records > 0 && len > 0 && (size_t)len < cap) {
        snprintf(line + len, cap - (size_t)len, ", TLS records %" PRIu32, records);
    }
}

/* Returns its lower edge. */
static double add_legend(struct text *out, const struct graph *graph, double y)
{
    for (unsigned i = 0; i < OWNERS; i++) {
        char line[160];
        if (graph->peak[2 * (size_t)i] + graph->peak[2 * (size_t)i + 1] == 0) {
            continue;
        }
        describe(line, sizeof line, graph, i);
        text_format(out,
                    "<rect class=\"c%u s\" x=\"%d\" y=\"%.1f\" width=\"11\" height=\"11\"/>"
                    "<rect class=\"c%u\" x=\"%d\" y=\"%.1f\" width=\"11\" height=\"11\"/>\n",
                    i, LEFT, y, i, LEFT + 12, y);
        picture_text(out, LEFT + 30, y + 10, "t", line);
        y += ENTRY;
    }
    return y;
}

static void add_notes(struct text *out, const struct run *run, double y)
{
    char line[160];

    snprintf(
        line, sizeof line,
        "faint: small blocks, solid: TLS records; the block has %zu bytes, %zu of them were in "
        "use at most%s",
        run->block_size, run->stats.alloc_peak,
        run->memory.full ? "; the picture is NOT complete" : "");
    picture_text(out, LEFT, y, run->memory.full ? "x b" : "t", line);
}

/* Everything within the element; returns the height. */
static unsigned draw(struct text *out, const struct run *run)
{
    struct graph *graph = keep_alloc(run->keep, sizeof *graph);
    const double place[2] = {LEFT, RIGHT}, lines[2] = {TOP - 14, BOTTOM};

    graph->run = run;
    if (run->memory.n == 0) {
        picture_text(out, LEFT, 40, "x b", "no client was opened: there is no memory to draw");
        return 60;
    }
    make(graph);
    picture_axis(out, place, lines, graph->end - graph->from, 6);
    add_bytes(out, graph);
    for (size_t layer = 0; layer < LAYERS; layer++) {
        add_layer(out, graph, layer);
    }
    add_level(out, graph, run->stats.alloc_peak, "most in use:");
    if (graph->top == run->block_size && run->stats.alloc_peak != graph->top) {
        add_level(out, graph, graph->top, "the block:");
    }
    add_notes(out, run, BOTTOM + 20);
    return (unsigned)add_legend(out, graph, BOTTOM + 32) + 8;
}

int memory_svg(const struct run *run, const char *path)
{
    struct text inside = {.keep = run->keep}, out = {.keep = run->keep};

    text_add(&inside, "", 0);
    const unsigned height = draw(&inside, run);
    picture_begin(&out, WIDTH, height, "Memory of the client over time, by owner");
    text_add(&out, inside.data, inside.len);
    text_puts(&out, "</svg>\n");
    return picture_save(path, &out, "the picture of memory");
}

/* --- in a page: the graph is stretched, so its texts stand around it --- */

static void add_entries(struct text *out, const struct graph *graph)
{
    text_puts(out, "<ul class=\"legend\">\n");
    for (unsigned i = 0; i < OWNERS; i++) {
        const uint32_t small = graph->peak[2 * (size_t)i], records = graph->peak[2 * (size_t)i + 1];
        char line[160];
        if (small + records == 0) {
            continue;
        }
        describe(line, sizeof line, graph, i);
        text_format(out,
                    "<li><svg width=\"24\" height=\"11\" aria-hidden=\"true\">"
                    "<rect class=\"c%u s\" width=\"11\" height=\"11\"/>"
                    "<rect class=\"c%u\" x=\"12\" width=\"11\" height=\"11\"/></svg> %s</li>\n",
                    i, i, line);
    }
    text_puts(out, "</ul>\n");
}

void memory_page(struct text *out, const struct run *run)
{
    struct graph *graph = keep_alloc(run->keep, sizeof *graph);
    char end[24];

    if (run->memory.n == 0) {
        text_puts(out, "<p class=\"x\">No client was opened: there is no memory to draw.</p>\n");
        return;
    }
    graph->run = run;
    make(graph);
    waterfall_time(end, sizeof end, graph->end - graph->from);
    text_format(out,
                "<p>The block has %zu bytes; %zu of them were in use at most. Faint: small blocks, "
                "solid: TLS records; the dashed line is the most that was in use%s.</p>\n",
                run->block_size, run->stats.alloc_peak,
                run->memory.full ? ". The picture is NOT complete" : "");
    text_format(out,
                "<p class=\"ends\"><span>%" PRIu64 " bytes</span></p>\n<svg class=\"graph\" "
                "viewBox=\"%d %d %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
                "aria-label=\"Memory of the client over time\">\n",
                graph->top, LEFT, TOP, COLUMNS, BOTTOM - TOP);
    for (size_t layer = 0; layer < LAYERS; layer++) {
        add_layer(out, graph, layer);
    }
    text_format(out, "<path class=\"k\" d=\"M%d %.1fH%d\" stroke-dasharray=\"4 3\"/>\n</svg>\n",
                LEFT, height_of(graph, run->stats.alloc_peak), RIGHT);
    text_format(out, "<p class=\"ends\"><span>0</span><span>%s</span></p>\n", end);
    add_entries(out, graph);
}
