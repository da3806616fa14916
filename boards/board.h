/* SPDX-License-Identifier: MIT */
/*
 * The board under the programs of boards/apps: the functions that they need and midge does not
 * have. One board is linked into a program; its board.c defines every function here except those of
 * the last section.
 *
 *     struct board board = {.port = …, .tls = …};       board.c: clocks, network, trust
 *     code = board_app(&board, argc, argv);             "posts", "--api", …
 *
 * Clocks, entropy, network and the file store are the port's calls, board->port.
 */
#ifndef MIDGE_BOARD_H
#define MIDGE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <midge/client.h>

struct board {
    struct midge_port *port; /* started: the network is configured */
    struct midge_tls tls;    /* trusted roots */
    void *memory;            /* the block of its one client; NULL: from the board's own heap */
    size_t memory_size;      /* of the block; 0 with NULL: as many as are needed */
    void *impl;              /* board.c's own */
    bool streams;            /* set by the program before board_open: its text comes in pieces, and
                                each is shown at once */
};

enum board_stream {
    BOARD_OUT, /* the program's results */
    BOARD_ERR  /* errors: the same console, if there is only one */
};

enum board_exit {
    BOARD_EXIT_OK,
    BOARD_EXIT_FAILED, /* at least one item failed; each was named */
    BOARD_EXIT_USAGE
};

/* --- functions that a board.c defines --- */

/* Shows len bytes: text without control characters except newline and tab; a console that needs CR
   LF writes it. May block; never fails. */
void board_write(struct board *board, enum board_stream stream, const char *text, size_t len);

/* A setting from outside the program (an environment variable, semihosting, a flash page), or
   NULL. Lives as long as the board. */
const char *board_env(struct board *board, const char *name);

/* The platform's code of a failed file or socket call (errno, from 1) in words; NULL: no words. */
const char *board_error_text(struct board *board, int native);

/* Opens a client: `config` sets the limits, the board adds port, trust and memory. app_bytes is the
   most that the program itself takes from the client's block (midge_alloc, blobs, JSON); a board
   with a fixed block gives as much as it has. One client at a time. MIDGE_OK, or midge_open's error
   after one line on BOARD_ERR. */
int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client);

/* Closes it. Here a board may report the memory it took (midge_stats). NULL is ignored. */
void board_close(struct board *board, struct midge_client *client);

/* --- input: for programs that a person talks to --- */

/* Begins to take input: the console, or standard input. Ctrl-C (a signal SIGINT) does not end the
   program any more, board_interrupted reports it. True: a person types; false: it is a file or a
   pipe, and no prompt is wanted. */
bool board_listen(struct board *board);

/* Takes input, without waiting. A line that is typed comes when it is whole. MIDGE_OK with *n > 0;
   AGAIN: there is none now; EOF (Ctrl-D); READ. */
int board_read(struct board *board, char *buf, size_t cap, size_t *n);

/* Turns the client's loop once, and waits in it for input, too. May return early. */
void board_wait(struct board *board, struct midge_client *client);

/* Was Ctrl-C typed since the last call? It also ends a wait, or a midge_poll, in progress. */
bool board_interrupted(struct board *board);

/* --- boards/apps --- */

/* Runs the app named by argv[0]; the others are its options. Returns an enum board_exit; the caller
   passes it on (exit status, semihosting, a line on the console). */
int board_app(struct board *board, int argc, char **argv);

/* The names of the apps, by number from 0; NULL after the last. */
const char *board_app_name(size_t number);

/* Milliseconds from the port's clock; they wrap. */
static inline uint32_t board_millis(const struct board *board)
{
    return board->port->clock_ms(board->port->ctx);
}

/* --- the host's board only --- */

/* `midge app NAME …`: argv[0] is the app's name, and the program's own name and "app" are before
   it. Returns the exit code. */
int midge_app_main(int argc, char **argv);

#endif
