/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* Before midge_open: all events go into a ring in block. NULL: it is too small. */
struct midge_event_log *log_begin(struct midge_config *config, void *block, size_t size)
{
    struct midge_event_log *log = midge_event_log_init(block, size, config->port);
    config->on_event = midge_event_log_add;
    config->event_ctx = log;
    return log;
}

/* For a file that `midge log FILE` prints; returns its length, 0: cap is too small. */
size_t log_save(const struct midge_event_log *log, void *to, size_t cap)
{
    return midge_event_log_copy(log, to, cap);
}

/* config.on_event: the name of the last event that has ended something, in ctx, 16 bytes. */
void log_print(void *ctx, const struct midge_event *event, const struct midge_event_about *about)
{
    (void)about;
    if (event->kind == MIDGE_EVENT_ENDED || event->kind == MIDGE_EVENT_CLOSED) {
        (void)strncpy((char *)ctx, midge_event_name(event->kind), 15);
    }
}

/* The same POST three times, parsed once, with another body each time. */
int report_thrice(struct midge_client *client, const char *url)
{
    struct midge_request post = {.url = url, .body = "", .content_type = "text/plain"};
    static const char *const texts[] = {"one", "two", "three"};
    struct midge_prepared *report;
    midge_id id;
    int i, err = midge_prepare(client, &post, &report);
    if (err != MIDGE_OK) {
        return err;
    }
    for (i = 0; i < 3 && err == MIDGE_OK; i++) {
        err = midge_start_prepared(client, report, texts[i], strlen(texts[i]), &id);
        if (err == MIDGE_OK) {
            err = midge_wait(client, id, NULL);
        }
    }
    midge_prepared_free(client, report);
    return err;
}

/* A stream of events that is connected again by hand; midge/event_source.h does it by itself. */
void stream_again(struct midge_sse *sse)
{
    midge_sse_again(sse); /* then a request with the header Last-Event-ID: sse->id */
}
