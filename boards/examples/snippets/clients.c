/* SPDX-License-Identifier: MIT */
#include <midge/port_posix.h>
#include <string.h>

#include "snippets.h"

/* A client on Linux that trusts what the system trusts. block NULL: *size is only computed. *roots:
   give it to free() after this call, in any case. */
int client_open(struct midge_client **client, struct midge_port *port, void *block, size_t *size,
                void **roots)
{
    struct midge_config config;
    int err;
    memset(&config, 0, sizeof config);
    config.port = port;
    config.max_connections = 4;
    err = midge_posix_system_roots(roots, &config.tls.ca_len, NULL);
    if (err != MIDGE_OK) {
        return err;
    }
    config.tls.ca = *roots;
    if (!block) {
        *size = midge_memory_needed(&config);
        return MIDGE_OK;
    }
    config.memory = block;
    config.memory_size = *size;
    return midge_open(client, &config);
}

/* "mbedTLS 3.6.7, full": for the firmware's page about itself. */
void client_about(char *text, size_t cap)
{
    (void)strncpy(text, midge_tls_library(), cap - 1);
    text[cap - 1] = '\0';
    (void)strncat(text, ", ", cap - 1 - strlen(text));
    (void)strncat(text, midge_tls_profile(), cap - 1 - strlen(text));
}

static void keep_largest(void *ctx, const struct midge_ledger_line *line)
{
    struct midge_ledger_line *largest = (struct midge_ledger_line *)ctx;
    if (line->depth == 0 && line->count * line->each > largest->count * largest->each) {
        *largest = *line;
    }
}

/* The largest part of the memory that a client needs. Returns its bytes. */
size_t client_largest_part(const struct midge_config *config, const char **name)
{
    struct midge_ledger_line largest;
    memset(&largest, 0, sizeof largest);
    (void)midge_memory_ledger(config, keep_largest, &largest);
    *name = largest.name;
    return largest.count * largest.each;
}

/* Bytes of the block that connections have now, TLS included. */
size_t client_connections_use(const struct midge_client *client)
{
    struct midge_memory_use use = {0, 0};
    size_t sum = 0;
    unsigned owner;
    for (owner = 1; owner < midge_memory_of(client, owner, &use); owner++) {
        sum += use.small + use.records; /* owner 0 is the client */
    }
    return sum;
}
