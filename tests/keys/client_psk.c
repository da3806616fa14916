/* SPDX-License-Identifier: MIT */
/* Asks a URL with a pre-shared key: client_psk URL IDENTITY KEY. Prints the error's name,
   the status, the TLS version, the cipher and the detail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>
#include <midge/port_posix.h>

static void on_done(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    (void)printf("%s %d %d %s: %s\n",
                 result->error != MIDGE_OK ? midge_err_name(result->error) : "OK", result->status,
                 result->tls_version, result->cipher, result->detail);
}

int main(int argc, char **argv)
{
    struct midge_port *port;
    struct midge_client *client;
    if (argc < 4 || midge_posix_open(&port, 0) != MIDGE_OK) {
        return 2;
    }
    const struct midge_psk psk = {argv[3], strlen(argv[3]), argv[2], strlen(argv[2])};
    struct midge_config config = {.port = port, .max_connections = 1, .tls = {.psk = &psk}};
    const struct midge_request request = {.url = argv[1], .on_done = on_done};
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (midge_open(&client, &config) != MIDGE_OK ||
        midge_start(client, &request, NULL) != MIDGE_OK) {
        return 1;
    }
    while (midge_poll(client, -1) > 0) {
    }
    midge_close(client);
    free(config.memory);
    midge_posix_close(port);
    return 0;
}
