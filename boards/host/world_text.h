/* SPDX-License-Identifier: MIT */
/* The text of a world as words: lines of words, comments after #, texts in quotes. */
#ifndef MIDGE_HOST_WORLD_TEXT_H
#define MIDGE_HOST_WORLD_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define WORLD_WORDS 24 /* of a line, at most */

struct world_line {
    const char *path;
    unsigned number;
    size_t n, at; /* words; the next one to take */
    char *words[WORLD_WORDS];
    size_t lens[WORLD_WORDS]; /* a text in quotes may have NUL bytes inside */
    char *rest;               /* of the file */
    int failed;               /* an error was printed */
};

/* text: the whole file with a NUL behind; it is changed, and the words are parts of it. */
void world_begin(struct world_line *line, const char *path, char *text);
/* Goes to the next line that has words. 0 at the end, or after an error. */
int world_next(struct world_line *line);

/* Prints "midge: FILE:LINE: ..." on stderr, the first time only; returns 0. */
int world_wrong(struct world_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* All of these take words of the line. A word that is missing or wrong is an error, printed. */
int world_is_next(struct world_line *line, const char *word); /* takes it if it is that word */
const char *world_word(struct world_line *line, const char *what);
const char *world_text(struct world_line *line, const char *what, size_t *len);
uint64_t world_number(struct world_line *line, const char *what, uint64_t max);
/* "20" or "1.5": thousandths of the unit. */
uint64_t world_milli(struct world_line *line, const char *what, uint64_t max);
/* "1.5%": thousandths. */
uint16_t world_rate(struct world_line *line, const char *what);
/* "2026-11-28" or "2026-11-28T12:00:00", UTC: seconds since 1970. */
int64_t world_date(struct world_line *line, const char *what);
/* One of the words, which end with NULL; its index. */
size_t world_choice(struct world_line *line, const char *what, const char *const *choices);
/* Nothing may follow. */
void world_end_of_line(struct world_line *line);

#endif
