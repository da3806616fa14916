/* SPDX-License-Identifier: MIT */
/*
 * An event source on a board, as the app of its image (in place of boards/apps):
 *
 *     events URL [LAST_ID]
 *
 * The example boards/examples/subscriber.c prints each event, and each loss of the connection. When
 * the stream is over, a line tells the last id, the connections, and the memory at its peak.
 */
#include <stdio.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"
#include "examples/subscriber.h"

/* An event's newlines are shown as bars, so that it stays one line. */
static void print(void *ctx, const char *text)
{
    char line[160];
    int len = snprintf(line, sizeof line - 1, "events: %s", text);
    size_t n = (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2;
    for (size_t i = 0; i < n; i++) {
        line[i] = line[i] == '\n' ? '|' : line[i];
    }
    line[n] = '\n';
    board_write(ctx, BOARD_OUT, line, n + 1);
}

static bool read_to_the_end(struct board *board, struct midge_client *client,
                            struct subscriber *subscriber, char **words)
{
    struct midge_stats stats;
    char line[120];
    int live = subscriber_start(subscriber, client, words[0], words[1], print, board);
    while (live >= 0 && subscriber->id != 0) {
        live = midge_poll(client, -1);
    }
    midge_client_stats(client, &stats);
    (void)snprintf(line, sizeof line, "last id %s, %u events, %u requests, %lu bytes at most",
                   subscriber->source.sse.id, (unsigned)subscriber->source.sse.events,
                   (unsigned)subscriber->source.connects, (unsigned long)stats.alloc_peak);
    print(board, line);
    return live >= 0;
}

/* The subscription is in the client's block: there is no other memory on the smallest board. */
int board_app(struct board *board, int argc, char **argv)
{
    const struct midge_config config = {.max_connections = 1};
    char *words[2] = {argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL};
    struct midge_client *client;
    bool good = false;
    if (argc < 2 || board_open(board, &config, sizeof(struct subscriber), &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    struct subscriber *subscriber = midge_alloc(client, sizeof *subscriber);
    if (subscriber != NULL) {
        good = read_to_the_end(board, client, subscriber, words);
        midge_free(client, subscriber);
    }
    board_close(board, client);
    return good ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
