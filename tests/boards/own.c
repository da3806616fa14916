/* SPDX-License-Identifier: MIT */
/*
 * A board with a certificate of its own, as the app of a board (in place of boards/apps):
 *
 *     own CERTIFICATE KEY URL...
 *
 * CERTIFICATE and KEY are files of DER, as a factory would write them into flash; "-": the client
 * has none. Each URL is asked for after the other; a line tells its end.
 */
#include <stdio.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"
#include "examples/identity.h"

static uint8_t page[2048]; /* with an RSA key of 2,048 bits */
static bool done;
static struct board *the_board;

static void say(const char *text)
{
    board_write(the_board, BOARD_OUT, text, strlen(text));
}

static size_t read_file(const struct midge_port *port, const char *path, uint8_t *bytes, size_t cap)
{
    midge_file file;
    size_t sum = 0, n = 0;
    int native;
    if (strcmp(path, "-") == 0 ||
        port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native) != MIDGE_OK) {
        return 0;
    }
    while (sum < cap &&
           port->file_read(port->ctx, file, bytes + sum, cap - sum, &n, &native) == MIDGE_OK) {
        sum += n;
    }
    (void)port->file_finish(port->ctx, file, 0, &native);
    return sum;
}

static int write_body(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink;
    board_write(the_board, BOARD_OUT, (const char *)data, len);
    return MIDGE_OK;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    char line[200];
    (void)ctx;
    (void)snprintf(line, sizeof line, "\nown: %s %d %d %s; %s\n",
                   result->error != MIDGE_OK ? midge_err_name(result->error) : "OK", result->status,
                   result->tls_version, result->resumed ? "resumed" : "full", result->detail);
    say(line);
    done = true;
}

static void ask(struct midge_client *client, const char *url)
{
    struct midge_sink sink = {.write = write_body};
    const struct midge_request request = {
        .url = url, .sink = &sink, .on_done = on_done, .borrow = 1};
    done = false;
    int err = midge_start(client, &request, NULL);
    while (err == MIDGE_OK && !done) {
        (void)midge_poll(client, -1);
    }
    if (err != MIDGE_OK) {
        say("own: not started\n");
    }
}

int board_app(struct board *board, int argc, char **argv)
{
    const char *why = "";
    struct midge_credential own;
    struct midge_client *client;
    const struct midge_config config = {.max_awaitables = 4};
    the_board = board;
    if (argc < 3) {
        return BOARD_EXIT_USAGE;
    }
    size_t size = read_file(board->port, argv[1], page, sizeof page);
    if (size > 0 && identity_find(page, size, 0, &own) != MIDGE_OK) {
        say("own: the page is damaged\n");
        return BOARD_EXIT_FAILED;
    }
    own.why = &why;
    board->tls.credential = size > 0 ? &own : NULL;
    if (board_open(board, &config, 0, &client) != MIDGE_OK) {
        say("own: ");
        say(why);
        say("\n");
        return BOARD_EXIT_FAILED;
    }
    for (int i = 2; i < argc; i++) {
        ask(client, argv[i]);
    }
    board_close(board, client);
    return BOARD_EXIT_OK;
}
