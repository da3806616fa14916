/* SPDX-License-Identifier: MIT */
/*
 * Faults at many places, one after another in one boot, as the app of a board (in place of
 * boards/apps):
 *
 *     torture CONTROL NAME URL STEP FIRST [NAME URL STEP FIRST …]
 *
 * For each NAME, a server at URL that answers with BODY bytes:
 *
 *     allocations    number FIRST, FIRST + STEP, … and all later ones fail; then, with another
 *                    client, only that one: until a request needs no more allocations
 *     fin, rst       the server ends the connection by a FIN or a reset after FIRST, FIRST + STEP,
 *                    … bytes of the TCP stream, TLS handshake and records included, until the
 *                    answer comes whole with a FIN. GET CONTROL/NAME/BYTES/END asks for it; with
 *                    0 bytes the server ends no connection
 *
 * Each round has clients of its own. After the fault the request has ended once, whole or with a
 * defined error; the next one works, on the same client if its memory does not go on to fail; the
 * client's memory is free after midge_close, and lwIP's pools are as they were at the start.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/opt.h>
#include <midge/midge.h>

#include "board.h"
#include "pools.h"

enum {
    BODY = 300,
    LINE = 160,
    PATIENCE_MS = 60000, /* for a request */
    SETTLE_MS = 30000,   /* for lwIP, which gives up a closed connection after 20 s */
    MAX_POINT = 20000,
    MOST_WRONG = 3,
    ERRORS = 64
};

struct torture {
    struct board *board;
    struct midge_stats at_close;
    struct pools pools; /* at the start */
    const char *control, *name, *url, *kind;
    uint32_t first, step, point;
    unsigned points, wrong; /* of this kind; of all */
    unsigned ended[ERRORS]; /* requests with this kind of fault, by their error */
};

struct get {
    struct midge_sink sink;
    struct midge_result result;
    size_t len;
    unsigned dones;
    bool damaged; /* a byte was not as sent */
};

/* --- what is told --- */

static void say(const struct torture *t, const char *line)
{
    board_write(t->board, BOARD_OUT, line, strlen(line));
}

static void must(struct torture *t, bool holds, const char *otherwise, const char *more)
{
    char line[LINE];
    if (!holds) {
        t->wrong++;
        (void)snprintf(line, sizeof line, "WRONG %s %s %lu: %s %s\n", t->name, t->kind,
                       (unsigned long)t->point, otherwise, more);
        say(t, line);
    }
}

static void report(const struct torture *t)
{
    char line[LINE];
    (void)snprintf(line, sizeof line, "%s %s: %u points up to %lu; requests:", t->name, t->kind,
                   t->points, (unsigned long)t->point);
    say(t, line);
    for (int i = 0; i < ERRORS; i++) {
        if (t->ended[i] > 0) {
            (void)snprintf(line, sizeof line, " %u %s", t->ended[i],
                           i == 0 ? "whole" : midge_err_name(-i));
            say(t, line);
        }
    }
    say(t, "\n");
}

/* --- a request --- */

static int on_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct get *get = (struct get *)sink;
    for (size_t i = 0; i < len; i++, get->len++) {
        get->damaged |= data[i] != 'a' + get->len % 26;
    }
    return MIDGE_OK;
}

static int on_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)err;
    (void)complete;
    return MIDGE_OK;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct get *get = ctx;
    get->result = *result;
    get->dones++;
}

static void wait_for_end(struct torture *t, struct midge_client *client)
{
    const uint32_t start = board_millis(t->board);
    int live = 1;
    while (live > 0 && board_millis(t->board) - start < PATIENCE_MS) {
        live = midge_poll(client, 1000);
    }
    must(t, live == 0, "a poll fails, or a request never ends", "");
}

static void check(struct torture *t, const struct get *get)
{
    const struct midge_result *result = &get->result;
    const bool whole = get->len == BODY && result->complete == MIDGE_COMPLETE_YES;
    must(t, get->dones == 1, "not one completion", "");
    must(t, !get->damaged && get->len <= BODY, "a wrong body", "");
    must(t, strcmp(midge_err_name(result->error), "UNKNOWN") != 0, "no defined error", "");
    must(t, result->error != MIDGE_OK || (whole && result->status == 200),
         "success without the whole body", "");
}

/* The request's error, or midge_start's. alone: on a connection that no other request uses. */
static int get(struct torture *t, struct midge_client *client, const char *url, bool alone)
{
    struct get get = {.sink = {.write = on_write, .finish = on_finish}};
    const struct midge_request request = {
        .url = url, .sink = &get.sink, .ctx = &get, .on_done = on_done, .no_reuse = alone};
    const int err = midge_start(client, &request, NULL);
    if (err != MIDGE_OK) {
        must(t, err == MIDGE_ERR_NO_MEMORY && get.dones == 0, "start:", midge_err_name(err));
        return err;
    }
    wait_for_end(t, client);
    check(t, &get);
    return get.result.error;
}

/* The request with the fault. */
static int get_badly(struct torture *t, struct midge_client *client)
{
    const int err = get(t, client, t->url, true);
    if (-err >= 0 && -err < ERRORS) {
        t->ended[-err]++;
    }
    return err;
}

static void get_well(struct torture *t, struct midge_client *client, const char *url)
{
    const int err = get(t, client, url, false);
    must(t, err == MIDGE_OK, "the next request:", midge_err_name(err));
}

/* --- a client --- */

static struct midge_client *open_client(struct torture *t, uint32_t fail_alloc, bool sticky)
{
    struct midge_client *client = NULL;
    struct midge_config config = {.port = t->board->port,
                                  .tls = t->board->tls,
                                  .max_connections = 2,
                                  .stats_at_close = &t->at_close,
                                  .fail_alloc = fail_alloc,
                                  .fail_alloc_sticky = sticky};
    config.memory = t->board->memory;
    config.memory_size = midge_memory_needed(&config);
    const int err = midge_open(&client, &config);
    must(t, err == MIDGE_OK || (err == MIDGE_ERR_NO_MEMORY && fail_alloc > 0),
         "open:", midge_err_name(err));
    return err == MIDGE_OK ? client : NULL;
}

/* Connections that are closed have a last word with their peer: lwIP gets time for it. */
static void settle(struct torture *t)
{
    const struct midge_port *port = t->board->port;
    const uint32_t start = board_millis(t->board);
    const char *name;
    while (!pools_are_back(&t->pools, &name)) {
        if (board_millis(t->board) - start >= SETTLE_MS) {
            must(t, false, "not given back to lwIP:", name);
            pools_count(&t->pools); /* told once */
            return;
        }
        (void)port->poll(port->ctx, NULL, 0, 10);
    }
}

static void close_client(struct torture *t, struct midge_client *client)
{
    char bytes[16];
    if (client != NULL) {
        midge_close(client);
        (void)snprintf(bytes, sizeof bytes, "%lu", (unsigned long)t->at_close.alloc_live);
        must(t, t->at_close.alloc_live == 0, "bytes that leaked:", bytes);
    }
    settle(t);
}

/* --- rounds --- */

/* A round is at one point. False: the point is beyond the request's end, there are no more. */
typedef bool (*round_fn)(struct torture *t);

static bool alloc_fails(struct torture *t, bool sticky)
{
    struct midge_stats stats = {.alloc_calls = t->point}; /* if it does not even open */
    struct midge_client *client = open_client(t, t->point, sticky);
    if (client != NULL) {
        (void)get_badly(t, client);
        midge_client_stats(client, &stats);
        if (!sticky && stats.alloc_calls >= t->point) { /* else the next request would meet it */
            get_well(t, client, t->url);
        }
    }
    close_client(t, client);
    return stats.alloc_calls >= t->point;
}

static bool allocations(struct torture *t)
{
    const bool reached = alloc_fails(t, true);
    return alloc_fails(t, false) && reached;
}

static void ask_for_cut(struct torture *t, struct midge_client *client, uint32_t bytes)
{
    char url[LINE];
    (void)snprintf(url, sizeof url, "%s/%s/%lu/%s", t->control, t->name, (unsigned long)bytes,
                   t->kind);
    get_well(t, client, url);
}

static bool cut(struct torture *t)
{
    struct midge_client *client = open_client(t, 0, false);
    int err = MIDGE_OK;
    if (client != NULL) {
        ask_for_cut(t, client, t->point);
        err = get_badly(t, client);
        ask_for_cut(t, client, 0);
        get_well(t, client, t->url);
    }
    close_client(t, client);
    return err != MIDGE_OK;
}

/* All points below limit. Returns the last one. */
static uint32_t run_kind(struct torture *t, const char *kind, round_fn round, uint32_t limit)
{
    bool more = true;
    t->kind = kind;
    t->points = 0;
    memset(t->ended, 0, sizeof t->ended);
    for (t->point = t->first; more && t->point < limit && t->wrong < MOST_WRONG;) {
        more = round(t);
        t->points += more;
        t->point += t->step;
    }
    t->point -= t->step;
    must(t, limit < MAX_POINT || !more, "no end of the points", "");
    report(t);
    return t->point;
}

/* An answer that is followed by a reset may be lost as a whole, so the FINs say where it ends. */
static void run_kinds(struct torture *t)
{
    (void)run_kind(t, "allocations", allocations, MAX_POINT);
    const uint32_t end = run_kind(t, "fin", cut, MAX_POINT);
    (void)run_kind(t, "rst", cut, end);
}

/* All sockets of the port can be had at once: none was lost. */
static void check_sockets(struct torture *t)
{
    const struct midge_port *port = t->board->port;
    const struct midge_addr addr = {.family = 4, .bytes = {192, 0, 2, 2}};
    midge_sock socks[MIDGE_LWIP_SOCKS];
    int native, err = MIDGE_OK;
    size_t n = 0;
    while (n < MIDGE_LWIP_SOCKS && err == MIDGE_OK) {
        err = port->connect(port->ctx, &addr, 9, &socks[n], &native);
        n += err == MIDGE_OK;
    }
    must(t, n == MIDGE_LWIP_SOCKS, "sockets were lost", "");
    while (n > 0) {
        port->close(port->ctx, socks[--n]);
    }
    settle(t);
}

int board_app(struct board *board, int argc, char **argv)
{
    struct torture t = {.board = board};
    if (argc < 6) {
        say(&t, "usage: torture CONTROL NAME URL STEP FIRST [NAME URL STEP FIRST ...]\n");
        return BOARD_EXIT_USAGE;
    }
    t.control = argv[1];
    pools_count(&t.pools);
    for (int i = 2; i + 3 < argc; i += 4) {
        t.name = argv[i];
        t.url = argv[i + 1];
        t.step = (uint32_t)strtoul(argv[i + 2], NULL, 10);
        t.first = (uint32_t)strtoul(argv[i + 3], NULL, 10);
        run_kinds(&t);
        check_sockets(&t);
    }
    return t.wrong == 0 ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
