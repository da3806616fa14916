/* SPDX-License-Identifier: MIT */
#include <midge/midge.h>
#include <midge/port_posix.h>
#include <stdio.h>
#include <stdlib.h>

static void on_done(void *ctx, const struct midge_result *result)
{
    char why[200]; /* "404 Client Error: Not Found for url: ...", or what failed and where */
    bool ok = midge_raise_for_status(result, why, sizeof why) == MIDGE_OK;
    printf("%s: %s\n", result->url, ok ? (const char *)ctx : why);
}

int main(int argc, char **argv)
{
    /* 1 MB, from which midge and TLS take all their memory */
    static max_align_t memory[(1 << 20) / sizeof(max_align_t)];
    static char text[8][4096];
    struct midge_buffer bodies[8];
    struct midge_config config = {.memory = memory, .memory_size = sizeof memory};
    struct midge_client *client = NULL;
    void *roots = NULL;
    const char *place = NULL; /* of the roots: the system's, or SSL_CERT_FILE */
    int err = midge_posix_open(&config.port, 0);
    err = err < 0 ? err : midge_posix_system_roots(&roots, &config.tls.ca_len, &place);
    config.tls.ca = roots;
    err = err < 0 ? err : midge_open(&client, &config);
    free(roots);
    if (err != MIDGE_OK) {
        fprintf(stderr, "%s (roots: %s)\n", midge_err_text(err), place != NULL ? place : "none");
        midge_posix_close(config.port);
        return 1;
    }
    for (int i = 1; i < argc && i <= 8; i++) {
        midge_buffer_init(&bodies[i - 1], text[i - 1], sizeof text[0]);
        struct midge_request get = {.url = argv[i], .sink = &bodies[i - 1].sink};
        get.ctx = text[i - 1];
        get.on_done = on_done;
        err = midge_start(client, &get, NULL); /* returns at once */
        if (err != MIDGE_OK) {
            printf("%s: %s\n", argv[i], midge_err_text(err));
        }
    }
    while (midge_poll(client, -1) > 0) { /* a superloop: 0 in place of -1, once a round */
    }
    midge_close(client);
    midge_posix_close(config.port);
    return 0;
}
