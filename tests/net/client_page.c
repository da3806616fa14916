/* SPDX-License-Identifier: MIT */
/*
 * client_page CA.pem URL
 *
 * Asks for a page each time a byte comes on standard input (boards/examples/page.c); a JSON line
 * for each answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"
#include "examples/page.h"

static int ask(struct midge_client *client, struct page *page)
{
    struct midge_result result = {0};
    midge_id id;
    int err = page_ask(page, client, &id);
    if (err != MIDGE_OK) {
        return err;
    }
    (void)midge_wait(client, id, &result);
    printf("{\"error\":\"%s\",\"status\":%d,\"not_modified\":%d,\"hex\":\"",
           midge_err_name(result.error), result.status, page->conditional.not_modified);
    for (const char *at = page->text; *at != '\0'; at++) {
        printf("%02x", (unsigned char)*at);
    }
    printf("\"}\n");
    return fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct page page;
    struct midge_client *client = NULL;
    struct midge_config config = {0};
    int err = MIDGE_ERR_INVALID;

    if (argc != 3 || !ca_file_read(&config.tls, argv[1]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK) {
        return 2;
    }
    page.url = argv[2];
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL) {
        err = midge_open(&client, &config);
    }
    while (err == MIDGE_OK && getchar() != EOF) {
        err = ask(client, &page);
    }
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return err != MIDGE_OK;
}
