/* SPDX-License-Identifier: MIT */
/* Text for people. Much of it comes from servers: characters that could forge a line or control a
   terminal become '?' (clean.c). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

#define LINE 501

static void show(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len;) {
        bool harmless;
        size_t n = app_character(text + i, len - i, &harmless);
        if (!harmless) {
            board_write(board, stream, text + from, i - from);
            board_write(board, stream, "?", 1);
            from = i + n;
        }
        i += n;
    }
    board_write(board, stream, text + from, len - from);
}

/* Only the newline at the end is the format's own: other newlines came with its arguments. */
static void show_line(struct board *board, enum board_stream stream, const char *line, size_t len)
{
    size_t text = line[len - 1] == '\n' ? len - 1 : len;
    show(board, stream, line, text);
    if (text < len) {
        board_write(board, stream, "\n", 1);
    }
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
        show_line(board, stream, line, (size_t)len);
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

/* A carriage return could write over a line. */
void app_piece(const struct app *app, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = 0;
        while (n < len && strchr("\n\t\r", text[n]) == NULL) {
            n++;
        }
        show(app->board, BOARD_OUT, text, n);
        if (n < len && text[n] != '\r') {
            board_write(app->board, BOARD_OUT, text + n, 1);
        }
        n += n < len;
        text += n;
        len -= n;
    }
}

void app_text(const struct app *app, const char *indent, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        show(app->board, BOARD_OUT, indent, strlen(indent));
        show(app->board, BOARD_OUT, text, len);
        board_write(app->board, BOARD_OUT, "\n", 1);
        text += len + (text[len] == '\n');
    }
}
