/* SPDX-License-Identifier: MIT */
/*
 * The event source does the work: this file says where to connect, what to do with an event, and
 * what to tell the user. The server sends a comment each 15 seconds; after a minute without a byte
 * the connection counts as lost.
 */
#include "subscriber.h"

enum { SILENCE_MS = 60000 };

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct subscriber *subscriber = ctx;
    subscriber->print(subscriber->ctx, event->data);
    return MIDGE_OK;
}

static void on_state(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last)
{
    struct subscriber *subscriber = ctx;
    if (state == MIDGE_EVENT_SOURCE_WAITING) {
        char line[80];
        (void)midge_result_text(last, line, sizeof line);
        subscriber->print(subscriber->ctx, line);
    }
}

static void on_end(void *ctx, midge_id id, const struct midge_result *result)
{
    struct subscriber *subscriber = ctx;
    char line[80] = "the stream is over";
    if (result->error != MIDGE_OK) {
        (void)midge_result_text(result, line, sizeof line);
    }
    (void)midge_detach(subscriber->client, id);
    subscriber->id = 0;
    subscriber->print(subscriber->ctx, line);
}

int subscriber_start(struct subscriber *subscriber, struct midge_client *client, const char *url,
                     const char *last_id, void (*print)(void *ctx, const char *line), void *ctx)
{
    *subscriber = (struct subscriber){.client = client, .print = print, .ctx = ctx};
    subscriber->request = (struct midge_request){.url = url, .timeouts = {.idle_ms = SILENCE_MS}};
    subscriber->source = (struct midge_event_source){.request = &subscriber->request,
                                                     .text = subscriber->text,
                                                     .text_size = sizeof subscriber->text,
                                                     .on_event = on_event,
                                                     .on_state = on_state,
                                                     .ctx = subscriber,
                                                     .last_id = last_id};
    int err = midge_event_source_start(client, &subscriber->source, &subscriber->id);
    return err == MIDGE_OK ? midge_watch(client, subscriber->id, on_end, subscriber) : err;
}

void subscriber_stop(struct subscriber *subscriber)
{
    (void)midge_cancel(subscriber->client, subscriber->id);
}
