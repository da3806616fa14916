/* SPDX-License-Identifier: MIT */
/*
 * The superloop as the only program of a board, in place of boards/apps: the smallest firmware.
 *
 *     superloop URL...
 */
#include <stdio.h>

#include "board.h"
#include "examples/superloop.h"

static unsigned long blinks;

static void led(int on)
{
    blinks += on != 0; /* on hardware: set a free pin */
}

/* The requests are in the client's block: they live until they have ended. */
static int get_all(struct midge_client *client, char **urls, size_t n,
                   struct superloop_report *report)
{
    struct midge_request *requests = midge_alloc(client, n * sizeof *requests);
    if (requests == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        requests[i] = (struct midge_request){.url = urls[i]};
    }
    int err = superloop(client, requests, n, led, report);
    midge_free(client, requests);
    return err;
}

int board_app(struct board *board, int argc, char **argv)
{
    const struct midge_config config = {.max_awaitables = 16};
    struct superloop_report report = {0};
    struct midge_client *client;
    char line[120];

    if (argc < 2) {
        static const char usage[] = "superloop: which URLs?\n";
        board_write(board, BOARD_ERR, usage, sizeof usage - 1);
        return BOARD_EXIT_USAGE;
    }
    if (board_open(board, &config, 0, &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    int err = get_all(client, argv + 1, (size_t)argc - 1, &report);
    board_close(board, client);
    int len =
        snprintf(line, sizeof line, "superloop: %lu ended, %lu failed, error %d; %lu blinks\n",
                 (unsigned long)report.ended, (unsigned long)report.failed, err, blinks);
    board_write(board, BOARD_OUT, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
    return err == MIDGE_OK && report.failed == 0 ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
