/* SPDX-License-Identifier: MIT */
/*
 * A stream of numbered events, its server, which honours Last-Event-ID, and an event source that
 * expects each event once and in order.
 */
#ifndef EVENT_WORLD_H
#define EVENT_WORLD_H

#include "sim_world.h"

#define URL         "http://a.test/events"
#define STREAM      "Content-Type: text/event-stream\r\n"
#define EVENTS_MOST 10000

static struct sim_world w;
static struct midge_sim_host *host;

/* --- the server --- */

static struct {
    unsigned events;      /* that it has; after the last one it answers 204 */
    unsigned most;        /* of one answer; 0: no limit */
    unsigned connections; /* the first one is number 1 */
    unsigned cut_first;   /* connections that end as `end` says, after cut_at bytes */
    enum midge_sim_end end;
    uint64_t cut_at;
    uint32_t chunk;         /* 0: until the connection ends */
    char last_id[80];       /* of the last request */
    char head[600];         /* the last request's */
    uint64_t asked_at[300]; /* the first connections, ms */
    char text[EVENTS_MOST * 48];
    size_t at[EVENTS_MOST + 1]; /* where event i + 1 begins */
} server;

/* All line ends, and fields in any order. */
static void server_events(unsigned n)
{
    static const char *const forms[] = {
        "id: %u\ndata: a%u\n\n",
        ":keep alive\r\n\r\nid:%u\r\ndata:a%u\r\n\r\n",
        "event: tick\rid: %u\rdata: a%u\rnonsense\r\r",
    };
    size_t len = 0;
    memset(&server, 0, sizeof server);
    for (unsigned i = 1; i <= n; i++) {
        len += (size_t)snprintf(server.text + len, sizeof server.text - len, forms[i % 3], i, i);
        server.at[i] = len;
    }
    server.events = n;
}

static void note_request(const char *head)
{
    const char *id = strstr(head, "Last-Event-ID: ");
    if (server.connections < 300) {
        server.asked_at[server.connections] = midge_sim_now_ms(w.sim);
    }
    server.connections++;
    server.last_id[0] = '\0';
    (void)snprintf(server.head, sizeof server.head, "%s", head);
    if (id != NULL) {
        assert_int_equal(sscanf(id, "Last-Event-ID: %79[^\r]", server.last_id), 1);
    }
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    unsigned from, to;
    (void)ctx;
    note_request(request->head);
    from = (unsigned)strtoul(server.last_id, NULL, 10);
    assert_true(from <= server.events);
    if (from == server.events) {
        *reply = (struct midge_sim_reply){.status = 204};
        return;
    }
    to = server.most > 0 && from + server.most < server.events ? from + server.most : server.events;
    reply->headers = STREAM;
    reply->body = server.text + server.at[from];
    reply->body_len = server.at[to] - server.at[from];
    reply->chunk = server.chunk;
    reply->until_close = server.chunk == 0;
    if (server.connections <= server.cut_first) {
        reply->end = server.end;
        reply->cut_at = server.cut_at;
    }
}

static void serve_events(void)
{
    midge_sim_add_reply(host, 80, "/events", &(struct midge_sim_reply){.on_request = serve});
}

/* --- the source --- */

static struct midge_event_source source;
static struct midge_request request;
static midge_id source_id;
static char text[64];
static struct {
    unsigned events, opens, waits, connectings;
    int first_error, last_error; /* of the connections that ended */
    int last_status;
    uint64_t wait_ms[300];   /* the first waits */
    void (*hook)(int state); /* called after each callback; -1: after an event */
    int answer;              /* of on_event */
} seen;

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    assert_ptr_equal(ctx, &source);
    seen.events++;
    assert_int_equal(event->data[0], 'a');
    assert_int_equal(strtol(event->data + 1, NULL, 10), seen.events);
    assert_int_equal(strtol(event->id, NULL, 10), seen.events);
    if (seen.hook != NULL) {
        seen.hook(-1);
    }
    return seen.answer;
}

static void on_state(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last)
{
    assert_ptr_equal(ctx, &source);
    assert_int_equal(source.state, state);
    assert_int_equal(last != NULL, state == MIDGE_EVENT_SOURCE_WAITING);
    seen.opens += state == MIDGE_EVENT_SOURCE_OPEN;
    seen.connectings += state == MIDGE_EVENT_SOURCE_CONNECTING;
    if (last != NULL) {
        seen.last_error = last->error;
        seen.first_error = seen.waits == 0 ? last->error : seen.first_error;
        seen.last_status = last->status;
        if (seen.waits < 300) {
            seen.wait_ms[seen.waits] = source.wait_ms;
        }
        seen.waits++;
    }
    if (seen.hook != NULL) {
        seen.hook((int)state);
    }
}

static void source_init(void)
{
    memset(&seen, 0, sizeof seen);
    request = (struct midge_request){.url = URL};
    source = (struct midge_event_source){.request = &request,
                                         .text = text,
                                         .text_size = sizeof text,
                                         .on_event = on_event,
                                         .on_state = on_state,
                                         .ctx = &source};
}

static inline void source_start(void)
{
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_OK);
}

/* It has ended with that error; returns the status. */
static inline int source_ended(int error)
{
    struct midge_result result;
    assert_int_equal(midge_take(w.client, source_id, &result), MIDGE_OK);
    if (result.error != error) {
        print_error("ended with %s, not %s: %s\n", midge_err_name(result.error),
                    midge_err_name(error), result.detail);
    }
    assert_int_equal(result.error, error);
    return result.status;
}

static inline int source_run(int error)
{
    source_start();
    sim_world_run(&w);
    return source_ended(error);
}

/* --- worlds --- */

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    server_events(5);
    source_init();
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static inline void open_with(const struct midge_config *config)
{
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, config);
    host = midge_sim_add_host(w.sim, "a.test");
}

#endif
