/* SPDX-License-Identifier: MIT */
/*
 * The host as a board: `midge app NAME`. The board's own options are removed before the app sees
 * the others:
 *   --cacert FILE  trusted roots in place of the system's
 *   --heap BYTES   the client's block, as small as a device's
 *   --device NAME  the limits of this board; main.c has started the right program
 *   --stats        the memory that each client took, on stderr
 *   --sim FILE     the network is the simulated world of this file; its trace is on stderr
 *   --seed N       the world's chance
 */
#include "board.h"

#include "interrupt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/config.h>
#include <midge/port_posix.h>

#include "app_progress.h"
#include "app_proxy.h"
#include "clock.h"
#include "device.h"
#include "input.h"
#include "keylog.h"
#include "network.h"
#include "number.h"

struct host {
    struct board board;
    const char *cacert;
    uint8_t *ca;
    uint64_t heap, seed;
    const char *sim;
    const struct device *device; /* NULL: none */
    bool stats, has_seed;
    struct app_progress progress;
    struct midge_proxy proxy;    /* of the environment; its host is NULL: none */
    struct midge_client *client; /* NULL: none is open */
    int (*poll)(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms); /* the port's */
    bool catches;                                                               /* signals */
    bool listens; /* SIGINT is the app's */
};

static struct host *running; /* the port's poll gets no context of this file */

/* --- the functions of board.h --- */

void board_write(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    struct host *host = board->impl;
    FILE *file = stream == BOARD_ERR ? stderr : stdout;
    app_progress_clear(&host->progress);
    if (file == stderr) {
        (void)fflush(stdout); /* keeps the order of output and errors */
    }
    (void)fwrite(text, 1, len, file); /* a failure of stdout is reported at the end */
    if (board->streams) {
        (void)fflush(file);
    }
}

const char *board_env(struct board *board, const char *name)
{
    (void)board;
    return getenv(name);
}

const char *board_error_text(struct board *board, int native)
{
    (void)board;
    return strerror(native);
}

static void tell_why(const struct midge_config *config, int err)
{
    (void)fflush(stdout);
    if (err == MIDGE_ERR_NO_MEMORY && config->memory != NULL) {
        fprintf(stderr, "midge: a block of %zu bytes is too small: %zu are needed at least\n",
                config->memory_size, midge_memory_least(config));
    } else {
        fprintf(stderr, "midge: the client can't be opened: %s\n", midge_err_text(err));
    }
}

/* As boards/common/main.c, with a device. */
static void limit(const struct host *host, struct midge_config *config, size_t app_bytes)
{
    const struct device *device = host->device;
    if (device != NULL && config->turn_crypto == 0) {
        config->turn_crypto = 1;
    }
    if (device != NULL &&
        (config->max_connections == 0 || config->max_connections > device->connections)) {
        config->max_connections = (uint16_t)device->connections;
    }
    if (host->heap > 0) {
        config->memory_size = (size_t)host->heap;
    } else {
        config->memory_size =
            device != NULL ? device_block(device) : midge_memory_needed(config) + app_bytes;
    }
}

int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client)
{
    struct host *host = board->impl;
    struct midge_config whole = *config;
    whole.port = board->port;
    whole.tls = board->tls;
    keylog_set(&whole.tls);
    if (whole.proxy == NULL && host->proxy.host != NULL) {
        whole.proxy = &host->proxy;
    }
    limit(host, &whole, app_bytes);
    whole.memory = board->memory = malloc(whole.memory_size);
    int err = whole.memory != NULL ? midge_open(client, &whole) : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        *client = NULL;
        tell_why(&whole, err);
        board_close(board, NULL);
    }
    host->progress.client = board->streams ? NULL : *client; /* no line is drawn between */
    host->client = *client;
    return err;
}

static void show_stats(const struct midge_client *client)
{
    struct midge_stats stats;
    midge_client_stats(client, &stats);
    (void)fflush(stdout);
    fprintf(stderr,
            "stats: %lu requests, %lu failed, %lu connections, %lu full and %lu resumed "
            "handshakes, %zu of %zu bytes at most, longest step %lu us, longest turn %lu us\n",
            (unsigned long)stats.requests, (unsigned long)stats.failed,
            (unsigned long)stats.connections, (unsigned long)stats.handshakes_full,
            (unsigned long)stats.handshakes_resumed, stats.alloc_peak, stats.memory_size,
            (unsigned long)stats.longest_step_us, (unsigned long)stats.longest_turn_us);
}

void board_close(struct board *board, struct midge_client *client)
{
    struct host *host = board->impl;
    host->progress.client = NULL;
    app_progress_clear(&host->progress);
    if (client != NULL && host->stats) {
        show_stats(client);
    }
    if (host->catches) {
        interrupt_release(); /* the handler wakes the client */
        host->catches = false;
    }
    midge_close(client);
    host->client = NULL;
    free(board->memory);
    board->memory = NULL;
}

/* --- signals --- */

/* Called inside the port's poll, where no connection is being processed and the memory of all tasks
   is still valid: ends everything that has begun, so no half-written file remains. */
static void end_by_signal(struct host *host)
{
    board_close(&host->board, host->client);
    (void)fflush(stdout);
    fprintf(stderr, "midge: interrupted\n");
    exit(BOARD_EXIT_FAILED);
}

static void catch_signals(struct host *host)
{
    if (!host->catches) {
        interrupt_catch(host->client);
        host->catches = true;
    }
}

static bool must_end(const struct host *host)
{
    return interrupt_came() && !(host->listens && interrupt_is_key());
}

/* Signals are caught from the first poll on: before, nothing has begun, so a signal may simply end
   the process. */
static int poll_until_signal(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct host *host = running;
    catch_signals(host);
    int err = must_end(host) ? MIDGE_OK : host->poll(ctx, fds, n, timeout_ms);
    if (must_end(host)) {
        end_by_signal(host);
    }
    return err;
}

/* --- input --- */

bool board_listen(struct board *board)
{
    struct host *host = board->impl;
    host->listens = true;
    catch_signals(host);
    return input_is_terminal();
}

int board_read(struct board *board, char *buf, size_t cap, size_t *n)
{
    (void)board;
    return input_read(buf, cap, n);
}

/* A simulated network has no sockets to wait for: its time stands still meanwhile. */
void board_wait(struct board *board, struct midge_client *client)
{
    const struct host *host = board->impl;
    input_wait(host->sim == NULL ? client : NULL);
    (void)midge_poll(client, 0);
}

bool board_interrupted(struct board *board)
{
    const struct host *host = board->impl;
    return host->listens && interrupt_take_key();
}

/* --- trust --- */

/* Reads the whole file; MIDGE_ERR_READ if it is shorter. */
static int read_whole(const struct midge_port *port, midge_file file, uint8_t *data, size_t len)
{
    int err = MIDGE_OK, native;
    for (size_t at = 0, n = 0; err == MIDGE_OK && at < len; at += n) {
        err = port->file_read(port->ctx, file, data + at, len - at, &n, &native);
    }
    return err == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_READ;
}

static int read_ca(struct host *host, const char *path)
{
    const struct midge_port *port = host->board.port;
    midge_file file;
    uint64_t size;
    int native, err = port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native);
    if (err != MIDGE_OK) {
        return err;
    }
    err = port->file_size(port->ctx, file, &size);
    if (err == MIDGE_OK) {
        host->ca = size < SIZE_MAX ? malloc((size_t)size + 1) : NULL;
        err =
            host->ca != NULL ? read_whole(port, file, host->ca, (size_t)size) : MIDGE_ERR_NO_MEMORY;
    }
    (void)port->file_finish(port->ctx, file, 0, &native);
    if (err == MIDGE_OK && size > 0) {
        host->board.tls.ca = host->ca;
        host->board.tls.ca_len = (size_t)size;
    }
    return err;
}

static void read_system(struct host *host)
{
    void *roots;
    size_t len;
    if (midge_posix_system_roots(&roots, &len, NULL) == MIDGE_OK) {
        host->ca = roots;
        host->board.tls.ca = roots;
        host->board.tls.ca_len = len;
    }
}

/* A machine without the system's bundle can still ask http:// URLs. */
static bool trust(struct host *host)
{
    if (host->sim != NULL && host->cacert == NULL) {
        host->board.tls.ca = midge_sim_root(&host->board.tls.ca_len);
        return true; /* the servers' own */
    }
    if (host->cacert == NULL) {
        read_system(host);
    } else if (read_ca(host, host->cacert) != MIDGE_OK || host->board.tls.ca == NULL) {
        fprintf(stderr, "midge: can't read the CA file %s\n", host->cacert);
        return false;
    }
    clock_warn(host->board.port->wall_time(host->board.port->ctx), MIDGE_TIME_FLOOR);
    return true;
}

/* --- options of this board --- */

/* Is argv[*at] --name VALUE or --name=VALUE? Returns VALUE; *at moves to it. NULL: it is another
   option. "" if the value is missing, as no option here may be empty. */
static const char *value_of(const char *name, int argc, char **argv, int *at)
{
    size_t len = strlen(name);
    if (strncmp(argv[*at], name, len) != 0 || (argv[*at][len] != '\0' && argv[*at][len] != '=')) {
        return NULL;
    }
    if (argv[*at][len] == '=') {
        return argv[*at] + len + 1;
    }
    return *at + 1 < argc ? argv[++*at] : "";
}

static bool set_heap(struct host *host, const char *text)
{
    char *end = NULL;
    host->heap = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    return host->heap > 0 && *end == '\0' && host->heap <= SIZE_MAX / 2;
}

/* Removes the board's options from argv. False: bad option, after one line. */
static bool take_options(struct host *host, int *argc, char **argv)
{
    int kept = 0;
    for (int at = 0; at < *argc; at++) {
        char *const arg = argv[at];
        const char *value;
        if (strcmp(arg, "--") == 0) {
            while (at < *argc) { /* the rest are not options */
                argv[kept++] = argv[at++];
            }
        } else if (strcmp(arg, "--stats") == 0) {
            host->stats = true;
        } else if ((value = value_of("--cacert", *argc, argv, &at)) != NULL) {
            host->cacert = value;
            if (value[0] == '\0') {
                fprintf(stderr, "midge: --cacert needs a value: FILE\n");
                return false;
            }
        } else if ((value = value_of("--heap", *argc, argv, &at)) != NULL) {
            if (!set_heap(host, value)) {
                fprintf(stderr, "midge: --heap: '%s' is not a number of bytes\n", value);
                return false;
            }
        } else if ((value = value_of("--sim", *argc, argv, &at)) != NULL) {
            host->sim = value;
        } else if ((value = value_of("--device", *argc, argv, &at)) != NULL) {
            host->device = device_find(value);
        } else if ((value = value_of("--seed", *argc, argv, &at)) != NULL) {
            host->has_seed = true;
            if (!number_parse(value, strlen(value), 0, UINT64_MAX, &host->seed)) {
                fprintf(stderr, "midge: --seed: '%s' is not a number\n", value);
                return false;
            }
        } else {
            argv[kept++] = arg;
        }
    }
    *argc = kept;
    return true;
}

static void show_options(void)
{
    fputs("  --cacert FILE         trusted roots [the system's]\n"
          "  --heap BYTES          of the client's block [what its limits can need]\n"
          "  --device NAME         as on this board: its limits and TLS profile; list: shows them\n"
          "  --sim FILE            the network is the simulated world of this file\n"
          "  --seed N              the world's chance\n"
          "  --stats               tell on standard error what each client took\n",
          stdout);
}

/* --- the program --- */

/* The last value that the command line gives to that option; NULL: none. */
static const char *last_value(const char *option, int argc, char **argv)
{
    const char *last = NULL;
    for (int at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
        const char *value = value_of(option, argc, argv, &at);
        last = value != NULL ? value : last;
    }
    return last;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "--help") == 0) {
            return true;
        }
    }
    return false;
}

static int run(struct host *host, int argc, char **argv)
{
    bool help = asks_for_help(argc, argv);
    if (!help && host->sim == NULL &&
        !app_proxy_find(last_value("--api", argc, argv), &host->proxy)) {
        return BOARD_EXIT_USAGE;
    }
    if (!trust(host)) {
        return BOARD_EXIT_FAILED;
    }
    int code = board_app(&host->board, argc, argv);
    if (help && code == BOARD_EXIT_OK) {
        show_options();
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == BOARD_EXIT_OK) {
        fprintf(stderr, "midge: standard output can't be written\n");
        code = BOARD_EXIT_FAILED;
    }
    return code;
}

/* -1, or the exit code: see device_start. */
static int start_device(const struct device **device, int argc, char **argv)
{
    const char *name = last_value("--device", argc, argv), *sim = last_value("--sim", argc, argv);
    const char *http = getenv("MIDGE_HTTP"); /* see boards/apps/app.c */
    return device_start(device, name, sim, http != NULL && strcmp(http, "2") == 0, argv - 2);
}

int midge_app_main(int argc, char **argv)
{
    struct host host = {.ca = NULL};
    int code = start_device(&host.device, argc, argv);
    if (code >= 0) {
        return code;
    }
    host.board.impl = &host;
    if (!take_options(&host, &argc, argv)) {
        return BOARD_EXIT_USAGE;
    }
    struct network network;
    const struct network_options options = {
        .sim = host.sim, .seed = host.has_seed ? &host.seed : NULL, .device = host.device};
    int err = network_open(&network, &options, 0);
    if (err == MIDGE_ERR_INVALID) {
        return BOARD_EXIT_USAGE; /* the world is wrong: a line was printed */
    }
    if (err != MIDGE_OK) {
        fprintf(stderr, "midge: the network can't be opened: %s\n", midge_err_text(err));
        return BOARD_EXIT_FAILED;
    }
    const char *name = argc > 0 ? argv[0] : "app";
    host.board.port =
        app_progress_init(&host.progress, network.port, host.sim == NULL ? name : NULL);
    host.progress.shim.files = network.files;
    host.progress.device = host.device != NULL;
    running = &host;
    host.poll = host.board.port->poll;
    host.board.port->poll = poll_until_signal;
    code = run(&host, argc, argv);
    app_progress_clear(&host.progress);
    free(host.ca);
    network_close(&network);
    return code;
}
