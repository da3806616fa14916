/* SPDX-License-Identifier: MIT */
/*
 * The conformance program as the app of a board on port/lwip_raw (in place of boards/apps):
 *
 *     peer.py --answer 192.0.2.2                       on the host: prints PORT
 *     IP=… DNS=192.0.2.2:PORT+11 conformance 192.0.2.2 PORT [FILE]
 */
#include <stdlib.h>
#include <string.h>

#include <lwip/ip4_addr.h>
#include <lwip/opt.h>

#include "board.h"
#include "conformance.h"

static void say(struct board *board, const char *text)
{
    board_write(board, BOARD_OUT, text, strlen(text));
}

static void report(void *ctx, const char *promise, enum conformance_result result, const char *why)
{
    static const char *const words[] = {"ok      ", "BROKEN  ", "skipped "};

    say(ctx, words[result]);
    say(ctx, promise);
    if (why != NULL) {
        say(ctx, ": ");
        say(ctx, why);
    }
    say(ctx, "\n");
}

int board_app(struct board *board, int argc, char **argv)
{
    struct conformance_peer peer = {.max_socks = MIDGE_LWIP_SOCKS, .max_poll = MIDGE_LWIP_SOCKS};
    ip4_addr_t host;

    if (argc < 3 || !ip4addr_aton(argv[1], &host)) {
        say(board, "usage: conformance ADDRESS PORT [FILE]\n");
        return BOARD_EXIT_USAGE;
    }
    peer.addr.family = 4;
    memcpy(peer.addr.bytes, &host.addr, 4);
    peer.base = (uint16_t)strtoul(argv[2], NULL, 10);
    peer.name = "peer.test";
    peer.file = argv[3]; /* NULL after the last */
    return midge_conformance(board->port, &peer, report, board) == 0 ? BOARD_EXIT_OK
                                                                     : BOARD_EXIT_FAILED;
}
