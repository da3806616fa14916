/* SPDX-License-Identifier: MIT */
/* Lines from the board's input: of a person, or of a file. */
#include "chat.h"

/* MIDGE_OK with a byte, or board_read's answer. */
static int next_byte(struct chat_line *line, struct board *board, char *byte)
{
    if (line->used == line->n) {
        size_t n = 0;
        int err = board_read(board, line->input, sizeof line->input, &n);
        if (err != MIDGE_OK) {
            return err;
        }
        line->used = 0;
        line->n = (uint8_t)n;
    }
    *byte = line->input[line->used++];
    return MIDGE_OK;
}

/* A NUL would end the line in C. */
static void add(struct chat_line *line, char byte)
{
    if (line->len + 1 < line->cap) {
        line->text[line->len++] = byte != '\0' ? byte : '?';
    } else {
        line->too_long = true;
    }
}

/* In JSON there is UTF-8 only: other bytes become '?'. */
static void clean(char *text, size_t len)
{
    while (len > 0) {
        uint32_t code;
        size_t n = app_utf8(text, len, &code);
        if (code == APP_NO_CHARACTER) {
            *text = '?';
        }
        text += n;
        len -= n;
    }
}

static int end_line(struct chat_line *line)
{
    size_t len = line->len;
    int err = line->too_long ? MIDGE_ERR_TOO_LARGE : MIDGE_OK;
    len -= len > 0 && line->text[len - 1] == '\r';
    line->text[len] = '\0';
    line->len = 0;
    line->too_long = false;
    clean(line->text, len);
    return err;
}

int chat_line_read(struct chat_line *line, struct board *board)
{
    char byte;
    int err = line->ended ? MIDGE_ERR_EOF : MIDGE_OK;
    while (err == MIDGE_OK && (err = next_byte(line, board, &byte)) == MIDGE_OK) {
        if (byte == '\n') {
            return end_line(line);
        }
        add(line, byte);
    }
    line->ended = err == MIDGE_ERR_EOF;
    return line->ended && line->len > 0 ? end_line(line) : err; /* the last line has no end */
}
