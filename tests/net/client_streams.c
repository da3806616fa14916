/* SPDX-License-Identifier: MIT */
/*
 * client_streams URL COUNT CA.pem [without]
 *
 * COUNT GETs of URL at once by HTTP/2. The first one's sink pauses at its first bytes; the second
 * one is cancelled there. The first one goes on once all others have ended. without: these two are
 * not started. A JSON line for each, in the order of their ends; fnv: FNV-1a, 32 bits, of the body;
 * ms: since the first one was started.
 */
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { MOST = 100 };

struct body {
    struct midge_sink sink;
    midge_id id;
    unsigned long long len;
    uint32_t fnv;
    int index, pauses; /* at its next bytes */
};

static uint64_t began_ms;

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct body *body = (struct body *)sink;
    for (size_t i = 0; i < len; i++) {
        body->fnv = (body->fnv ^ data[i]) * 16777619U;
    }
    body->len += len;
    if (body->pauses) {
        body->pauses = 0;
        return MIDGE_ERR_PAUSE;
    }
    return MIDGE_OK;
}

static int start(struct midge_client *client, const char *url, struct body *body, int index)
{
    const struct midge_request request = {.url = url, .sink = &body->sink, .http = MIDGE_HTTP_2};
    body->sink.write = sink_write;
    body->index = index;
    body->pauses = index == 0;
    body->fnv = 2166136261U;
    return midge_start(client, &request, &body->id);
}

static void end(struct midge_client *client, const struct body *body)
{
    struct midge_result result = {0};
    (void)midge_wait(client, body->id, &result);
    printf("{\"index\":%d,\"error\":\"%s\",\"len\":%llu,\"fnv\":%lu,\"connection\":%lu,"
           "\"stream_id\":%lu,\"ms\":%lu}\n",
           body->index, result.error == MIDGE_OK ? "" : midge_err_name(result.error), body->len,
           (unsigned long)body->fnv, (unsigned long)result.connection,
           (unsigned long)result.stream_id, (unsigned long)(midge_now_ms(client) - began_ms));
}

static struct body bodies[MOST];

static int start_all(struct midge_client *client, const char *url, int from, int count)
{
    began_ms = midge_now_ms(client);
    for (int i = from; i < count; i++) {
        if (start(client, url, &bodies[i], i) != MIDGE_OK) {
            return 1;
        }
    }
    return 0;
}

static int run_without(struct midge_client *client, const char *url, int count)
{
    int failed = start_all(client, url, 2, count);
    for (int i = 2; i < count && !failed; i++) {
        end(client, &bodies[i]);
    }
    return failed;
}

static int run(struct midge_client *client, const char *url, int count)
{
    if (start_all(client, url, 0, count) != 0) {
        return 1;
    }
    while (bodies[1].len == 0 && midge_poll(client, -1) > 0) {
    }
    (void)midge_cancel(client, bodies[1].id);
    for (int i = 1; i < count; i++) {
        end(client, &bodies[i]);
    }
    while (bodies[0].len == 0 && midge_poll(client, -1) > 0) {
    }
    midge_resume(client, bodies[0].id);
    end(client, &bodies[0]);
    return 0;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {.http = MIDGE_HTTP_2, .max_awaitables = MOST};
    const int count = argc == 4 || argc == 5 ? (int)strtol(argv[2], NULL, 10) : 0;
    int failed = 1;

    if (count < 2 || count > MOST || !ca_file_read(&config.tls, argv[3]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && midge_open(&client, &config) == MIDGE_OK) {
        failed = argc == 5 ? run_without(client, argv[1], count) : run(client, argv[1], count);
    }
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
