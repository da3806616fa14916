/* SPDX-License-Identifier: MIT */
/*
 * For torture.h: an event source and its server. An answer has at most two of three events, so the
 * source connects three times; the third answer is 204, which ends it. However connections break,
 * each event comes once and in order.
 */
#ifndef TORTURE_EVENTS_H
#define TORTURE_EVENTS_H

#include "sim_world.h"

enum { TORTURE_EVENTS = 3, TORTURE_EVENT_BYTES = 16 };

struct torture_events {
    struct midge_event_source source;
    struct midge_request request;
    char text[64];
    midge_id id; /* 0: it was not started */
    unsigned seen;
    bool wrong; /* an event came twice, or was lost */
    struct midge_result result;
};

static inline void torture_serve_events(void *ctx, const struct midge_sim_request *request,
                                        struct midge_sim_reply *reply)
{
    static const char events[] = "id: 1\ndata: a1\n\nid: 2\ndata: a2\n\nid: 3\ndata: a3\n\n";
    _Static_assert(sizeof events == TORTURE_EVENTS * TORTURE_EVENT_BYTES + 1, "all as long");
    const char *id = sim_field(request->head, "Last-Event-ID");
    unsigned from = id != NULL ? (unsigned)strtoul(id, NULL, 10) : 0;
    (void)ctx;
    if (from >= TORTURE_EVENTS) {
        *reply = (struct midge_sim_reply){.status = 204};
        return;
    }
    reply->headers = "Content-Type: text/event-stream\r\n";
    reply->body = events + from * TORTURE_EVENT_BYTES;
    reply->body_len = (from == 0 ? 2 : TORTURE_EVENTS - from) * TORTURE_EVENT_BYTES;
    reply->until_close = 1;
}

static inline int torture_on_event(void *ctx, const struct midge_sse_event *event)
{
    struct torture_events *e = ctx;
    e->seen++;
    e->wrong |= event->data[0] != 'a' || strtoul(event->data + 1, NULL, 10) != e->seen ||
                strtoul(event->id, NULL, 10) != e->seen;
    return MIDGE_OK;
}

/* Silence ends a connection after 60 s. It counts as a failure, as first_ms is longer: so the
   source gives up a server of which all connections are silent. */
static inline int torture_events_start(struct torture_events *e, struct midge_client *client,
                                       const char *url)
{
    e->request = (struct midge_request){.url = url};
    e->source = (struct midge_event_source){.request = &e->request,
                                            .text = e->text,
                                            .text_size = sizeof e->text,
                                            .on_event = torture_on_event,
                                            .ctx = e,
                                            .first_ms = 100000,
                                            .most_ms = 100000,
                                            .max_reconnects = 5};
    return midge_event_source_start(client, &e->source, &e->id);
}

#endif
