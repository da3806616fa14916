/* SPDX-License-Identifier: MIT */
/*
 * The board under the programs of boards/apps: what they need and midge does not give. One board
 * is linked into a program; its board.c defines every function here but those of the last section.
 *
 *     struct board board = {.port = …, .tls = …};       board.c: clocks, network, trust
 *     code = board_app(&board, argc, argv);             "posts", "--api", …
 *
 * Clocks, entropy, network and the file store are the port's calls, board->port.
 */
#ifndef MIDGE_BOARD_H
#define MIDGE_BOARD_H

#include <stddef.h>
#include <midge/client.h>

struct board {
    struct midge_port *port; /* up: the network is configured */
    struct midge_tls tls;    /* trusted roots */
    void *memory;            /* the block of its one client; NULL: from the board's own heap */
    size_t memory_size;      /* of the block; 0 with NULL: as much as is needed */
    void *impl;              /* board.c's own */
};

enum board_stream {
    BOARD_OUT, /* what the program is for */
    BOARD_ERR  /* what went wrong: the same console, where there is only one */
};

enum board_exit {
    BOARD_EXIT_OK,
    BOARD_EXIT_FAILED, /* an item at least failed; each was named */
    BOARD_EXIT_USAGE
};

/* --- what a board.c defines --- */

/* Show len bytes. They are text without control characters except the newline; a console that
   wants CR LF makes it. May block; never fails. */
void board_write(struct board *board, enum board_stream stream, const char *text, size_t len);

/* A setting from outside the program (an environment variable, semihosting, a flash page), or
   NULL. Lives as long as the board. */
const char *board_env(struct board *board, const char *name);

/* The platform's code of a failed file or socket call (errno, from 1) in words; NULL: no words. */
const char *board_error_text(struct board *board, int native);

/* Opens a client: `config` says the limits, the board adds port, trust and memory. app_bytes is
   what the program itself takes from the client's block at most (midge_alloc, blobs, JSON); a board
   with a fixed block gives what it has. One client at a time. MIDGE_OK, or midge_open's error after
   one line on BOARD_ERR. */
int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client);

/* Closes it. A board may report what it took here (midge_stats). NULL is ignored. */
void board_close(struct board *board, struct midge_client *client);

/* --- boards/apps --- */

/* Runs the app that argv[0] names; the others are its options. An enum board_exit: whoever calls
   hands it to the world (exit status, semihosting, a line on the console). */
int board_app(struct board *board, int argc, char **argv);

/* The names of the apps, by number from 0; NULL behind the last. */
const char *board_app_name(size_t number);

/* Milliseconds from the port's clock; they wrap. */
static inline uint32_t board_millis(const struct board *board)
{
    return board->port->clock_ms(board->port->ctx);
}

/* --- the host's board only --- */

/* `midge app NAME …`: argv[0] is the app's name. The exit code. */
int midge_app_main(int argc, char **argv);

#endif
