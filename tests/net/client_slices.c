/* SPDX-License-Identifier: MIT */
/*
 * client_slices URL CA.pem SLICE
 *
 * One file in slices of that many bytes (0: in one answer). Prints its result as one JSON line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { BODY = 2 << 20 };

static int fetch(struct midge_client *client, const char *url, uint32_t slice)
{
    struct midge_sha256 hash;
    struct midge_blob body;
    midge_blob_init(&body, client, BODY);
    const struct midge_request request = {.url = url, .sink = &body.sink};
    struct midge_slices slices = {.request = &request, .slice = slice};
    struct midge_result result;
    uint8_t digest[32];
    midge_id id;
    int err =
        slice > 0 ? midge_slices_start(client, &slices, &id) : midge_start(client, &request, &id);
    if (err != MIDGE_OK) {
        return err;
    }
    (void)midge_wait(client, id, &result);
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, body.data, body.len);
    midge_sha256_final(&hash, digest);
    printf("{\"error\":\"%s\",\"status\":%d,\"len\":%zu,\"requests\":%u,\"connection\":%u,"
           "\"sha256\":\"",
           midge_err_name(result.error), result.status, body.len, (unsigned)slices.requests,
           (unsigned)result.connection);
    for (size_t i = 0; i < sizeof digest; i++) {
        printf("%02x", digest[i]);
    }
    puts("\"}");
    midge_blob_free(&body);
    return MIDGE_OK;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {0};
    int err = MIDGE_ERR_INVALID;

    if (argc != 4 || !ca_file_read(&config.tls, argv[2]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    config.memory_size = midge_memory_needed(&config) + 3 * BODY;
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL) {
        err = midge_open(&client, &config);
    }
    if (err == MIDGE_OK) {
        err = fetch(client, argv[1], (uint32_t)strtoul(argv[3], NULL, 10));
    }
    if (err != MIDGE_OK) {
        fprintf(stderr, "client_slices: %s\n", midge_err_text(err));
    }
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return err == MIDGE_OK ? 0 : 1;
}
