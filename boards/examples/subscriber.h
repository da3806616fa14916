/* SPDX-License-Identifier: MIT */
/*
 * A firmware's own logic around a stream of events: it prints each event, goes on after a lost
 * connection, and remembers the last id, so that a restart of the device loses nothing either.
 * tests/sim/test_subscriber.c shows how such code is tested on a desktop.
 */
#ifndef SUBSCRIBER_H
#define SUBSCRIBER_H

#include <midge/midge.h>

struct subscriber {
    struct midge_client *client;
    struct midge_request request;
    struct midge_event_source source;
    midge_id id; /* 0: it has ended */
    void (*print)(void *ctx, const char *line);
    void *ctx;
    char text[256]; /* the longest event */
};

/* Subscribes to the stream at url, which must live as long as the subscription. last_id: where an
   earlier run ended (source.sse.id), NULL: none. print gets a line for each event and each loss of
   the connection. MIDGE_OK, or an error of midge_event_source_start. */
int subscriber_start(struct subscriber *subscriber, struct midge_client *client, const char *url,
                     const char *last_id, void (*print)(void *ctx, const char *line), void *ctx);

void subscriber_stop(struct subscriber *subscriber);

#endif
