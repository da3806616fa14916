/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/* The waterfall as a picture: one row for each request, phases as coloured boxes with their
   times. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "descriptor.h"
#include "failure.h"
#include "run.h"
#include "waterfall.h"

#define LABEL_WIDTH 320
#define BAR_WIDTH   600
#define WIDTH       1020
#define ROW_HEIGHT  20
#define TOP         50 /* legend and axis */
#define TICKS       5

static void add_escaped(struct text *out, const char *string)
{
    for (; *string != '\0'; string++) {
        unsigned char c = (unsigned char)*string;
        if (c == '<' || c == '>' || c == '&' || c == '"' || c < ' ' || c >= 0x7f) {
            text_format(out, "&#%u;", c < ' ' ? '?' : (unsigned)c);
        } else {
            text_add(out, string, 1);
        }
    }
}

static double place(uint64_t at, uint64_t end)
{
    return LABEL_WIDTH + (double)at / (double)end * BAR_WIDTH;
}

static void add_legend(struct text *out)
{
    for (int i = 0; i < WATERFALL_PHASES; i++) {
        text_format(out,
                    "<rect x=\"%d\" y=\"6\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                    "<text x=\"%d\" y=\"16\">%s</text>\n",
                    LABEL_WIDTH + i * 80, waterfall_phases[i].fill, LABEL_WIDTH + i * 80 + 16,
                    waterfall_phases[i].name);
    }
}

static void add_axis(struct text *out, uint64_t end, size_t rows)
{
    for (unsigned i = 0; i <= TICKS; i++) {
        uint64_t at = end * i / TICKS;
        char time[24];

        waterfall_time(time, sizeof time, at);
        text_format(out,
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%zu\" stroke=\"#ddd\"/>"
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                    place(at, end), TOP - 10, place(at, end), TOP + rows * ROW_HEIGHT,
                    place(at, end), TOP - 14, time);
    }
}

static void add_bar(struct text *out, const struct waterfall_row *row, uint64_t end, size_t y)
{
    for (size_t i = 0; i < WATERFALL_PHASES; i++) {
        const struct waterfall_span *span = &row->spans[i];
        double width = (double)(span->to - span->from) / (double)end * BAR_WIDTH;
        if (span->to == span->from) {
            continue;
        }
        text_format(out,
                    "<rect x=\"%.2f\" y=\"%zu\" width=\"%.2f\" height=\"%d\" fill=\"%s\">"
                    "<title>%s %.3f ms</title></rect>\n",
                    place(span->from, end), y + 3, width, ROW_HEIGHT - 6, waterfall_phases[i].fill,
                    waterfall_phases[i].name, (double)(span->to - span->from) / 1e3);
    }
}

static void add_row(struct text *out, const struct run *run, const struct fetch *fetch)
{
    size_t y = TOP + fetch->index * ROW_HEIGHT;
    size_t len = strlen(fetch->url), room = 48;
    uint64_t end = waterfall_end(run);
    struct waterfall_row row;
    char total[24];

    text_format(out, "<text x=\"4\" y=\"%zu\">", y + 14);
    add_escaped(out, len > room ? fetch->url + len - room : fetch->url);
    text_puts(out, "</text>\n");
    if (!waterfall_row(run, fetch, &row)) {
        return;
    }
    add_bar(out, &row, end, y);
    waterfall_time(total, sizeof total, fetch->result.t.total_us);
    text_format(out, "<text x=\"%.1f\" y=\"%zu\">%s", place(row.end, end) + 4, y + 14, total);
    if (fetch->exit_code != 0) {
        text_format(out, " (%d)", fetch->exit_code);
    }
    text_puts(out, "</text>\n");
}

static int write_file(const char *path, const struct text *text)
{
    int fd = descriptor_open(path);
    int code = fd >= 0 ? descriptor_save(fd, text->data, text->len) : errno;

    if (code == 0) {
        return 0;
    }
    fprintf(stderr, "midge: (%d) can't write the waterfall %s: %s\n", EXIT_WRITE, path,
            strerror(code));
    return EXIT_WRITE;
}

int waterfall_svg(const struct run *run, const char *path)
{
    struct text out = {.keep = run->keep};

    text_format(&out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
                "font-family=\"monospace\" font-size=\"11\">\n"
                "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                WIDTH, TOP + run->plan.n * ROW_HEIGHT + 10);
    add_legend(&out);
    add_axis(&out, waterfall_end(run), run->plan.n);
    for (size_t i = 0; i < run->plan.n; i++) {
        add_row(&out, run, &run->plan.fetches[i]);
    }
    text_puts(&out, "</svg>\n");
    return write_file(path, &out);
}
