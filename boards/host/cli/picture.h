/* SPDX-License-Identifier: MIT */
/*
 * The common parts of the pictures: SVG without scripts, links and outside files; colours for a
 * light and a dark page (prefers-color-scheme), texts of a contrast of 4.5 at least; and how they
 * are saved.
 */
#ifndef MIDGE_CLI_PICTURE_H
#define MIDGE_CLI_PICTURE_H

#include <stdint.h>

#include "keep.h"
#include "waterfall.h"

/* Width of a character of the pictures' font, at most, in hundredths of a pixel. */
#define PICTURE_LETTER 662

/* The rules of CSS that both SVG and page need. */
extern const char picture_style[];

/* <svg>, style, title, ground. The caller adds the rest, and "</svg>\n". */
void picture_begin(struct text *out, unsigned width, unsigned height, const char *title);
/* class: "t" text, "m" less important, "e" "h" at the end, in the middle of x. Escapes. */
void picture_text(struct text *out, double x, double y, const char *classes, const char *text);
/* The names of the phases, each with its colour. */
void picture_legend(struct text *out, unsigned x, unsigned y);
/* 1, 2 or 5 and zeros: the smallest step that divides an axis into at most so many parts. */
uint64_t picture_step(uint64_t end, unsigned parts);
/* A time axis between two places, with lines from lines[0] to lines[1], its times above them; at
   most so many parts. */
void picture_axis(struct text *out, const double place[2], const double lines[2], uint64_t end,
                  unsigned parts);
/* A row's phases between two places on an axis of `all` microseconds that begins at `from`; box:
   upper edge and height. unit: "" pixels, or "%" of the picture: then boxes have no names. */
struct picture_scale {
    double place[2];
    const char *unit;
    uint64_t from, all;
};
void picture_bar(struct text *out, const struct waterfall_row *row,
                 const struct picture_scale *scale, const double box[2]);

/* Saves it; "-" is stdout. what: "the waterfall". 0, or EXIT_WRITE after a line. */
int picture_save(const char *path, const struct text *picture, const char *what);

#endif
