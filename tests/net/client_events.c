/* SPDX-License-Identifier: MIT */
/*
 * client_events URL CA.pem SILENCE_MS MAX_RECONNECTS
 *
 * An event source; a JSON line for each event, each change of its state, and its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    (void)ctx;
    (void)printf("{\"event\":\"%s\",\"id\":\"%s\",\"data\":\"", event->type, event->id);
    for (size_t i = 0; i < event->data_len; i++) {
        if (event->data[i] == '\n') {
            (void)printf("\\n");
        } else {
            (void)putchar(event->data[i]);
        }
    }
    (void)puts("\"}");
    return MIDGE_OK;
}

static void on_state(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last)
{
    static const char *const names[] = {"connecting", "open", "waiting"};
    const struct midge_event_source *source = ctx;
    (void)printf("{\"state\":\"%s\",\"error\":\"%s\",\"wait_ms\":%u}\n", names[state],
                 last != NULL ? midge_err_name(last->error) : "", (unsigned)source->wait_ms);
}

static int run(struct midge_client *client, char **argv)
{
    char text[256];
    const struct midge_request request = {
        .url = argv[1], .timeouts = {.idle_ms = (uint32_t)strtoul(argv[3], NULL, 10)}};
    struct midge_event_source source = {.request = &request,
                                        .text = text,
                                        .text_size = sizeof text,
                                        .on_event = on_event,
                                        .on_state = on_state,
                                        .ctx = &source,
                                        .first_ms = 1,
                                        .most_ms = 20,
                                        .max_reconnects = (uint16_t)strtoul(argv[4], NULL, 10)};
    struct midge_result result;
    midge_id id;
    int err = midge_event_source_start(client, &source, &id);
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, &result);
        (void)printf("{\"end\":\"%s\",\"status\":%u,\"connects\":%u,\"last_id\":\"%s\"}\n",
                     midge_err_name(err), result.status, (unsigned)source.connects, source.sse.id);
        err = MIDGE_OK;
    }
    return err != MIDGE_OK;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {0};
    int failed = 1;
    if (argc != 5 || !ca_file_read(&config.tls, argv[2]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && midge_open(&client, &config) == MIDGE_OK) {
        failed = run(client, argv);
    }
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
