/* SPDX-License-Identifier: MIT */
/*
 * client_crowd CA.pem EXTRA CONNECTIONS ROUNDS SEED [+sleeps] [+copies] [+origins] URL...
 *
 * In a block of midge_memory_least + EXTRA bytes: rounds of 100 requests to URLs that chance picks,
 * the same for the same SEED. A start that says NO_MEMORY is tried again when something has ended;
 * one that says so while no request lives is counted as stuck. Some may not reuse a connection, and
 * those to a URL with "/echo" carry a body. +sleeps: sleeps, tasks, gathers and timeouts beside
 * them. +copies: long URLs and many headers. +origins: "localhost" becomes one of 40 names of that
 * machine. Says what became of them in a JSON line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"
#include "../unit/chance.h"
#include "client_body.h"

enum { N = 100, ERRORS = 64, URL_BYTES = 3000, HEADERS = 20, ORIGINS = 40, TURN_MS = 1000 };

struct one {
    struct client_body body;
    midge_id id;
    int done;
};

struct crowd {
    struct midge_client *client;
    struct one one[N];
    char **urls;
    unsigned n_urls, live;
    bool sleeps, copies, origins;
    unsigned long requests, refused, stuck, errors[ERRORS];
};

static struct crowd crowd;

/* --- requests --- */

static void on_done(void *ctx, const struct midge_result *result)
{
    struct one *one = ctx;
    one->done++;
    crowd.live--;
    crowd.errors[-result->error < ERRORS ? -result->error : ERRORS - 1]++;
    if (result->error != MIDGE_OK) {
        fprintf(stderr, "%s %s %s, status %d, %llu bytes, %d retries, upload of %zu\n",
                midge_err_name(result->error), midge_phase_name(result->phase), result->detail,
                result->status, (unsigned long long)result->body_len, result->retries,
                one->body.upload);
    } else if (result->body_len != one->body.got) {
        fprintf(stderr, "%llu bytes of %llu\n", (unsigned long long)one->body.got,
                (unsigned long long)result->body_len);
        crowd.errors[ERRORS - 1]++;
    }
}

static void long_copy(char *url, struct midge_request *request, struct midge_header *headers)
{
    static const char value[] = "a value of ordinary length, sixty bytes long, more or less it is";
    static const char *const names[HEADERS] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J",
                                               "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T"};
    unsigned len = chance(2) ? chance(1500) : 0;
    size_t at = strlen(url);
    for (unsigned i = 0; i < len && at + 2 < URL_BYTES; i++) {
        url[at] = i == 0 ? (strchr(url, '?') != NULL ? '&' : '?') : 'u';
        at++;
    }
    url[at] = '\0';
    request->n_headers = chance(HEADERS);
    request->headers = headers;
    for (size_t i = 0; i < request->n_headers; i++) {
        headers[i] = (struct midge_header){names[i], value};
    }
}

static int start(struct one *one)
{
    char url[URL_BYTES];
    struct midge_header headers[HEADERS];
    struct midge_request request = {.url = url,
                                    .sink = &one->body.sink,
                                    .ctx = one,
                                    .on_done = on_done,
                                    .no_reuse = chance(10) == 0};
    *one = (struct one){.body = client_body_new};
    const char *picked = crowd.urls[chance(crowd.n_urls)];
    const char *rest = strstr(picked, "//localhost");
    if (crowd.origins && rest != NULL) {
        (void)snprintf(url, sizeof url, "%.*s//h%u.localhost-test.example%s", (int)(rest - picked),
                       picked, chance(ORIGINS), rest + 11);
        request.connect_host = "127.0.0.1";
    } else {
        (void)snprintf(url, sizeof url, "%s", picked);
    }
    if (strstr(url, "/echo") != NULL) {
        one->body.upload = chance(3) ? chance(2000) : chance(50000);
        one->body.source.length = chance(2) ? (int64_t)one->body.upload : -1;
        request.source = &one->body.source;
        request.method = chance(2) ? "PUT" : "POST";
    }
    if (crowd.copies) {
        long_copy(url, &request, headers);
    }
    return midge_start(crowd.client, &request, &one->id);
}

/* --- beside them --- */

static int task(struct midge_task *task, void *state)
{
    static struct midge_result result;
    static midge_id id;
    (void)state;
    MIDGE_BEGIN(task);
    if (midge_sleep(crowd.client, 1, &id) == MIDGE_OK) {
        MIDGE_AWAIT(task, id, &result);
    }
    MIDGE_END(task);
}

/* Each may say that there is no room; none may take what the requests need. */
static void take_memory_beside(void)
{
    midge_id id, more[2];
    if (midge_sleep(crowd.client, chance(20), &more[0]) != MIDGE_OK) {
        return;
    }
    int kind = (int)chance(4), err = MIDGE_ERR_NO_MEMORY;
    if (kind == 0) {
        err = midge_timeout(crowd.client, more[0], 5, &id);
    } else if (kind == 1 && midge_spawn(crowd.client, task, NULL, &more[1]) == MIDGE_OK) {
        err = midge_gather(crowd.client, more, 2, MIDGE_GATHER_ALL, &id);
        (void)midge_detach(crowd.client, more[1]);
    }
    (void)midge_detach(crowd.client, err == MIDGE_OK ? id : more[0]);
    if (err == MIDGE_OK && kind == 1) {
        (void)midge_detach(crowd.client, more[0]);
    }
}

/* --- rounds --- */

static unsigned start_more(unsigned next)
{
    while (next < N) {
        uint64_t before = seed;
        int err = start(&crowd.one[next]);
        if (err == MIDGE_ERR_NO_MEMORY || err == MIDGE_ERR_NO_SLOT) {
            crowd.refused++;
            if (crowd.live > 0) {
                seed = before;
                break;
            }
            crowd.stuck++;
        }
        if (err == MIDGE_OK) {
            crowd.live++;
        }
        crowd.requests++;
        next++;
    }
    return next;
}

static bool round_of_requests(void)
{
    unsigned next = 0, turns = 0;
    while (next < N || crowd.live > 0) {
        next = start_more(next);
        if (crowd.sleeps) {
            take_memory_beside();
        }
        if (midge_poll(crowd.client, TURN_MS) < 0 || ++turns > 1000000) {
            return false;
        }
    }
    for (unsigned i = 0; i < N; i++) {
        if (crowd.one[i].id != 0 && crowd.one[i].done != 1) {
            return false;
        }
    }
    return true;
}

static int run(struct midge_config *config, unsigned rounds)
{
    struct midge_stats closed = {0};
    bool well = true;
    config->stats_at_close = &closed;
    if (midge_open(&crowd.client, config) != MIDGE_OK) {
        return 1;
    }
    for (unsigned i = 0; i < rounds && well; i++) {
        well = round_of_requests();
    }
    struct midge_stats stats;
    midge_client_stats(crowd.client, &stats);
    midge_close(crowd.client);
    unsigned long others = 0;
    for (int i = 1; i < ERRORS; i++) {
        others += i != -MIDGE_ERR_NO_MEMORY ? crowd.errors[i] : 0;
    }
    printf("{\"ended\":%s,\"requests\":%lu,\"ok\":%lu,\"no_memory\":%lu,\"others\":%lu,"
           "\"refused\":%lu,\"stuck\":%lu,\"full\":%u,\"resumed\":%u,\"peak_connections\":%u,"
           "\"block\":%zu,\"peak\":%zu,\"leaked\":%zu}\n",
           well ? "true" : "false", crowd.requests, crowd.errors[0],
           crowd.errors[-MIDGE_ERR_NO_MEMORY], others, crowd.refused, crowd.stuck,
           stats.handshakes_full, stats.handshakes_resumed, stats.peak_connections,
           stats.memory_size, stats.alloc_peak, closed.alloc_live);
    return 0;
}

int main(int argc, char **argv)
{
    struct midge_config config = {.max_awaitables = 160, .keep_alive_ms = 300};
    int at = 6, failed = 1;
    if (argc < 7 || !ca_file_read(&config.tls, argv[1]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    seed = strtoull(argv[5], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
    for (; at < argc && argv[at][0] == '+'; at++) {
        crowd.sleeps = crowd.sleeps || strcmp(argv[at], "+sleeps") == 0;
        crowd.origins = crowd.origins || strcmp(argv[at], "+origins") == 0;
        crowd.copies = crowd.copies || strcmp(argv[at], "+copies") == 0;
    }
    crowd.urls = argv + at;
    crowd.n_urls = (unsigned)(argc - at);
    config.max_connections = (uint16_t)strtoul(argv[3], NULL, 10);
    config.memory_size = midge_memory_least(&config) + strtoul(argv[2], NULL, 10);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && crowd.n_urls > 0) {
        failed = run(&config, (unsigned)strtoul(argv[4], NULL, 10));
    }
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
