/* SPDX-License-Identifier: MIT */
/*
 * Many requests at once on one connection of HTTP/2, as the app of a board (in place of
 * boards/apps):
 *
 *     streams MANY[xTIMES|p] URL [MANY[xTIMES|p] URL]...
 *
 * Rounds of one client, one after the other. In each, MANY slots get the URL at once, or as soon as
 * there is memory for a request more, TIMES times each [1], p: by POST with one byte; a slot's body
 * is counted and summed (FNV-1a, 32 bits, over all of its answers). Then a line for each slot, and
 * one for the round:
 *
 *     streams: ERROR STATUS answers=N len=N fnv=X connection=N stream=N; DETAIL
 *     streams: round N answers, N in flight with N bytes of the block, N k instructions, N k of
 * them in the port
 *
 * In flight: the most requests that were sent and had no head of an answer. Instructions, in
 * thousands: the time that was not slept (QEMU's -icount: 125 in a microsecond); the port: lwIP and
 * the driver. HTTP/1.1 with the setting MIDGE_HTTP=1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"
#include "common/hw.h"
#include "idle.h"

enum { PER_US = 125 };

struct slot {
    struct midge_sink sink;
    struct round *round;
    uint32_t len, fnv;
    uint32_t connection, stream; /* of the last answer */
    const char *detail;
    int32_t error;
    uint16_t status, answers;
    bool begun, waits; /* waits: sent, without a head */
};

struct round {
    struct board *board;
    struct midge_client *client;
    const char *url;
    struct slot *slots;
    unsigned many, times, live;
    bool posts;
    unsigned in_flight, most_in_flight;
    size_t block; /* bytes in use when these are in flight */
};

/* --- measures --- */

static uint64_t port_us;

static struct midge_port below; /* the board's own calls */

static int timed_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native)
{
    const uint64_t from = hw_micros();
    const int err = below.send(ctx, sock, buf, len, n, native);
    port_us += hw_micros() - from;
    return err;
}

static int timed_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    const uint64_t from = hw_micros();
    const int err = below.recv(ctx, sock, buf, cap, n, native);
    port_us += hw_micros() - from;
    return err;
}

static int timed_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    const uint64_t from = hw_micros() - idle_us;
    const int ready = below.poll(ctx, fds, n, timeout_ms);
    port_us += hw_micros() - idle_us - from;
    return ready;
}

static void measure(struct midge_port *port)
{
    below = *port;
    port->send = timed_send;
    port->recv = timed_recv;
    port->poll = timed_poll;
}

static uint64_t busy_us(void)
{
    return hw_micros() - idle_us;
}

static unsigned long thousands(uint64_t us)
{
    return (unsigned long)(us * PER_US / 1000);
}

/* --- a slot --- */

static int take(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct slot *slot = (struct slot *)sink;
    for (size_t i = 0; i < len; i++) {
        slot->fnv = (slot->fnv ^ data[i]) * 16777619U;
    }
    slot->len += (uint32_t)len;
    return MIDGE_OK;
}

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    struct slot *slot = ctx;
    struct round *round = slot->round;
    (void)id;
    (void)method;
    (void)url;
    if (!slot->waits && ++round->in_flight > round->most_in_flight) {
        struct midge_stats stats;
        midge_client_stats(round->client, &stats);
        round->block = stats.alloc_live;
        round->most_in_flight = round->in_flight;
    }
    slot->waits = true;
}

static void answered(struct slot *slot)
{
    slot->round->in_flight -= slot->waits;
    slot->waits = false;
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)id;
    (void)response;
    answered(ctx);
    return MIDGE_OK;
}

static void begin(struct slot *slot);

static void on_done(void *ctx, const struct midge_result *result)
{
    struct slot *slot = ctx;
    answered(slot);
    slot->round->live--;
    slot->error = result->error;
    slot->status = result->status;
    slot->connection = result->connection;
    slot->stream = result->stream_id;
    slot->detail = result->detail;
    slot->answers++;
    if (result->error == MIDGE_OK && slot->answers < slot->round->times) {
        begin(slot);
    }
}

static void begin(struct slot *slot)
{
    struct round *round = slot->round;
    const struct midge_request get = {.url = round->url,
                                      .body = round->posts ? "x" : NULL,
                                      .body_len = round->posts,
                                      .sink = &slot->sink,
                                      .on_send = on_send,
                                      .on_response = on_response,
                                      .on_done = on_done,
                                      .ctx = slot};
    slot->error = midge_start(round->client, &get, NULL);
    slot->begun = slot->error != MIDGE_ERR_NO_MEMORY && slot->error != MIDGE_ERR_NO_SLOT;
    round->live += slot->error == MIDGE_OK;
}

/* The others begin when there is memory: a connection takes the most while it opens. */
static void begin_more(struct round *round)
{
    for (unsigned i = 0; i < round->many; i++) {
        if (!round->slots[i].begun) {
            begin(&round->slots[i]);
            if (!round->slots[i].begun) {
                return;
            }
        }
    }
}

/* --- a round --- */

static void say(struct board *board, const char *line)
{
    board_write(board, BOARD_OUT, line, strlen(line));
}

static void show_slot(struct board *board, const struct slot *slot)
{
    char line[160];
    (void)snprintf(line, sizeof line,
                   "streams: %s %u answers=%u len=%lu fnv=%08lx connection=%lu stream=%lu; %s\n",
                   slot->error == MIDGE_OK ? "OK" : midge_err_name(slot->error), slot->status,
                   slot->answers, (unsigned long)slot->len, (unsigned long)slot->fnv,
                   (unsigned long)slot->connection, (unsigned long)slot->stream, slot->detail);
    say(board, line);
}

static void show(const struct round *round, uint64_t all_us, uint64_t of_port_us)
{
    char line[200];
    unsigned answers = 0;
    for (unsigned i = 0; i < round->many; i++) {
        answers += round->slots[i].answers;
        show_slot(round->board, &round->slots[i]);
    }
    (void)snprintf(line, sizeof line,
                   "streams: round %u answers, %u in flight with %u bytes of the block, %lu k "
                   "instructions, %lu k of them in the port\n",
                   answers, round->most_in_flight, (unsigned)round->block, thousands(all_us),
                   thousands(of_port_us));
    say(round->board, line);
}

/* False: there is no memory, or the port failed. */
static bool run(struct round *round)
{
    int live = 1;
    round->slots = midge_alloc(round->client, round->many * sizeof *round->slots);
    if (round->slots == NULL) {
        return false;
    }
    const uint64_t from = busy_us(), port_from = port_us;
    for (unsigned i = 0; i < round->many; i++) {
        round->slots[i] = (struct slot){
            .sink = {.write = take}, .round = round, .fnv = 2166136261U, .detail = ""};
    }
    begin_more(round);
    while (round->live > 0 && live >= 0) {
        live = midge_poll(round->client, -1);
        begin_more(round);
    }
    show(round, busy_us() - from, port_us - port_from);
    if (round->live == 0) {
        midge_free(round->client, round->slots);
    }
    return round->live == 0;
}

int board_app(struct board *board, int argc, char **argv)
{
    const char *http = board_env(board, "MIDGE_HTTP");
    const struct midge_config config = {
        .http = http != NULL && strcmp(http, "1") == 0 ? MIDGE_HTTP_1_1 : MIDGE_HTTP_2};
    struct midge_client *client;
    bool ran = true;
    measure(board->port);
    if (argc < 3 || board_open(board, &config, 0, &client) != MIDGE_OK) {
        return BOARD_EXIT_USAGE;
    }
    for (int i = 1; i + 1 < argc && ran; i += 2) {
        char *end;
        struct round round = {.board = board, .client = client, .url = argv[i + 1], .times = 1};
        round.many = (unsigned)strtoul(argv[i], &end, 10);
        if (*end == 'x') {
            round.times = (unsigned)strtoul(end + 1, NULL, 10);
        }
        round.posts = *end == 'p';
        ran = run(&round);
    }
    board_close(board, client);
    return ran ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
