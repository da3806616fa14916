/* SPDX-License-Identifier: MIT */
/*
 * A page that is asked for again and again and kept in RAM: its body is sent only if it has changed
 * (midge/conditional.h). A failure, also 404 and 503, leaves the old one.
 * tests/sim/test_conditional.c runs it.
 *
 *     struct page page = {.url = "https://example.com/settings"};
 *     page_ask(&page, client, &id);                       again when id has ended, and so on
 *     if (midge_wait(client, id, NULL) == MIDGE_OK && !page.conditional.not_modified) {
 *         use(page.text);                                 it is new
 *     }
 */
#ifndef PAGE_H
#define PAGE_H

#include <midge/midge.h>

#define PAGE_BYTES 512

struct page {
    const char *url;
    char text[PAGE_BYTES];
    struct midge_validators validators; /* of text */
    struct midge_conditional conditional;
    struct midge_buffer buffer;
    char incoming[PAGE_BYTES];
};

int page_ask(struct page *page, struct midge_client *client, midge_id *id);

#endif
