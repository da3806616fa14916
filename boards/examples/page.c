/* SPDX-License-Identifier: MIT */
/* A redirect leads to another URL, whose validators are not those of the page. */
#include "page.h"

#include <string.h>

static int load(void *ctx, const char *url, struct midge_validators *validators)
{
    const struct page *page = ctx;
    if (strcmp(url, page->url) == 0) {
        *validators = page->validators;
    }
    return MIDGE_OK;
}

static int store(void *ctx, const char *url, const struct midge_validators *validators)
{
    struct page *page = ctx;
    memcpy(page->text, page->incoming, sizeof page->text);
    page->validators =
        strcmp(url, page->url) == 0 ? *validators : (struct midge_validators){.etag = ""};
    return MIDGE_OK;
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    return response->status >= 400 ? MIDGE_ERR_HTTP_STATUS : MIDGE_OK;
}

int page_ask(struct page *page, struct midge_client *client, midge_id *id)
{
    const struct midge_request request = {.url = page->url,
                                          .sink = &page->conditional.sink,
                                          .hooks = &page->conditional.hook,
                                          .on_response = on_response,
                                          .max_redirects = 3};
    page->incoming[0] = '\0';
    midge_buffer_init(&page->buffer, page->incoming, sizeof page->incoming);
    midge_conditional_init(&page->conditional, &page->buffer.sink);
    page->conditional.load = load, page->conditional.store = store;
    page->conditional.ctx = page;
    return midge_start(client, &request, id);
}
