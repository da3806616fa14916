/* SPDX-License-Identifier: MIT */
/* The set of certificates as the app of a board: certs FILE, which set.py has written. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "judge.h"

#define LINE_CAP     200U
#define CLIENT_BYTES (192U << 10)

static void say(void *ctx, const char *line)
{
    board_write(ctx, BOARD_OUT, line, strlen(line));
    board_write(ctx, BOARD_OUT, "\n", 1);
}

/* The bytes of the file; 0: it cannot be read, or is too long. */
static size_t read_file(const struct midge_port *port, const char *path, uint8_t *out, size_t cap)
{
    midge_file file;
    size_t len = 0, n = 0;
    int native;
    if (port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native) != MIDGE_OK) {
        return 0;
    }
    while (len < cap &&
           port->file_read(port->ctx, file, out + len, cap - len, &n, &native) == MIDGE_OK) {
        len += n;
    }
    port->file_finish(port->ctx, file, 0, &native);
    return len < cap ? len : 0;
}

/* The upper end of the board's block is for the client, the rest for the file. */
int board_app(struct board *board, int argc, char **argv)
{
    struct certs_count count;
    char line[LINE_CAP];
    size_t room = board->memory_size - CLIENT_BYTES;
    uint8_t *set = board->memory;
    size_t len = argc == 2 ? read_file(board->port, argv[1], set, room) : 0;
    if (midge_certs_judge(set, len, set + room, CLIENT_BYTES, say, board, &count) != 0) {
        say(board, "certs: no set of certificates");
        return BOARD_EXIT_USAGE;
    }
    snprintf(line, sizeof line, "%u cases, %u wrong; %u mutants, %u accepted", count.cases,
             count.wrong, count.mutants, count.taken);
    say(board, line);
    return count.wrong + count.taken == 0 ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
