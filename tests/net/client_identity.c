/* SPDX-License-Identifier: MIT */
/*
 * client_identity URL CA.pem LETTERS...
 *
 * Requests of one client to one URL. Each argument is a round, whose requests start together:
 * v verified, k not verified; upper case on a connection of its own (a session may still serve).
 * One JSON line for each request.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { MOST = 16 };

static void print(char letter, const struct midge_result *result)
{
    printf("{\"letter\":\"%c\",\"error\":\"%s\",\"status\":%d,\"reused\":%d,\"resumed\":%d,"
           "\"connection\":%u,\"verify_flags\":%u}\n",
           letter, midge_err_name(result->error), result->status, result->reused, result->resumed,
           (unsigned)result->connection, (unsigned)result->verify_flags);
}

static int run_round(struct midge_client *client, const char *url, const char *letters)
{
    midge_id ids[MOST];
    size_t n = 0;

    for (; letters[n] != '\0' && n < MOST; n++) {
        struct midge_request request = {
            .url = url,
            .dangerously_skip_verification = tolower((unsigned char)letters[n]) == 'k',
            .no_reuse = isupper((unsigned char)letters[n]) != 0,
        };
        int err = midge_start(client, &request, &ids[n]);

        if (err != MIDGE_OK)
            return err;
    }
    for (size_t i = 0; i < n; i++) {
        struct midge_result result;

        (void)midge_wait(client, ids[i], &result);
        print(letters[i], &result);
    }
    return MIDGE_OK;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {.max_per_origin = MOST};
    int err = MIDGE_ERR_INVALID;

    if (argc < 4 || !ca_file_read(&config.tls, argv[2]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK)
        return 2;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL)
        err = midge_open(&client, &config);
    for (int i = 3; i < argc && err == MIDGE_OK; i++)
        err = run_round(client, argv[1], argv[i]);
    if (err != MIDGE_OK)
        fprintf(stderr, "client_identity: %s\n", midge_err_text(err));
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return err == MIDGE_OK ? 0 : 1;
}
