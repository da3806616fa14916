/* SPDX-License-Identifier: MIT */
/*
 * client_loop URL...: gets all URLs at once in the loop of boards/examples/poll_loop.c, whose other
 * descriptor is standard input. Each line there is answered as it comes. Prints a JSON object a
 * line: {"line": N bytes} for an input, {"status": N} for a request; ends when the input has ended
 * and all requests have.
 */
#include <midge/port_posix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/poll_loop.h"

static void on_input(struct poll_loop_fd *own)
{
    char text[256];
    ssize_t n = read(own->poll.fd, text, sizeof text);
    if (n > 0) {
        printf("{\"line\": %ld}\n", (long)n);
    } else {
        own->poll.fd = -1;
    }
    (void)fflush(stdout);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    printf("{\"status\": %u}\n", result->status);
    (void)fflush(stdout);
}

static int run(struct midge_client *client, int n, char **urls)
{
    struct poll_loop_fd input = {.poll = {.fd = STDIN_FILENO, .events = POLLIN}, .ready = on_input};
    unsigned rounds = 0;
    int live = 0;
    for (int i = 0; i < n; i++) {
        const struct midge_request get = {.url = urls[i], .on_done = on_done};
        int err = midge_start(client, &get, NULL);
        if (err != MIDGE_OK) {
            return err;
        }
    }
    do {
        live = poll_loop_once(client, &input, 1, -1);
        rounds++;
    } while (live > 0 || (live == 0 && input.poll.fd >= 0));
    printf("{\"rounds\": %u}\n", rounds);
    return live;
}

int main(int argc, char **argv)
{
    struct midge_config config = {.max_connections = 4};
    struct midge_client *client;
    int err = midge_posix_open(&config.port, 0);
    if (err != MIDGE_OK) {
        return 1;
    }
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        err = run(client, argc - 1, argv + 1);
        midge_close(client);
    }
    free(config.memory);
    midge_posix_close(config.port);
    return err == MIDGE_OK ? 0 : 1;
}
