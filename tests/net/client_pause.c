/* SPDX-License-Identifier: MIT */
/*
 * client_pause URL OTHER_URL CA.pem PAUSE_AT
 *
 * Downloads URL with a sink that pauses once it has PAUSE_AT bytes, and says so with a JSON line;
 * then OTHER_URL, another line. It goes on polling until a byte comes on standard input, resumes,
 * and says in a last line how URL ended.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { WAIT_MS = 20 };

struct pausing {
    struct midge_sink sink;
    uint64_t len, pause_at;
    int paused;
};

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct pausing *pausing = (struct pausing *)sink;

    (void)data;
    pausing->len += len;
    if (pausing->pause_at == 0 || pausing->len < pausing->pause_at)
        return MIDGE_OK;
    pausing->pause_at = 0;
    pausing->paused = 1;
    return MIDGE_ERR_PAUSE;
}

static int sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)complete;
    return err;
}

static int get(struct midge_client *client, const char *url, struct midge_sink *sink, midge_id *id)
{
    struct midge_request request = {.url = url, .sink = sink};

    return midge_start(client, &request, id);
}

static int say(const char *what, const struct pausing *pausing, const struct midge_result *result,
               uint64_t turns, uint64_t ms)
{
    printf("{\"what\":\"%s\",\"error\":\"%s\",\"body_len\":%llu,\"sink_len\":%llu,\"turns\":%llu,"
           "\"ms\":%llu}\n",
           what, midge_err_name(result->error), (unsigned long long)result->body_len,
           (unsigned long long)pausing->len, (unsigned long long)turns, (unsigned long long)ms);
    return fflush(stdout);
}

/* Polls, with nothing to do, until a line comes on standard input. */
static void stay(struct midge_client *client, uint64_t *turns, uint64_t *ms)
{
    const struct midge_port *port = midge_client_port(client);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    uint32_t start = port->clock_ms(port->ctx);

    for (*turns = 0; poll(&input, 1, 0) == 0; ++*turns)
        if (midge_poll(client, WAIT_MS) < 0)
            break;
    *ms = (uint32_t)(port->clock_ms(port->ctx) - start);
}

static int run(struct midge_client *client, char **argv)
{
    struct pausing pausing = {.sink = {.write = sink_write, .finish = sink_finish},
                              .pause_at = strtoull(argv[4], NULL, 10)};
    struct midge_result result = {0};
    midge_id paused, other;
    uint64_t turns, ms;

    if (get(client, argv[1], &pausing.sink, &paused) != MIDGE_OK)
        return 1;
    while (!pausing.paused && midge_poll(client, -1) > 0)
        ;
    say("paused", &pausing, &result, 0, 0);
    if (get(client, argv[2], NULL, &other) != MIDGE_OK)
        return 1;
    (void)midge_wait(client, other, &result);
    say("other", &pausing, &result, 0, 0);
    stay(client, &turns, &ms);
    midge_resume(client, paused);
    (void)midge_wait(client, paused, &result);
    say("ended", &pausing, &result, turns, ms);
    return 0;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {0};
    int failed = 1;

    if (argc != 5 || !ca_file_read(&config.tls, argv[3]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK)
        return 2;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && midge_open(&client, &config) == MIDGE_OK)
        failed = run(client, argv);
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
