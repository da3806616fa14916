/* SPDX-License-Identifier: MIT */
/* The waterfall as a picture: a row for each request, its words at its end. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "label.h"
#include "picture.h"
#include "run.h"
#include "waterfall.h"

#define WIDTH           1120
#define LABEL           270 /* pixels */
#define BAR_FROM        280
#define BAR_TO          800
#define TIME_END        876
#define WORDS_FROM      886
#define ROW_HEIGHT      20
#define TOP             52 /* legend and axis */
#define TICKS           5
#define LETTERS(pixels) ((size_t)(pixels)*100 / PICTURE_LETTER)

/* Where a hop or repeat began, with its reason. */
static void add_marks(struct text *out, const struct waterfall *w,
                      const struct waterfall_line *line, double y)
{
    for (size_t i = 0; i < line->row.n_marks; i++) {
        const struct waterfall_mark *mark = &line->row.marks[i];
        double x = BAR_FROM +
                   (double)(mark->at - w->from) / (double)(w->end - w->from) * (BAR_TO - BAR_FROM);
        text_format(out, "<path class=\"k\" d=\"M%.1f %.1fv%d\" stroke-width=\"2\"><title>%s: ", x,
                    y + 1, ROW_HEIGHT - 2, waterfall_mark_name(mark));
        label_xml(out, mark->url);
        text_puts(out, "</title></path>\n");
    }
}

/* Words that are too long for the line go on in a second one. */
static const char *split(struct keep *keep, const char *words, size_t room, const char **rest)
{
    size_t at = room;

    *rest = NULL;
    if (strlen(words) <= room) {
        return words;
    }
    while (at > 0 && words[at - 1] != ' ') {
        at--;
    }
    at = at > 0 ? at : room;
    *rest = words + at;
    return keep_copy(keep, words, at);
}

/* Returns the row's height. */
static double add_row(struct text *out, const struct run *run, const struct waterfall *w,
                      const struct waterfall_line *line, double y)
{
    const struct picture_scale scale = {{BAR_FROM, BAR_TO}, "", w->from, w->end - w->from};
    const double box[2] = {y + 3, ROW_HEIGHT - 6};
    const double indent = line->grouped ? 14 : 0;
    const size_t room = LETTERS(WIDTH - 4 - WORDS_FROM);
    const char *classes = line->fetch->exit_code != 0 ? "x b" : "t", *rest;
    char total[24] = "-";

    if (line->grouped) {
        text_format(out, "<path class=\"k\" d=\"M8 %.1fv%d\"/>\n", y, ROW_HEIGHT);
    }
    picture_text(out, 4 + indent, y + 14, "t",
                 label_cut(run->keep, line->label, LETTERS(LABEL - indent)));
    picture_bar(out, &line->row, &scale, box);
    add_marks(out, w, line, y);
    if (line->row.end > line->row.from) {
        waterfall_time(total, sizeof total, line->row.end - line->row.from);
    }
    picture_text(out, TIME_END, y + 14, "t e", total);
    picture_text(out, WORDS_FROM, y + 14, classes, split(run->keep, line->words, room, &rest));
    if (rest == NULL) {
        return ROW_HEIGHT;
    }
    picture_text(out, WORDS_FROM, y + 28, classes, label_cut(run->keep, rest, room));
    return ROW_HEIGHT + 14;
}

static double add_lines(struct text *out, const struct run *run, const struct waterfall *w)
{
    double y = TOP;

    for (size_t i = 0; i < w->n; i++) {
        const struct waterfall_line *line = &w->lines[i];
        if (line->fetch == NULL) {
            picture_text(out, 4, y + 14, "t b",
                         label_cut(run->keep, line->label, LETTERS(WIDTH - 8)));
            y += ROW_HEIGHT;
        } else {
            y += add_row(out, run, w, line, y);
        }
    }
    return y;
}

int waterfall_svg(const struct run *run, const char *path)
{
    struct text out = {.keep = run->keep}, rows = {.keep = run->keep};
    const double place[2] = {BAR_FROM, BAR_TO};
    struct waterfall w;

    waterfall_make(&w, run);
    text_add(&rows, "", 0);
    double lines[2] = {TOP - 8, add_lines(&rows, run, &w)};
    picture_begin(&out, WIDTH, (unsigned)lines[1] + 10, "The phases of each request over time");
    picture_legend(&out, BAR_FROM, 18);
    picture_text(&out, WIDTH - 4, 18, "m e", "vertical line: redirect, or repeated");
    picture_axis(&out, place, lines, w.end - w.from, TICKS);
    text_add(&out, rows.data, rows.len);
    text_puts(&out, "</svg>\n");
    return picture_save(path, &out, "the waterfall");
}
