/* SPDX-License-Identifier: MIT */
/*
 * lwip_superloop-PORT CA.pem DNS_PORT URL...
 *
 * boards/examples/superloop.c on the desktop: its report as a line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>

#include "examples/superloop.h"
#include "../ca_file.h"
#include "machine.h"

static unsigned long blinks;
static int lit;

static void led(int on)
{
    blinks += on != lit;
    lit = on;
}

static int run(struct midge_config *config, char **urls, size_t n)
{
    struct superloop_report report = {0};
    struct midge_request *requests = calloc(n, sizeof *requests);
    struct midge_client *client = NULL;
    int err;

    for (size_t i = 0; requests != NULL && i < n; i++)
        requests[i].url = urls[i];

    config->memory_size = midge_memory_needed(config);
    config->memory = malloc(config->memory_size);
    err = config->memory == NULL || requests == NULL ? MIDGE_ERR_NO_MEMORY
                                                     : midge_open(&client, config);
    if (err == MIDGE_OK)
        err = superloop(client, requests, n, led, &report);
    midge_close(client);
    free(config->memory);
    free(requests);
    printf("{\"error\":\"%s\",\"ended\":%zu,\"failed\":%zu,\"laps\":%lu,\"blinks\":%lu,"
           "\"longest_us\":%u}\n",
           midge_err_name(err), report.ended, report.failed, report.laps, blinks,
           report.longest_us);
    return err == MIDGE_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct midge_port port;
    struct midge_config config = {.port = &port, .max_connections = 8};
    int failed;

    if (argc <= 3 || !ca_file_read(&config.tls, argv[1]))
        return 2;
    machine_open(&port, (unsigned short)strtoul(argv[2], NULL, 10));
    machine_attach(&port);
    failed = run(&config, argv + 3, (size_t)argc - 3);
    machine_detach(&port);
    machine_close();
    ca_file_free(&config.tls);
    return failed;
}
