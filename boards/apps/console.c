/* SPDX-License-Identifier: MIT */
/*
 * Text for people. Servers wrote much of it, and what a terminal obeys must not come from them:
 * every control character but the newline shows as '?'.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

#define LINE 501

/* C0 and DEL, and in UTF-8 C1, whose first byte is always 0xc2 and which some terminals obey. */
static bool is_control(const char *at, size_t left)
{
    const unsigned char c = (unsigned char)at[0];
    return (c < 0x20 && c != '\n') || c == 0x7f ||
           (c == 0xc2 && left > 1 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0);
}

static void show(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_control(text + i, len - i)) {
            board_write(board, stream, text + from, i - from);
            board_write(board, stream, "?", 1);
            i += (unsigned char)text[i] == 0xc2; /* two bytes */
            from = i + 1;
        }
    }
    board_write(board, stream, text + from, len - from);
}

static void show_format(struct board *board, enum board_stream stream, const char *format,
                        va_list args)
{
    char line[LINE];
    int len = vsnprintf(line, sizeof line, format, args);
    if (len >= (int)sizeof line) {
        len = (int)sizeof line - 1;
        line[len - 1] = '\n'; /* it was cut, but it is still a line */
    }
    if (len > 0) {
        show(board, stream, line, (size_t)len);
    }
}

void app_print(const struct app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    show_format(app->board, BOARD_OUT, format, args);
    va_end(args);
}

void app_error(const struct app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    show_format(app->board, BOARD_ERR, format, args);
    va_end(args);
}

void app_text(const struct app *app, const char *indent, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        show(app->board, BOARD_OUT, indent, strlen(indent));
        show(app->board, BOARD_OUT, text, len);
        show(app->board, BOARD_OUT, "\n", 1);
        text += len + (text[len] == '\n');
    }
}
