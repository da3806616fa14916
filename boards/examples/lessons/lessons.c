/* SPDX-License-Identifier: MIT */
/* lessons NAME [API [MODEL]]: runs one lesson on the desktop, as lessons.py does. */
#include "lessons.h"

#include <midge/port_posix.h>
#include <stdlib.h>
#include <string.h>

#define TASKS 16 /* of one gather */

/* The API that each asks if none is named, and the model. */
static const struct {
    const char *name, *api, *model;
    lesson_fn *run;
} lessons[] = {
    {"posts", "https://jsonplaceholder.typicode.com", "", lesson_posts},
    {"itunes", "https://itunes.apple.com", "", lesson_itunes},
    {"images", "https://api.openai.com", "gpt-image-1", lesson_images},
    {"tour", "https://jsonplaceholder.typicode.com", "", lesson_tour},
    {"chat", "https://api.openai.com", "gpt-4o-mini", lesson_chat},
};

void lesson_gather(struct midge_client *client, midge_task_fn fn, void *states, size_t size,
                   size_t n)
{
    midge_id ids[TASKS], all;
    size_t spawned = 0;
    int err = MIDGE_OK;
    while (spawned < n && spawned < TASKS && err == MIDGE_OK) {
        err = midge_spawn(client, fn, (char *)states + spawned * size, &ids[spawned]);
        spawned += err == MIDGE_OK;
    }
    if (spawned > 0 && midge_gather(client, ids, spawned, MIDGE_GATHER_ALL, &all) == MIDGE_OK) {
        (void)midge_wait(client, all, NULL);
    }
    for (size_t i = 0; i < spawned; i++) {
        (void)midge_wait(client, ids[i], NULL); /* takes its result: the slot is free again */
    }
}

int lesson_raise(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    return response->status < 400 ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS;
}

const char *lesson_why(int err, const char *why)
{
    return why[0] != '\0' ? why : midge_err_text(err);
}

double lesson_seconds(const struct midge_client *client, uint64_t began_ms)
{
    return (double)(midge_now_ms(client) - began_ms) / 1000;
}

static int run(struct midge_config *config, lesson_fn *lesson, const struct lesson_api *api)
{
    struct midge_client *client;
    config->memory_size = midge_memory_needed(config);
    config->memory = malloc(config->memory_size);
    int err = config->memory != NULL ? midge_open(&client, config) : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        fprintf(stderr, "lessons: %s\n", midge_err_text(err));
    } else {
        err = lesson(client, api);
        midge_close(client);
    }
    free(config->memory);
    return err;
}

int main(int argc, char **argv)
{
    size_t i = 0;
    while (i < sizeof lessons / sizeof lessons[0] &&
           (argc < 2 || strcmp(argv[1], lessons[i].name) != 0)) {
        i++;
    }
    if (i == sizeof lessons / sizeof lessons[0]) {
        fprintf(stderr, "lessons posts|itunes|images|tour|chat [API [MODEL]]\n");
        return 2;
    }
    struct midge_config config = {.base_url = argc > 2 ? argv[2] : lessons[i].api,
                                  .max_connections = 8};
    struct lesson_api api = {.key = getenv("OPENAI_API_KEY"),
                             .model = argc > 3 ? argv[3] : lessons[i].model};
    api.key = api.key != NULL ? api.key : "";
    void *roots = NULL;
    int err = midge_posix_open(&config.port, 0);
    if (err == MIDGE_OK) {
        (void)midge_posix_system_roots(&roots, &config.tls.ca_len, NULL); /* SSL_CERT_FILE */
        config.tls.ca = roots;
        err = run(&config, lessons[i].run, &api);
        free(roots);
        midge_posix_close(config.port);
    }
    return err != 0;
}
