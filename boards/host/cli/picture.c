/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "descriptor.h"
#include "failure.h"
#include "label.h"

/* p0..p6: the phases, q0..q6 texts on them. c0..c7: owners of memory. */
const char picture_style[] =
    ".g{fill:#fff}.t{fill:#1f2328}.m{fill:#57606a}.x{fill:#b3261e}.h{text-anchor:middle}"
    ".e{text-anchor:end}.b{font-weight:bold}.l{stroke:#d0d7de}.k{stroke:#1f2328}.k,.l{vector-"
    "effect:non-scaling-stroke}"
    ".p0{fill:#8b949e}.p1{fill:#2b9bb0}.p2{fill:#c97a06}.p3{fill:#8e44ad}.p4{fill:#3567c4}"
    ".p5{fill:#36a15a}.p6{fill:#176b41}.q0,.q1,.q2,.q5{fill:#000}.q3,.q4,.q6{fill:#fff}"
    ".c0{fill:#6e7781}.c1{fill:#3567c4}.c2{fill:#c97a06}.c3{fill:#36a15a}.c4{fill:#8e44ad}"
    ".c5{fill:#2b9bb0}.c6{fill:#b3526b}.c7{fill:#7d6608}.s{fill-opacity:.5}\n"
    "@media(prefers-color-scheme:dark){.g{fill:#0d1117}.t{fill:#e6edf3}.m{fill:#9da7b1}"
    ".x{fill:#ff8f88}.l{stroke:#30363d}.k{stroke:#e6edf3}}\n";

void picture_begin(struct text *out, unsigned width, unsigned height, const char *title)
{
    text_format(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                "viewBox=\"0 0 %u %u\" role=\"img\" font-size=\"11\" "
                "font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\">\n"
                "<style>%s</style>\n<title>",
                width, height, width, height, picture_style);
    label_xml(out, title);
    text_puts(out, "</title>\n<rect class=\"g\" width=\"100%\" height=\"100%\"/>\n");
}

void picture_text(struct text *out, double x, double y, const char *classes, const char *text)
{
    text_format(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", classes, x, y);
    label_xml(out, text);
    text_puts(out, "</text>\n");
}

void picture_legend(struct text *out, unsigned x, unsigned y)
{
    for (unsigned i = 0; i < WATERFALL_PHASES; i++) {
        const char *name = waterfall_phases[i].name;
        text_format(out, "<rect class=\"p%u\" x=\"%u\" y=\"%u\" width=\"11\" height=\"11\"/>\n", i,
                    x, y - 10);
        picture_text(out, x + 15, y, "t", name);
        x += 30 + (unsigned)strlen(name) * PICTURE_LETTER / 100;
    }
}

uint64_t picture_step(uint64_t end, unsigned parts)
{
    static const uint64_t more[] = {2, 5, 10};
    uint64_t ten = 1, step = 1;

    for (unsigned i = 0; step * parts < end; i++) {
        step = ten * more[i % 3];
        ten = i % 3 == 2 ? ten * 10 : ten;
    }
    return step;
}

static void tick(char *text, size_t cap, uint64_t us, uint64_t step)
{
    if (step >= 100000) {
        snprintf(text, cap, "%g s", (double)us / 1e6);
    } else {
        snprintf(text, cap, "%g ms", (double)us / 1e3);
    }
}

void picture_axis(struct text *out, const double place[2], const double lines[2], uint64_t end,
                  unsigned parts)
{
    const uint64_t step = picture_step(end, parts);

    for (uint64_t at = 0; at <= end; at += step) {
        double x = place[0] + (place[1] - place[0]) * (double)at / (double)end;
        char time[24] = "0";

        if (at > 0) {
            tick(time, sizeof time, at, step);
        }
        text_format(out, "<line class=\"l\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x,
                    lines[0], x, lines[1]);
        picture_text(out, x, lines[0] - 4, at == 0 ? "m" : x + 20 > place[1] ? "m e" : "m h", time);
    }
}

/* A phase's name stands in its box, if there is room. */
static void add_name(struct text *out, const struct waterfall_span *span, double x, double width,
                     const double box[2])
{
    const char *name = waterfall_phases[span->phase].name;
    char classes[8];

    if (width < (double)strlen(name) * PICTURE_LETTER / 100 + 4) {
        return;
    }
    snprintf(classes, sizeof classes, "q%u h", span->phase);
    picture_text(out, x + width / 2, box[0] + box[1] - 3.5, classes, name);
}

void picture_bar(struct text *out, const struct waterfall_row *row,
                 const struct picture_scale *scale, const double box[2])
{
    const double each = (scale->place[1] - scale->place[0]) / (double)scale->all;

    for (size_t i = 0; i < row->n; i++) {
        const struct waterfall_span *span = &row->spans[i];
        double x = scale->place[0] + (double)(span->from - scale->from) * each;
        double width = (double)(span->to - span->from) * each;
        char time[24];

        waterfall_time(time, sizeof time, span->to - span->from);
        text_format(out,
                    "<rect class=\"p%u\" x=\"%.2f%s\" y=\"%.1f\" width=\"%.2f%s\" "
                    "height=\"%.1f\"><title>%s %s</title></rect>\n",
                    span->phase, x, scale->unit, box[0], width, scale->unit, box[1],
                    waterfall_phases[span->phase].name, time);
        if (scale->unit[0] == '\0') {
            add_name(out, span, x, width, box);
        }
    }
}

int picture_save(const char *path, const struct text *picture, const char *what)
{
    int fd = descriptor_open(path);
    int code = fd >= 0 ? descriptor_save(fd, picture->data, picture->len) : errno;

    if (code == 0) {
        return 0;
    }
    fprintf(stderr, "midge: (%d) can't write %s %s: %s\n", EXIT_WRITE, what, path, strerror(code));
    return EXIT_WRITE;
}
