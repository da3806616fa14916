/* SPDX-License-Identifier: MIT */
/*
 * A device on the firmware's own mbedTLS: SHA-256, and with arguments URL CA-FILE a request, a
 * sleep for which its sessions are sealed, and the request again. Where mbedTLS has tickets
 * (RESUMED=1), the second handshake is a resumed one. Exit 0 when all went right.
 */
#include <midge/hash.h>
#include <midge/midge.h>
#include <midge/port_posix.h>
#include <midge/sessions.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char ca[1 << 20];
static size_t ca_len;
static uint8_t block[65536];
static size_t block_len;

static int device_key(void *ctx, uint8_t key[32])
{
    (void)ctx;
    memset(key, 7, 32); /* a test's */
    return MIDGE_OK;
}

/* FIPS 180-4's first example. */
static int hashes(void)
{
    static const uint8_t expected[4] = {0xba, 0x78, 0x16, 0xbf};
    uint8_t digest[32];
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, "a", 1);
    midge_sha256_update(&hash, "bc", 2);
    midge_sha256_final(&hash, digest);
    return memcmp(digest, expected, sizeof expected) == 0;
}

/* One request of a device that has slept, and sleeps again. */
static int wake(struct midge_port *port, const char *url, struct midge_result *result)
{
    struct midge_config config = {.port = port, .max_connections = 1};
    struct midge_request request = {.url = url};
    struct midge_client *client = NULL;
    midge_id id;
    config.tls.ca = ca;
    config.tls.ca_len = ca_len;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK && block_len > 0) {
        err = midge_sessions_import(client, block, block_len);
    }
    if (err == MIDGE_OK) {
        err = midge_start(client, &request, &id);
    }
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, result);
    }
    if (err == MIDGE_OK) {
        err = midge_sessions_export(client, block, sizeof block, &block_len);
    }
    midge_close(client);
    free(config.memory);
    printf("%s: %s, HTTP status %d, TLS %d, %s\n", midge_tls_library(), midge_err_text(err),
           result->status, result->tls_version, result->resumed ? "resumed" : "full handshake");
    return err == MIDGE_OK && result->status == 200;
}

static int read_ca(const char *name)
{
    FILE *file = fopen(name, "rb");
    ca_len = file != NULL ? fread(ca, 1, sizeof ca, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    return ca_len > 0;
}

int main(int argc, char **argv)
{
    struct midge_port *port;
    struct midge_result first = {0}, second = {0};
    if (!hashes()) {
        fprintf(stderr, "consumer: SHA-256 is wrong\n");
        return 1;
    }
    if (argc <= 2) {
        return 0;
    }
    if (!read_ca(argv[2]) || midge_posix_open(&port, 0) != MIDGE_OK) {
        return 1;
    }
    port->device_key = device_key;
    int good = wake(port, argv[1], &first) && wake(port, argv[1], &second) && !first.resumed &&
               second.resumed == RESUMED;
    midge_posix_close(port);
    return good ? 0 : 1;
}
