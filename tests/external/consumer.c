/* SPDX-License-Identifier: MIT */
/*
 * The program of a user who installed midge: opens a client, and with arguments URL CA-FILE fetches
 * the URL and says how it went. Exit 0 when all went right.
 */
#include <midge/midge.h>
#include <midge/port_posix.h>

#include <stdio.h>
#include <stdlib.h>

static char ca[1 << 20];

#ifdef MIDGE_ASSERT_FAILED /* subdirectory/CMakeLists.txt */
void MIDGE_ASSERT_FAILED(void);
void MIDGE_ASSERT_FAILED(void)
{
    abort();
}

_Static_assert(MIDGE_MAX_CONNECTIONS == 3, "the build's own limit");
#endif

int main(int argc, char **argv)
{
    struct midge_port *port;
    struct midge_client *client;
    struct midge_config config = {0};
    struct midge_request request = {0};
    struct midge_result result = {0};
    midge_id id;
    int err;

    if (argc > 2) {
        FILE *file = fopen(argv[2], "rb");
        if (!file)
            return 1;
        config.tls.ca = ca;
        config.tls.ca_len = fread(ca, 1, sizeof ca, file);
        fclose(file);
    } else {
        config.tls.dangerously_skip_verification = 1;
    }
    err = midge_posix_open(&port, 0);
    if (err == MIDGE_OK) {
        config.port = port;
        config.max_connections = 1;
        config.memory_size = midge_memory_needed(&config);
        config.memory = malloc(config.memory_size);
        err = midge_open(&client, &config);
    }
    if (err != MIDGE_OK) {
        fprintf(stderr, "consumer: %s\n", midge_err_text(err));
        return 1;
    }
    if (argc > 2) {
        request.url = argv[1];
        err = midge_start(client, &request, &id);
        if (err == MIDGE_OK)
            err = midge_wait(client, id, &result);
    }
    midge_close(client);
    midge_posix_close(port);
    free(config.memory);
    printf("midge %s on %s, profile %s: %s, HTTP status %d, TLS %d\n", MIDGE_VERSION,
           midge_tls_library(), midge_tls_profile(), midge_err_text(err), result.status,
           result.tls_version);
    return err == MIDGE_OK && (argc <= 2 || result.status == 200) ? 0 : 1;
}
