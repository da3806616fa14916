/* SPDX-License-Identifier: MIT */
/* A program on port/bsd: opens a client, and with arguments URL CA-FILE fetches the URL. Exit 0
   when all went right. */
#include <midge/midge.h>
#include <midge/port_bsd.h>

#include <stdio.h>
#include <stdlib.h>

static char ca[1 << 16];
static max_align_t port_memory[1024 / sizeof(max_align_t) * 4];

static int read_ca(struct midge_config *config, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return MIDGE_ERR_READ;
    }
    config->tls.ca = ca;
    config->tls.ca_len = fread(ca, 1, sizeof ca, file);
    (void)fclose(file);
    return MIDGE_OK;
}

static int fetch(struct midge_config *config, const char *url, struct midge_result *result)
{
    const struct midge_request request = {.url = url};
    struct midge_client *client;
    midge_id id;
    int err;

    config->memory_size = midge_memory_needed(config);
    config->memory = malloc(config->memory_size);
    err = midge_open(&client, config);
    if (err == MIDGE_OK && url != NULL) {
        err = midge_start(client, &request, &id);
        if (err == MIDGE_OK) {
            err = midge_wait(client, id, result);
        }
    }
    midge_close(client);
    free(config->memory);
    return err;
}

int main(int argc, char **argv)
{
    const struct midge_bsd_config on = {
        .max_socks = 4, .memory = port_memory, .memory_size = sizeof port_memory};
    struct midge_port port = {.ctx = NULL};
    struct midge_config config = {.port = &port, .max_connections = 4};
    struct midge_result result = {.status = 0};
    int err = MIDGE_OK;

    config.tls.dangerously_skip_verification = argc < 3;
    if (argc > 2) {
        err = read_ca(&config, argv[2]);
    }
    if (err == MIDGE_OK) {
        err = midge_bsd_attach(&port, &on);
    }
    if (err == MIDGE_OK) {
        err = fetch(&config, argc > 2 ? argv[1] : NULL, &result);
        midge_bsd_detach(&port);
    }
    printf("consumer-bsd: %s, HTTP status %d, %u bytes for the port\n", midge_err_text(err),
           result.status, (unsigned)midge_bsd_needed(&on));
    return err == MIDGE_OK && (argc < 3 || result.status == 200) ? 0 : 1;
}
