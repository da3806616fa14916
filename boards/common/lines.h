/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_BOARDS_LINES_H
#define MIDGE_BOARDS_LINES_H

#include <stddef.h>

/* Writes text to the console, with "\r\n" for each "\n". */
void console_lines(const char *text, size_t len);

#endif
