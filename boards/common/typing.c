/* SPDX-License-Identifier: MIT */
/*
 *     text  | whole lines: ready | line that is typed | free |
 *
 * typing_read takes from the front, typing_poll adds at the end.
 */
#include "typing.h"

#include <stdint.h>
#include <string.h>

#include <midge/err.h>

#include "common/hw.h"

#define CTRL_C    0x03
#define CTRL_D    0x04
#define BACKSPACE 0x08
#define DELETE    0x7f

static char text[TYPING_BYTES];
static uint8_t ready, used;
static bool ended;  /* by Ctrl-D */
static bool was_cr; /* a LF after it is the same line end */

_Static_assert(TYPING_BYTES >= 16 && TYPING_BYTES <= 255, "lengths have 8 bits");

static void echo(const char *shown)
{
    hw_console_write(shown, strlen(shown));
}

static void add(char c)
{
    text[used++] = c;
    hw_console_write(&c, 1);
}

/* The last character, which may have several bytes in UTF-8. */
static void take_back(void)
{
    if (used > ready) {
        while (--used > ready && ((unsigned char)text[used] & 0xc0) == 0x80) {
        }
        echo("\b \b");
    }
}

static void end_line(void)
{
    text[used++] = '\n';
    ready = used;
    echo("\r\n");
}

/* True: it is Ctrl-C. */
static bool take(char c)
{
    const bool same_end = c == '\n' && was_cr;
    was_cr = c == '\r';
    switch (c) {
    case CTRL_C:
        ready = used = 0;
        echo("^C");
        return true;
    case CTRL_D:
        ended = ended || used == ready;
        break;
    case BACKSPACE:
    case DELETE:
        take_back();
        break;
    case '\r':
    case '\n':
        if (!same_end) {
            end_line();
        }
        break;
    default:
        if ((unsigned char)c >= 0x20) {
            add(c);
        }
    }
    return false;
}

bool typing_poll(void)
{
    bool interrupted = false;
    char c;
    while (used < sizeof text && hw_console_read(&c)) {
        interrupted = take(c) || interrupted;
    }
    if (used == sizeof text) {
        ready = used;
    }
    return interrupted;
}

int typing_read(char *buf, size_t cap, size_t *n)
{
    if (ready == 0) {
        return ended ? MIDGE_ERR_EOF : MIDGE_ERR_AGAIN;
    }
    *n = ready < cap ? ready : cap;
    memcpy(buf, text, *n);
    ready = (uint8_t)(ready - *n);
    used = (uint8_t)(used - *n);
    memmove(text, text + *n, used);
    return MIDGE_OK;
}
