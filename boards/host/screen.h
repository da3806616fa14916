/* SPDX-License-Identifier: MIT */
/* The size and the abilities of a terminal. */
#ifndef MIDGE_HOST_SCREEN_H
#define MIDGE_HOST_SCREEN_H

#include <stddef.h>
#include <stdint.h>

/* At least 20 columns and 2 rows; 80 and 24 when unknown. */
void screen_size(int fd, size_t *columns, size_t *rows);
/* A terminal on which lines can be redrawn: TERM is set, and not "dumb". */
int screen_is_drawable(int fd);
/* Such a terminal, whose user has not turned colours off (no-color.org). */
int screen_has_colour(int fd);
/* "12.3 MB" */
void screen_bytes(char *text, size_t cap, uint64_t bytes);
/* The last `room` characters of a text. */
const char *screen_tail(const char *text, size_t room);

#endif
