/* SPDX-License-Identifier: MIT */
/*
 * client_soak CA.pem SECONDS SEED URL...
 *
 * Rounds of 300 requests, 24 at once, until SECONDS have passed: to URLs that chance picks
 * ("/bytes/N", "/echo" with a body), some canceled, some that may not reuse a connection; servers
 * may vanish meanwhile. After each round it waits until the kept connections are closed, and says
 * in a JSON line what became of the requests and what memory and descriptors it holds. Exit 1: a
 * request ended twice, not at all, or with another body than it said.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"
#include "../unit/chance.h"
#include "client_body.h"

enum { AT_ONCE = 24, ROUND = 300, ERRORS = 64, IDLE_MS = 200, TURN_MS = 1000, UPLOAD_MAX = 20000 };

struct one {
    struct client_body body;
    midge_id id;
    uint64_t expected; /* UINT64_MAX: not known */
    bool live;
    int done;
};

static struct {
    struct midge_client *client;
    struct one one[AT_ONCE];
    char **urls;
    unsigned n_urls, live, started, canceled, wrong;
    unsigned long errors[ERRORS], requests;
} soak;

/* --- one request --- */

/* What is said to be whole must be. */
static bool is_right(const struct one *one, const struct midge_result *result)
{
    bool whole = result->error == MIDGE_OK && result->status == 200;
    bool counted = result->error != MIDGE_OK || result->body_len == one->body.got;
    return one->live && one->done == 1 && counted &&
           (!whole || (result->complete == MIDGE_COMPLETE_YES &&
                       (one->expected == UINT64_MAX || one->body.got == one->expected)));
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct one *one = ctx;
    one->done++;
    if (!is_right(one, result)) {
        fprintf(stderr, "%s %s, status %u, %llu of %llu bytes, ended %d times\n",
                midge_err_name(result->error), result->detail, result->status,
                (unsigned long long)one->body.got, (unsigned long long)one->expected, one->done);
        soak.wrong++;
    }
    one->live = false;
    soak.live--;
    soak.errors[-result->error < ERRORS ? -result->error : ERRORS - 1]++;
}

static void start(struct one *one)
{
    const char *url = soak.urls[chance(soak.n_urls)], *bytes = strstr(url, "/bytes/");
    struct midge_request request = {.url = url,
                                    .sink = &one->body.sink,
                                    .ctx = one,
                                    .on_done = on_done,
                                    .no_reuse = one_in(10),
                                    .timeouts = {.total_ms = 10000, .connect_ms = 3000}};
    *one = (struct one){.body = client_body_new,
                        .expected = bytes != NULL ? strtoull(bytes + 7, NULL, 10) : UINT64_MAX,
                        .live = true};
    if (strstr(url, "/echo") != NULL) {
        one->body.upload = chance(UPLOAD_MAX);
        request.source = &one->body.source;
        request.method = "PUT";
    }
    soak.live++;
    soak.started++;
    soak.requests++;
    if (midge_start(soak.client, &request, &one->id) != MIDGE_OK) {
        soak.wrong++;
        soak.live--;
        one->live = false;
    } else if (!one->live) {
        return; /* it has ended already */
    }
}

static void meddle(void)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        if (!soak.one[i].live && soak.started < ROUND) {
            start(&soak.one[i]);
        }
    }
    struct one *one = &soak.one[chance(AT_ONCE)];
    if (one->live && one_in(50)) {
        soak.canceled++;
        (void)midge_cancel(soak.client, one->id);
    }
}

/* --- what is held --- */

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && readdir(dir) != NULL) {
        n++;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return n;
}

static unsigned long resident_kb(void)
{
    unsigned long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%lu %lu", &size, &pages) != 2) {
            pages = 0;
        }
        (void)fclose(file);
    }
    return pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void report(void)
{
    struct midge_stats stats;
    midge_client_stats(soak.client, &stats);
    printf("{\"requests\":%lu,\"ok\":%lu,\"canceled\":%lu,\"wrong\":%u,\"full\":%u,\"resumed\":%u,"
           "\"open\":%u,\"live\":%zu,\"fds\":%u,\"rss_kb\":%lu}\n",
           soak.requests, soak.errors[0], soak.errors[-MIDGE_ERR_CANCELED], soak.wrong,
           stats.handshakes_full, stats.handshakes_resumed, stats.open_connections,
           stats.alloc_live, descriptors(), resident_kb());
    (void)fflush(stdout);
}

static bool poll_once(void)
{
    return midge_poll(soak.client, TURN_MS) >= 0;
}

static bool round_of_requests(void)
{
    struct midge_stats stats;
    bool well = true;
    soak.started = 0;
    while (well && (soak.started < ROUND || soak.live > 0)) {
        meddle();
        well = poll_once();
    }
    do { /* until the kept connections are closed */
        well = well && poll_once();
        midge_client_stats(soak.client, &stats);
    } while (well && stats.open_connections > 0);
    report();
    return well;
}

int main(int argc, char **argv)
{
    struct midge_config config = {
        .max_awaitables = 64, .max_connections = 12, .max_per_origin = 6, .keep_alive_ms = IDLE_MS};
    if (argc < 5 || !ca_file_read(&config.tls, argv[1]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    const uint32_t begin = config.port->clock_ms(config.port->ctx);
    const uint32_t duration = (uint32_t)strtoul(argv[2], NULL, 10) * 1000U;
    seed = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
    soak.urls = argv + 4;
    soak.n_urls = (unsigned)argc - 4;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    bool well = config.memory != NULL && midge_open(&soak.client, &config) == MIDGE_OK;
    while (well && config.port->clock_ms(config.port->ctx) - begin < duration) {
        well = round_of_requests();
    }
    midge_close(soak.client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return well && soak.wrong == 0 ? 0 : 1;
}
