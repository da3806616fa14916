/* SPDX-License-Identifier: MIT */
/*
 * The waterfall as text, as wide as the terminal. A column of a bar shows the phase that fills most
 * of its time. A terminal of 100 columns and more has the words at the end of each line if they fit
 * there; otherwise they stand below it, unless they are only the status.
 */
#define _GNU_SOURCE
#include "waterfall.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/screen.h"
#include "label.h"
#include "run.h"

#define WIDE          100
#define TIME_WIDTH    9 /* " 1.003 s" */
#define NARROWEST_BAR 10
#define WIDEST_BAR    512
#define MOST_WORDS    56

/* A cell may show these beside the phases. */
enum { NOTHING = -1, REDIRECT = WATERFALL_PHASES, AGAIN };

struct screen {
    size_t label, bar, words, columns; /* words: room for them; 0: below the line */
    int colour, hops;                  /* hops: a bar has a mark of one */
};

/* --- one bar --- */

static uint64_t overlap(const struct waterfall_span *span, uint64_t from, uint64_t to)
{
    uint64_t low = span->from > from ? span->from : from;
    uint64_t high = span->to < to ? span->to : to;

    return high > low ? high - low : 0;
}

/* The phase that fills most of a column. */
static signed char phase_of_column(const struct waterfall_row *row, uint64_t from, uint64_t to)
{
    uint64_t most = 0;
    signed char phase = NOTHING;

    for (size_t i = 0; i < row->n; i++) {
        uint64_t share = overlap(&row->spans[i], from, to);
        if (share > most) {
            most = share;
            phase = (signed char)row->spans[i].phase;
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

static size_t column_of(const struct waterfall *w, uint64_t at, size_t width)
{
    size_t column = (size_t)((at - w->from) * width / (w->end - w->from));

    return column < width ? column : width - 1;
}

/* A phase too short for a column gets one if its neighbour has more than one. */
static void show_short_phases(const struct waterfall *w, const struct waterfall_row *row,
                              signed char *cells, size_t width)
{
    for (size_t i = 0; i < row->n; i++) {
        const struct waterfall_span *span = &row->spans[i];
        const signed char phase = (signed char)span->phase;
        size_t at = column_of(w, (span->from + span->to) / 2, width);
        if (count(cells, width, phase) > 0) {
            continue;
        }
        while (at + 1 < width && cells[at] >= 0 && cells[at] < phase &&
               count(cells, width, cells[at]) == 1) {
            at++; /* that column shows another short phase */
        }
        if (cells[at] < 0 || count(cells, width, cells[at]) > 1) {
            cells[at] = phase;
        }
    }
}

static void mark_hops(const struct waterfall *w, const struct waterfall_line *line,
                      struct screen *screen, signed char *cells)
{
    for (size_t i = 0; i < line->row.n_marks; i++) {
        const struct waterfall_mark *mark = &line->row.marks[i];
        cells[column_of(w, mark->at, screen->bar)] = mark->redirects ? REDIRECT : AGAIN;
        screen->hops = 1;
    }
}

static void put_cells(const signed char *cells, size_t width, int colour)
{
    signed char now = NOTHING;

    for (size_t i = 0; i < width; i++) {
        const int is_phase = cells[i] >= 0 && cells[i] < WATERFALL_PHASES;
        if (colour && cells[i] != now) {
            fprintf(stderr, "\033[%sm", is_phase ? waterfall_phases[cells[i]].colour : "0");
        }
        now = cells[i];
        fputc(is_phase          ? waterfall_phases[now].letter
              : now == REDIRECT ? '>'
              : now == AGAIN    ? '!'
                                : ' ',
              stderr);
    }
    fputs(colour ? "\033[0m" : "", stderr);
}

static void draw_bar(const struct waterfall *w, const struct waterfall_line *line,
                     struct screen *screen)
{
    const uint64_t all = w->end - w->from;
    signed char cells[WIDEST_BAR];
    size_t width = screen->bar;

    for (size_t i = 0; i < width; i++) {
        cells[i] =
            phase_of_column(&line->row, w->from + all * i / width, w->from + all * (i + 1) / width);
    }
    show_short_phases(w, &line->row, cells, width);
    mark_hops(w, line, screen, cells);
    put_cells(cells, width, screen->colour);
}

/* --- lines --- */

static void draw_words(const struct run *run, const char *words, const struct screen *screen)
{
    if (strlen(words) <= screen->words) {
        fprintf(stderr, "  %s\n", words);
    } else if (strlen(words) <= 3) { /* the status */
        fprintf(stderr, " %s\n", words);
    } else {
        fprintf(stderr, "\n    %s\n", label_cut(run->keep, words, screen->columns - 4));
    }
}

static void draw_line(const struct run *run, const struct waterfall *w,
                      const struct waterfall_line *line, struct screen *screen)
{
    const size_t indent = line->grouped ? 2 : 0;
    char total[24] = "-";

    if (line->fetch == NULL) {
        fprintf(stderr, "%s\n", label_cut(run->keep, line->label, screen->columns));
        return;
    }
    fprintf(stderr, "%*s%s |", (int)indent, "",
            label_filled(run->keep, line->label, screen->label - indent));
    draw_bar(w, line, screen);
    if (line->row.end > line->row.from) {
        waterfall_time(total, sizeof total, line->row.end - line->row.from);
    }
    fprintf(stderr, "|%*s", TIME_WIDTH, total);
    draw_words(run, line->words, screen);
}

static void draw_axis(const struct waterfall *w, const struct screen *screen)
{
    const uint64_t end = w->end - w->from;
    char half[24], whole[24];
    int bar = (int)screen->bar, half_at;

    waterfall_time(half, sizeof half, end / 2);
    waterfall_time(whole, sizeof whole, end);
    half_at = bar / 2 - (int)strlen(half) / 2 - 1;
    half_at = half_at > 0 ? half_at : 0;
    if (bar < 30) {
        half[0] = '\0'; /* no room for three times */
    }
    fprintf(stderr, "%*s  0%*s%s%*s\n", (int)screen->label, "", half_at, "", half,
            bar - 1 - half_at - (int)strlen(half), whole);
}

static void draw_legend(const struct screen *screen)
{
    if (screen->hops) {
        fputs("> redirect  ! repeated\n", stderr);
    }
    for (size_t i = 0; i < WATERFALL_PHASES; i++) {
        const struct waterfall_phase *phase = &waterfall_phases[i];
        const char *between = i > 0 ? "  " : "";
        if (screen->colour) {
            fprintf(stderr, "%s\033[%sm%c\033[0m %s", between, phase->colour, phase->letter,
                    phase->name);
        } else {
            fprintf(stderr, "%s%c %s", between, phase->letter, phase->name);
        }
    }
    fputc('\n', stderr);
}

/* --- all --- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void measure(const struct waterfall *w, struct screen *screen)
{
    size_t label = 8, words = 3, most, rows, taken;

    screen_size(STDERR_FILENO, &screen->columns, &rows);
    most = least(MOST_WORDS, screen->columns * 2 / 5);
    for (size_t i = 0; i < w->n; i++) {
        const struct waterfall_line *line = &w->lines[i];
        size_t columns =
            line->fetch != NULL ? label_columns(line->label) + (size_t)2 * line->grouped : 0;
        label = columns > label ? columns : label;
        columns = line->fetch != NULL ? strlen(line->words) : 0;
        words = columns > words && columns <= most ? columns : words;
    }
    screen->words = screen->columns >= WIDE ? words : 0;
    screen->label = least(label, screen->columns * (screen->words > 0 ? 5 : 6) / 20);
    screen->label = screen->label > 10 ? screen->label : 10;
    taken = screen->label + 3 + TIME_WIDTH + (screen->words > 0 ? screen->words + 2 : 4);
    screen->bar = screen->columns > taken ? screen->columns - taken : 0;
    screen->bar = least(screen->bar > NARROWEST_BAR ? screen->bar : NARROWEST_BAR, WIDEST_BAR);
}

static void draw_on_terminal(const struct run *run)
{
    struct screen screen = {.colour = screen_has_colour(STDERR_FILENO)};
    struct waterfall w;

    waterfall_make(&w, run);
    measure(&w, &screen);
    for (size_t i = 0; i < w.n; i++) {
        draw_line(run, &w, &w.lines[i], &screen);
    }
    draw_axis(&w, &screen);
    draw_legend(&screen);
}

int waterfall_draw(const struct run *run)
{
    if (run->options->waterfall_file != NULL) {
        return waterfall_svg(run, run->options->waterfall_file);
    }
    draw_on_terminal(run);
    return 0;
}
