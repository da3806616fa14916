/* SPDX-License-Identifier: MIT */
/*
 * client_identity URL CA.pem [PIN] LETTERS...
 *
 * Requests of one client to one URL. Each argument is a round, whose requests start together:
 * v verified, k not verified, p pinned (PIN, 64 hexadecimal digits), o by that pin only, w and x
 * the same with another pin; upper case on a connection of its own (a session may still serve). One
 * JSON line for each request.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { MOST = 16 };

static struct midge_pin keys[2] = {{.sha256 = {0}}, {.sha256 = {1}}};
static const struct midge_pins right = {&keys[0], 1, MIDGE_PIN_LEAF};
static const struct midge_pins right_only = {&keys[0], 1, MIDGE_PIN_ONLY};
static const struct midge_pins wrong = {&keys[1], 1, MIDGE_PIN_LEAF};
static const struct midge_pins wrong_only = {&keys[1], 1, MIDGE_PIN_ONLY};

static const struct midge_pins *pins_of(char letter)
{
    switch (tolower((unsigned char)letter)) {
    case 'p':
        return &right;
    case 'o':
        return &right_only;
    case 'w':
        return &wrong;
    case 'x':
        return &wrong_only;
    default:
        return NULL;
    }
}

/* False: it is no pin. */
static int take_pin(const char *text)
{
    unsigned byte;

    if (strlen(text) != 2 * sizeof keys[0].sha256)
        return 0;
    for (size_t i = 0; i < sizeof keys[0].sha256; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return 0;
        keys[0].sha256[i] = (uint8_t)byte;
    }
    return 1;
}

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
            .pins = pins_of(letters[n]),
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
    for (int i = 3; i < argc && err == MIDGE_OK; i++) {
        if (i > 3 || !take_pin(argv[i]))
            err = run_round(client, argv[1], argv[i]);
    }
    if (err != MIDGE_OK)
        fprintf(stderr, "client_identity: %s\n", midge_err_text(err));
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return err == MIDGE_OK ? 0 : 1;
}
