/* SPDX-License-Identifier: MIT */
/*
 * The conformance program as the app of a board (in place of boards/apps) on port/lwip_raw, or on
 * port/lwip_sockets, where the board has an interrupt to wake from:
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

#if NO_SYS
enum { MAX_SOCKS = MIDGE_LWIP_SOCKS, MAX_POLL = MIDGE_LWIP_SOCKS };
#define rtos_wake_later NULL
#else
/* One is the port's own, one to spare. */
enum { MAX_SOCKS = MEMP_NUM_NETCONN - 2, MAX_POLL = MEMP_NUM_NETCONN - 1 };
void rtos_wake_later(void *port, uint32_t ms);
#endif

static void say(struct board *board, const char *text)
{
    board_write(board, BOARD_OUT, text, strlen(text));
}

static void report(void *ctx, const char *promise, enum conformance_result result, const char *why)
{
    static const char *const words[] = {"ok      ", "BROKEN  ", "skipped "};

    if (result == BEGINS) {
        return;
    }
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
    struct conformance_peer peer = {.max_socks = MAX_SOCKS,
                                    .max_poll = MAX_POLL,
                                    .tiny_segments_fill_pool =
                                        !NO_SYS, /* lwIP's sockets keep each segment as it came */
                                    .wake_later = rtos_wake_later,
                                    .wake_ctx = board->port};
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
