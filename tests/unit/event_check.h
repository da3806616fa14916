/* SPDX-License-Identifier: MIT */
/*
 * A listener of events that holds them against the order of midge/events.h: each start has exactly
 * one end, no time goes back. Every world of the unit tests, and every run of the torture, has it.
 */
#ifndef EVENT_CHECK_H
#define EVENT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include <midge/midge.h>

enum { EVENT_CHECK_LIVE = 1024, EVENT_CHECK_CONNS = 4096 };
enum { CONN_NONE, CONN_OPEN = 1, CONN_WAITS = 4, CONN_CLOSED = 8 };

struct event_check {
    bool any, wraps; /* wraps: the world may sleep for more than half of the clock's range */
    uint32_t last_ms;
    unsigned counts[MIDGE_EVENTS], n_live;
    uint32_t live[EVENT_CHECK_LIVE];
    uint8_t phase[EVENT_CHECK_LIVE];
    uint8_t conns[EVENT_CHECK_CONNS];
    uint8_t tries[EVENT_CHECK_CONNS]; /* TRYING without its end: addresses may race */
};

static inline unsigned event_check_find(const struct event_check *c, uint32_t request)
{
    unsigned i = 0;
    while (i < c->n_live && c->live[i] != request) {
        i++;
    }
    return i;
}

/* The phases of an attempt come in their order. */
static inline void event_check_phase(struct event_check *c, unsigned i, unsigned kind)
{
    if (kind > MIDGE_EVENT_DNS && kind <= MIDGE_EVENT_BODY) {
        bool expects = c->phase[i] >= MIDGE_EVENT_WAIT && kind == MIDGE_EVENT_SEND;
        bool by_proxy = c->phase[i] == MIDGE_EVENT_TLS && kind == MIDGE_EVENT_CONNECT;
        assert_true(kind >= c->phase[i] || expects || by_proxy);
    }
    c->phase[i] = kind <= MIDGE_EVENT_BODY ? (uint8_t)kind : c->phase[i];
}

/* Client's streams have odd numbers; a request that is not sent has none. */
static inline void event_check_stream(const struct midge_event *event)
{
    if (event->kind < MIDGE_EVENT_WAIT) {
        assert_int_equal(event->value, 0);
    } else if (event->kind < MIDGE_EVENT_ENDED) {
        assert_true(event->value == 0 || (MIDGE_WITH_HTTP2 && event->value % 2 == 1));
    }
}

static inline void event_check_request(struct event_check *c, const struct midge_event *event,
                                       const struct midge_event_about *about)
{
    unsigned i = event_check_find(c, event->request);
    bool has_url = event->kind == MIDGE_EVENT_START || event->kind == MIDGE_EVENT_REDIRECT;
    assert_int_equal(about->url != NULL && about->method != NULL, has_url);
    if (event->kind == MIDGE_EVENT_START) {
        assert_int_equal(i, c->n_live);
        assert_true(c->n_live < EVENT_CHECK_LIVE);
        c->live[c->n_live] = event->request;
        c->phase[c->n_live++] = MIDGE_EVENT_QUEUE;
        return;
    }
    assert_true(i < c->n_live);
    event_check_phase(c, i, event->kind);
    event_check_stream(event);
    if (event->kind == MIDGE_EVENT_ENDED) {
        c->live[i] = c->live[--c->n_live];
        c->phase[i] = c->phase[c->n_live];
    }
}

static inline void event_check_set(uint8_t *conn, unsigned flag, bool begins)
{
    assert_int_equal((*conn & flag) != 0, !begins);
    *conn ^= (uint8_t)flag;
}

static inline void event_check_conn(struct event_check *c, const struct midge_event *event,
                                    const struct midge_event_about *about)
{
    uint8_t *conn = &c->conns[event->connection % EVENT_CHECK_CONNS];
    uint8_t *tries = &c->tries[event->connection % EVENT_CHECK_CONNS];
    if (event->kind == MIDGE_EVENT_OPENED) {
        assert_false(*conn & CONN_OPEN);
        *conn = CONN_OPEN;
        *tries = 0;
        return;
    }
    assert_true((*conn & CONN_OPEN) != 0);
    assert_int_equal(about->address != NULL, event->kind == MIDGE_EVENT_TRYING);
    switch (event->kind) {
    case MIDGE_EVENT_TRYING:
        assert_true(MIDGE_WITH_HAPPY_EYEBALLS || *tries == 0);
        *tries = (uint8_t)(*tries + (*tries < UINT8_MAX));
        break;
    case MIDGE_EVENT_CONNECTED:
        assert_true(*tries > 0);
        *tries = 0;
        break;
    case MIDGE_EVENT_FAILED:
        assert_true(*tries > 0);
        --*tries;
        break;
    case MIDGE_EVENT_MEMORY:
        event_check_set(conn, CONN_WAITS, true);
        break;
    case MIDGE_EVENT_MEMORY_END:
        event_check_set(conn, CONN_WAITS, false);
        break;
    case MIDGE_EVENT_CLOSED:
        assert_false(*conn & CONN_WAITS);
        *conn = CONN_CLOSED;
        break;
    default:
        break;
    }
}

static inline void event_check(void *ctx, const struct midge_event *event,
                               const struct midge_event_about *about)
{
    struct event_check *c = ctx;
    assert_true(event->kind < MIDGE_EVENTS);
    assert_true(!c->any || c->wraps || (int32_t)(event->time_ms - c->last_ms) >= 0);
    c->any = true;
    c->last_ms = event->time_ms;
    c->counts[event->kind]++;
    if (event->kind < MIDGE_EVENT_OPENED) {
        event_check_request(c, event, about);
        return;
    }
    assert_true(event->request == 0 || event_check_find(c, event->request) < c->n_live);
    event_check_conn(c, event, about);
}

/* The client is closed. */
static inline void event_check_over(const struct event_check *c)
{
    assert_int_equal(c->n_live, 0);
    assert_int_equal(c->counts[MIDGE_EVENT_START], c->counts[MIDGE_EVENT_ENDED]);
    assert_int_equal(c->counts[MIDGE_EVENT_OPENED], c->counts[MIDGE_EVENT_CLOSED]);
}

#endif
