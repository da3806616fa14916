/* SPDX-License-Identifier: MIT */
/*
 * Lines that a person types on the console: shown while they are typed, given on when they are
 * whole. Backspace takes the last character back, Ctrl-C drops all that is typed, Ctrl-D on an
 * empty line ends the input.
 */
#ifndef MIDGE_BOARDS_TYPING_H
#define MIDGE_BOARDS_TYPING_H

#include <stdbool.h>
#include <stddef.h>

/* Of what is typed and not taken yet. A line that is longer is given on in pieces. While all are
   in use, the UART keeps what comes, and drops it when it is full. */
#ifndef TYPING_BYTES
#define TYPING_BYTES 128
#endif

/* Takes the characters that have come. True: Ctrl-C was among them. Called as often as possible: a
   UART has room for 16 characters, or for one. */
bool typing_poll(void);

/* MIDGE_OK with *n > 0, AGAIN, EOF. */
int typing_read(char *buf, size_t cap, size_t *n);

#endif
