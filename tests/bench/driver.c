/* SPDX-License-Identifier: MIT */
/*
 * midge on the work of bench.h, and on work of its own:
 *
 *     streams N K  as keep, on K streams of one connection of HTTP/2
 *     prepared N K as keep, with K prepared requests, each started again when it has ended
 *     burst N K    N requests started at once, on K connections
 *     origins N K  the same, each to an origin of its own (http://hN.test, at URL's address)
 *     idle N K     nothing: what a client for `burst N K` takes to open and close
 *     start N K    K requests on K connections wait for their answers; then N more are started,
 *                  each by probe_start, whose cost callgrind knows; nothing is waited for
 *     queue N K    heap with N requests started and no turn made
 */
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"
#include "bench.h"

static struct bench bench;
static struct midge_client *client;
static struct midge_request request;
static void *block; /* the client's memory */
static unsigned sent;

static int begin(void);

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink;
    (void)data;
    bench.bytes += len;
    return MIDGE_OK;
}

static int sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)complete;
    return err;
}

static struct midge_sink sink = {.write = sink_write, .finish = sink_finish};

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    (void)ctx;
    (void)id;
    (void)method;
    (void)url;
    sent++;
}

static void start_again(struct midge_prepared *prepared)
{
    int err = midge_start_prepared(client, prepared, NULL, 0, NULL);

    if (err != MIDGE_OK) {
        fprintf(stderr, "midge_start_prepared: %s\n", midge_err_text(err));
        exit(1);
    }
    bench.started++;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    bool ok = result->error == MIDGE_OK && result->status == 200 &&
              (result->stream_id != 0) == bench_is(&bench, "streams");
    char text[200] = "";

    if (result->error == MIDGE_ERR_CLOSED) {
        return;
    }
    if (!ok) {
        midge_result_text(result, text, sizeof text);
    }
    bench_ended(&bench, ok, text);
    if (bench.started < bench.n && ctx != NULL) {
        start_again(*(struct midge_prepared **)ctx);
    } else if (bench.started < bench.n) {
        begin();
    }
}

static int begin(void)
{
    int err = midge_start(client, &request, NULL);

    if (err != MIDGE_OK) {
        fprintf(stderr, "midge_start: %s\n", midge_err_text(err));
        exit(1);
    }
    bench.started++;
    return err;
}

__attribute__((noinline)) static void probe_start(void)
{
    begin();
}

/* --- the client --- */

/* As bench_libc_heap, with what is in use of the client's block in place of the block. */
static size_t heap(void)
{
    struct midge_stats stats;

    midge_client_stats(client, &stats);
    return bench_libc_heap() - malloc_usable_size(block) + stats.alloc_live;
}

static void turn(void)
{
    if (bench.done == 0) {
        bench.heap = heap();
    }
    if (midge_poll(client, -1) < 0) {
        exit(1);
    }
}

static void open_client(struct midge_config *config)
{
    unsigned things = bench.n + bench.k + 8;
    bool measures_start = bench_is(&bench, "start");
    bool shares = bench_is(&bench, "streams");

    if (midge_posix_open(&config->port, bench.k + 8) != MIDGE_OK) {
        exit(1);
    }
    if (strncmp(bench.url, "https:", 6) == 0 && !ca_file_read(&config->tls, bench.ca)) {
        exit(1);
    }
    if (shares || bench_is(&bench, "keep") || bench_is(&bench, "prepared") ||
        bench_is(&bench, "fresh")) {
        things = bench.k + 8;
    }
    config->tls.max_version = MIDGE_TLS_1_2;
    config->max_connections = config->max_per_origin = (uint16_t)(shares ? 1 : bench.k);
    config->http = shares ? MIDGE_HTTP_2 : 0;
    config->max_awaitables = config->queued_requests = (uint16_t)things;
    config->no_sessions = !measures_start;
    config->memory_size = midge_memory_needed(config);
    config->memory = block = malloc(config->memory_size);
    if (block == NULL || midge_open(&client, config) != MIDGE_OK) {
        exit(1);
    }
    ca_file_free(&config->tls);
}

static void close_client(struct midge_config *config)
{
    midge_close(client);
    midge_posix_close(config->port);
    free(block);
}

/* --- the work --- */

static void run_burst(void)
{
    for (unsigned i = 0; i < bench.n; i++) {
        begin();
    }
    while (bench.done < bench.n) {
        turn();
    }
}

static void run_keep(void)
{
    unsigned together = request.no_reuse ? 1 : bench.k;

    for (unsigned i = 0; i < together && i < bench.n; i++) {
        begin();
    }
    while (bench.done < bench.n) {
        turn();
    }
}

static void run_prepared(void)
{
    struct midge_prepared **all = calloc(bench.k, sizeof *all);

    for (unsigned i = 0; i < bench.k; i++) {
        request.ctx = &all[i];
        if (all == NULL || midge_prepare(client, &request, &all[i]) != MIDGE_OK) {
            exit(1);
        }
    }
    for (unsigned i = 0; i < bench.k && i < bench.n; i++) {
        start_again(all[i]);
    }
    while (bench.done < bench.n) {
        turn();
    }
    free(all);
}

static void run_origins(void)
{
    char url[200], host[40] = "";
    unsigned port = 0;
    const char *path;

    if (sscanf(bench.url, "http://%39[0-9.]:%u", host, &port) != 2) {
        exit(2);
    }
    path = strchr(bench.url + strlen("http://"), '/');
    request.url = url;
    request.connect_host = host;
    request.connect_port = (uint16_t)port;
    for (unsigned i = 0; i < bench.n; i++) {
        snprintf(url, sizeof url, "http://h%u.test%s", i, path);
        begin();
    }
    while (bench.done < bench.n) {
        turn();
    }
}

static void run_start(void)
{
    unsigned probes = bench.n;

    bench.n = 0; /* no end starts another */
    while (bench.started < bench.k) {
        begin();
    }
    while (sent < bench.k) {
        turn();
    }
    for (unsigned i = 0; i < probes; i++) {
        probe_start();
    }
    if (bench.done != 0) {
        fprintf(stderr, "start: an answer came before all connections were in use\n");
        bench.failed++;
    }
}

static void run_queue(void)
{
    while (bench.started < bench.n) {
        begin();
    }
    bench.heap = heap();
}

static void run(void)
{
    static const struct {
        const char *mode;
        void (*run)(void);
    } works[] = {{"keep", run_keep},   {"streams", run_keep}, {"prepared", run_prepared},
                 {"fresh", run_keep},  {"burst", run_burst},  {"origins", run_origins},
                 {"start", run_start}, {"queue", run_queue}};

    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        if (bench_is(&bench, works[i].mode)) {
            works[i].run();
        }
    }
}

int main(int argc, char **argv)
{
    static const struct midge_header fields[] = {{.name = "User-Agent", .value = BENCH_USER_AGENT}};
    struct midge_config config = {.headers = fields, .n_headers = 1};
    struct midge_stats stats;
    char more[100];

    bench_arguments(&bench, argc, argv);
    open_client(&config);
    request = (struct midge_request){
        .url = bench.url, .sink = &sink, .on_send = on_send, .on_done = on_done};
    request.no_reuse = bench_is(&bench, "fresh");
    run();
    midge_client_stats(client, &stats);
    snprintf(more, sizeof more, ",\"alloc_calls\":%llu,\"connections\":%u",
             (unsigned long long)stats.alloc_calls, (unsigned)stats.connections);
    close_client(&config);
    return bench_print(&bench, more);
}
