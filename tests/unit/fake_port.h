/* SPDX-License-Identifier: MIT */
/*
 * A port in memory for tests of the core: sockets are scripts, the clock is virtual.
 *
 *     static const struct fake_script server = {.steps = {REQUEST, SAY(HELLO), LOOP}};
 *     struct world w;
 *     world_open(&w, NULL);
 *     fake_listen(&w.fake, 80, &server);
 *
 * A connection runs its script from the first step. poll returns at once when something is ready;
 * otherwise it moves the clock to the next scripted event or by the timeout. Endless waits and
 * turns that spin fail the test.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_check.h"

#include "core/admission.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/prepared.h"
#include "core/request.h"
#include "core/task.h"
#include "core/tell.h"
#include "core/transfer.h"
#include "midge/midge.h"

#define FAKE_SOCKS   256
#define FAKE_QUERIES 64
#define FAKE_STEPS   32

/* --- scripts --- */

enum fake_kind {
    FAKE_END,        /* silence */
    FAKE_REQUEST,    /* until the client has sent one whole request more */
    FAKE_SENT,       /* until it has sent n bytes in all */
    FAKE_SAY,        /* n bytes, one segment */
    FAKE_FILL,       /* n bytes, the pattern of fake_pattern */
    FAKE_WAIT,       /* n milliseconds */
    FAKE_OPEN,       /* n bytes more may be sent by the client (see window) */
    FAKE_FIN,        /* orderly end; what the client sends is still taken */
    FAKE_RESET,      /* both directions broken */
    FAKE_SEND_FAILS, /* broken, but seen only by a send */
    FAKE_DEAF,       /* from here on sends fail, and nothing else tells of it */
    FAKE_HANG,       /* from here on poll reports an error, and each call says AGAIN */
    FAKE_LOOP        /* back to the first step */
};

struct fake_step {
    enum fake_kind kind;
    const char *text;
    size_t n;
};

#define REQUEST                                                                                    \
    {                                                                                              \
        FAKE_REQUEST, NULL, 0                                                                      \
    }
#define SENT(bytes)                                                                                \
    {                                                                                              \
        FAKE_SENT, NULL, (bytes)                                                                   \
    }
#define SAY(text)                                                                                  \
    {                                                                                              \
        FAKE_SAY, (text), sizeof(text) - 1                                                         \
    }
#define FILL(bytes)                                                                                \
    {                                                                                              \
        FAKE_FILL, NULL, (bytes)                                                                   \
    }
#define WAIT(ms)                                                                                   \
    {                                                                                              \
        FAKE_WAIT, NULL, (ms)                                                                      \
    }
#define OPEN(bytes)                                                                                \
    {                                                                                              \
        FAKE_OPEN, NULL, (bytes)                                                                   \
    }
#define FIN                                                                                        \
    {                                                                                              \
        FAKE_FIN, NULL, 0                                                                          \
    }
#define RESET                                                                                      \
    {                                                                                              \
        FAKE_RESET, NULL, 0                                                                        \
    }
#define SEND_FAILS                                                                                 \
    {                                                                                              \
        FAKE_SEND_FAILS, NULL, 0                                                                   \
    }
#define DEAF                                                                                       \
    {                                                                                              \
        FAKE_DEAF, NULL, 0                                                                         \
    }
#define HANG                                                                                       \
    {                                                                                              \
        FAKE_HANG, NULL, 0                                                                         \
    }
#define LOOP                                                                                       \
    {                                                                                              \
        FAKE_LOOP, NULL, 0                                                                         \
    }
#define HELLO           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define HELLO_CHUNKED   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define HELLO_LEN(text) "HTTP/1.1 200 OK\r\nContent-Length: " text "\r\n\r\n"

enum fake_connect {
    FAKE_ACCEPTS,
    FAKE_REFUSES,
    FAKE_NEVER,
    FAKE_FAILS, /* within connect */
    FAKE_HANGS  /* poll reports an error, connected says AGAIN */
};

struct fake_script {
    enum fake_connect connect;
    unsigned connect_ms;
    size_t recv_slice, send_slice; /* bytes of one call at most, 0: no bound */
    size_t window;                 /* bytes that may be sent before an OPEN, 0: no bound */
    size_t
        send_breaks; /* after that many bytes sends fail, what was said is still read; 0: never */
    struct fake_step steps[FAKE_STEPS];
};

/* --- state --- */

struct fake_sock {
    bool open, reset, fin_seen, deaf, hung;
    struct midge_addr addr;
    uint16_t port;
    const struct fake_script *script;
    uint64_t connect_at, wait_until;
    unsigned step;
    size_t at;        /* in the step */
    size_t delivered; /* bytes that recv gave */
    size_t window;
    uint8_t *sent;
    size_t sent_len, sent_cap, request_at; /* request_at: end of the last whole request */
    unsigned requests;
};

struct fake_name {
    const char *host;
    bool never, in_start;
    int err;
    unsigned ms;
    uint8_t count;
    const char *families; /* "64": of each address; NULL: all have IPv4 */
};

struct fake_pending {
    struct midge_dns_query *query;
    const struct fake_name *name;
    uint64_t at;
};

struct fake {
    struct midge_port port;
    uint64_t now_ms; /* of the world; the clock shows it later by clock_start, in 32 bits */
    uint32_t clock_start;
    bool no_wall_time;
    int slept_s;      /* for so long the clock stood still; the wall clock did not */
    unsigned tick_us; /* each look at clock_us moves it by that */
    uint64_t ticks_us;
    bool woken;
    const struct fake_script *next[64]; /* for the next connections, in order */
    unsigned n_next, next_at;
    const struct fake_script *at[16]; /* by the last byte of the address; NULL: the next one */
    unsigned max_open;                /* sockets that the port has, 0: no bound */
    struct {
        uint16_t port;
        const struct fake_script *script;
    } listen[16];
    unsigned n_listen;
    struct fake_name names[8];
    unsigned n_names;
    struct fake_pending pending[FAKE_QUERIES];
    struct fake_sock socks[FAKE_SOCKS];
    unsigned n_socks, open, peak_open;
    unsigned lookups, lookups_canceled, calls, spins, polls;
    size_t received; /* bytes that recv gave, all sockets */
    int fail_polls;  /* so many polls fail */
};

static const struct fake_script fake_hello = {.steps = {REQUEST, SAY(HELLO), LOOP}};

static inline uint8_t fake_pattern(size_t at)
{
    return (uint8_t)('a' + at % 23);
}

/* --- the script machine --- */

static inline bool fake_connected(const struct fake *f, const struct fake_sock *s)
{
    return s->script->connect == FAKE_ACCEPTS && f->now_ms >= s->connect_at;
}

/* The length of the request that starts at data, 0 while it is not whole. */
static inline size_t fake_request_len(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    size_t n = 0;
    if (len > 0) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    char *end = strstr(text, "\r\n\r\n");
    if (end != NULL) {
        size_t head = (size_t)(end - text) + 4;
        char last = text[head - 1];
        text[head - 1] = '\0';
        const char *length = strstr(text, "\r\nContent-Length: ");
        bool chunked = strstr(text, "\r\nTransfer-Encoding: chunked") != NULL;
        n = head + (length != NULL ? (size_t)strtoul(length + 18, NULL, 10) : 0);
        text[head - 1] = last;
        if (chunked) {
            const char *tail = strstr(text + head - 2, "\r\n0\r\n\r\n");
            n = tail != NULL ? (size_t)(tail - text) + 7 : len + 1;
        }
    }
    free(text);
    return n <= len ? n : 0;
}

/* Goes through steps that need nothing of the client any more. */
static inline const struct fake_step *fake_now(struct fake *f, struct fake_sock *s)
{
    for (unsigned rounds = 0; rounds < 100; rounds++) {
        const struct fake_step *step = &s->script->steps[s->step];
        bool over = false;
        size_t n;
        switch (step->kind) {
        case FAKE_REQUEST:
            n = s->sent_len == 0
                    ? 0
                    : fake_request_len(s->sent + s->request_at, s->sent_len - s->request_at);
            over = n > 0;
            s->request_at += n;
            s->requests += over;
            break;
        case FAKE_SENT:
            over = s->sent_len >= step->n;
            break;
        case FAKE_SAY:
        case FAKE_FILL:
            over = s->at == step->n;
            break;
        case FAKE_WAIT:
            if (s->wait_until == 0) {
                s->wait_until = f->now_ms + step->n;
            }
            over = f->now_ms >= s->wait_until;
            break;
        case FAKE_OPEN:
            s->window += step->n;
            over = true;
            break;
        case FAKE_RESET:
            s->reset = true;
            break;
        case FAKE_DEAF:
            s->deaf = true;
            over = true;
            break;
        case FAKE_HANG:
            s->hung = true;
            break;
        case FAKE_LOOP:
            s->step = 0;
            s->at = 0;
            continue;
        default:
            break;
        }
        if (!over) {
            return step;
        }
        s->step++;
        s->at = 0;
        s->wait_until = 0;
        assert_true(s->step < FAKE_STEPS);
    }
    fail_msg("script loops without end");
    return NULL;
}

static inline unsigned fake_ready(struct fake *f, struct fake_sock *s)
{
    if (s->script->connect == FAKE_REFUSES && f->now_ms >= s->connect_at) {
        return MIDGE_POLL_IN | MIDGE_POLL_OUT | MIDGE_POLL_ERR;
    }
    if (s->script->connect == FAKE_HANGS) {
        return MIDGE_POLL_IN | MIDGE_POLL_OUT | MIDGE_POLL_ERR;
    }
    if (!fake_connected(f, s)) {
        return 0;
    }
    const struct fake_step *step = fake_now(f, s);
    if (s->reset || s->hung) {
        return MIDGE_POLL_IN | MIDGE_POLL_OUT | MIDGE_POLL_ERR;
    }
    unsigned ready = s->script->window == 0 || s->window > 0 ? MIDGE_POLL_OUT : 0;
    if (step->kind == FAKE_SAY || step->kind == FAKE_FILL || step->kind == FAKE_FIN) {
        ready |= MIDGE_POLL_IN;
    }
    return ready;
}

/* When this socket may change by itself. */
static inline uint64_t fake_event_at(struct fake *f, struct fake_sock *s)
{
    if (f->now_ms < s->connect_at) {
        return s->script->connect == FAKE_NEVER ? UINT64_MAX : s->connect_at;
    }
    if (!fake_connected(f, s)) {
        return UINT64_MAX;
    }
    return fake_now(f, s)->kind == FAKE_WAIT ? s->wait_until : UINT64_MAX;
}

static inline struct fake_sock *fake_sock(struct fake *f, midge_sock sock)
{
    assert_true(sock >= 0 && sock < (midge_sock)f->n_socks);
    assert_true(f->socks[sock].open);
    f->calls++;
    return &f->socks[sock];
}

/* --- the port's calls --- */

static inline uint32_t fake_clock_ms(void *ctx)
{
    const struct fake *f = ctx;
    return f->clock_start + (uint32_t)f->now_ms;
}

static inline uint64_t fake_clock_us(void *ctx)
{
    struct fake *f = ctx;
    f->ticks_us += f->tick_us;
    return f->now_ms * 1000 + f->ticks_us;
}

static inline int64_t fake_wall_time(void *ctx)
{
    const struct fake *f = ctx;
    return f->no_wall_time ? MIDGE_ERR_UNSUPPORTED
                           : (int64_t)1780000000 + f->slept_s + (int64_t)(f->now_ms / 1000);
}

static inline int fake_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)(i * 7 + 1);
    }
    return MIDGE_OK;
}

static inline struct midge_addr fake_address(uint8_t i, const char *families)
{
    struct midge_addr address = {.family = 4, .bytes = {10, 0, 0, (uint8_t)(i + 1)}};
    if (families != NULL && families[i] == '6') {
        address = (struct midge_addr){.family = 6, .bytes = {0x20, 1, 0xd, 0xb8}};
        address.bytes[15] = (uint8_t)(i + 1);
    }
    return address;
}

static inline unsigned fake_number(const struct midge_addr *address)
{
    return address->bytes[address->family == 4 ? 3 : 15];
}

static inline void fake_answer(struct midge_dns_query *query, const struct fake_name *name)
{
    query->count = 0;
    query->err = name != NULL ? name->err : MIDGE_OK;
    query->native = query->err != MIDGE_OK ? 4 : 0;
    if (query->err == MIDGE_OK) {
        query->count = name != NULL && name->count != 0 ? name->count : 1;
        for (uint8_t i = 0; i < query->count; i++) {
            query->addrs[i] = fake_address(i, name != NULL ? name->families : NULL);
        }
    }
    query->done = 1;
}

static inline int fake_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct fake *f = ctx;
    const struct fake_name *name = NULL;
    f->lookups++;
    f->calls++;
    for (unsigned i = 0; i < f->n_names; i++) {
        name = strcmp(f->names[i].host, host) == 0 ? &f->names[i] : name;
    }
    if (name == NULL || (name->ms == 0 && !name->never)) {
        fake_answer(query, name);
        return MIDGE_OK;
    }
    for (unsigned i = 0; i < FAKE_QUERIES; i++) {
        if (f->pending[i].query == NULL) {
            uint64_t at = name->never ? UINT64_MAX : f->now_ms + name->ms;
            f->pending[i] = (struct fake_pending){query, name, at};
            return MIDGE_OK;
        }
    }
    return MIDGE_ERR_NO_MEMORY;
}

static inline void fake_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct fake *f = ctx;
    for (unsigned i = 0; i < FAKE_QUERIES; i++) {
        if (f->pending[i].query == query) {
            f->pending[i].query = NULL;
            f->lookups_canceled++;
            return;
        }
    }
    fail_msg("dns_cancel of no query");
}

static inline const struct fake_script *fake_pick(struct fake *f, uint16_t port)
{
    if (f->next_at < f->n_next) {
        return f->next[f->next_at++];
    }
    for (unsigned i = 0; i < f->n_listen; i++) {
        if (f->listen[i].port == port) {
            return f->listen[i].script;
        }
    }
    return &fake_hello;
}

static inline int fake_connect(void *ctx, const struct midge_addr *addr, uint16_t port,
                               midge_sock *sock, int *native)
{
    struct fake *f = ctx;
    f->calls++;
    const unsigned number = fake_number(addr);
    if (f->max_open != 0 && f->open == f->max_open) {
        return MIDGE_ERR_NO_MEMORY;
    }
    const struct fake_script *script =
        number < 16 && f->at[number] != NULL ? f->at[number] : fake_pick(f, port);
    if (script->connect == FAKE_FAILS) {
        *native = 101;
        return MIDGE_ERR_CONNECT;
    }
    assert_true(f->n_socks < FAKE_SOCKS);
    struct fake_sock *s = &f->socks[f->n_socks];
    memset(s, 0, sizeof *s);
    s->open = true;
    s->addr = *addr;
    s->port = port;
    s->script = script;
    s->window = script->window;
    s->connect_at = script->connect == FAKE_NEVER ? UINT64_MAX : f->now_ms + script->connect_ms;
    *sock = (midge_sock)f->n_socks++;
    f->open++;
    f->peak_open = f->open > f->peak_open ? f->open : f->peak_open;
    *native = 0;
    return MIDGE_OK;
}

static inline int fake_connected_call(void *ctx, midge_sock sock, int *native)
{
    struct fake *f = ctx;
    struct fake_sock *s = fake_sock(f, sock);
    *native = 0;
    if (f->now_ms < s->connect_at || s->script->connect == FAKE_HANGS) {
        return MIDGE_ERR_AGAIN;
    }
    *native = s->script->connect == FAKE_REFUSES ? 111 : 0;
    return s->script->connect == FAKE_REFUSES ? MIDGE_ERR_CONNECT : MIDGE_OK;
}

static inline int fake_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n,
                            int *native)
{
    struct fake *f = ctx;
    struct fake_sock *s = fake_sock(f, sock);
    assert_true(fake_connected(f, s));
    assert_true(cap > 0);
    assert_false(s->fin_seen); /* no read past the end */
    const struct fake_step *step = fake_now(f, s);
    *native = 0;
    if (s->reset) {
        *native = 104;
        return MIDGE_ERR_RECV;
    }
    if (step->kind == FAKE_FIN) {
        s->fin_seen = true;
        return MIDGE_ERR_EOF;
    }
    if (step->kind != FAKE_SAY && step->kind != FAKE_FILL) {
        return MIDGE_ERR_AGAIN;
    }
    size_t left = step->n - s->at;
    size_t slice = s->script->recv_slice != 0 ? s->script->recv_slice : left;
    *n = left < cap ? left : cap;
    *n = *n < slice ? *n : slice;
    for (size_t i = 0; i < *n; i++) {
        buf[i] = step->kind == FAKE_SAY ? (uint8_t)step->text[s->at + i] : fake_pattern(s->at + i);
    }
    s->at += *n;
    s->delivered += *n;
    f->received += *n;
    (void)fake_now(f, s); /* a pause of the script begins now */
    return MIDGE_OK;
}

static inline int fake_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                            int *native)
{
    struct fake *f = ctx;
    struct fake_sock *s = fake_sock(f, sock);
    assert_true(fake_connected(f, s));
    assert_true(len > 0);
    const struct fake_step *step = fake_now(f, s);
    *native = 0;
    bool broken = s->script->send_breaks != 0 && s->sent_len >= s->script->send_breaks;
    if (s->hung) {
        return MIDGE_ERR_AGAIN;
    }
    broken = broken || s->deaf;
    if (step->kind == FAKE_SEND_FAILS || s->reset || broken) {
        s->reset = s->reset || !broken;
        *native = 32;
        return MIDGE_ERR_SEND;
    }
    size_t take =
        s->script->send_slice != 0 && s->script->send_slice < len ? s->script->send_slice : len;
    if (s->script->window != 0) {
        take = take < s->window ? take : s->window;
        s->window -= take;
    }
    if (take == 0) {
        return MIDGE_ERR_AGAIN;
    }
    if (s->sent_len + take > s->sent_cap) {
        s->sent_cap = (s->sent_len + take) * 2;
        s->sent = realloc(s->sent, s->sent_cap);
        assert_non_null(s->sent);
    }
    memcpy(s->sent + s->sent_len, buf, take);
    s->sent_len += take;
    *n = take;
    (void)fake_now(f, s);
    return MIDGE_OK;
}

static inline void fake_close(void *ctx, midge_sock sock)
{
    struct fake *f = ctx;
    fake_sock(f, sock)->open = false;
    f->open--;
}

static inline bool fake_collect(struct fake *f, struct midge_pollfd *fds, size_t n)
{
    bool any = f->woken;
    f->woken = false;
    for (unsigned i = 0; i < FAKE_QUERIES; i++) {
        struct fake_pending *p = &f->pending[i];
        if (p->query != NULL && p->at <= f->now_ms) {
            fake_answer(p->query, p->name);
            p->query = NULL;
            any = true;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct fake_sock *s = fake_sock(f, fds[i].sock);
        f->calls--;
        unsigned ready = fake_ready(f, s);
        fds[i].revents = (uint8_t)(ready & (fds[i].events | (unsigned)MIDGE_POLL_ERR));
        any = any || fds[i].revents != 0;
    }
    return any;
}

static inline uint64_t fake_next_event(struct fake *f)
{
    uint64_t at = UINT64_MAX;
    for (unsigned i = 0; i < FAKE_QUERIES; i++) {
        if (f->pending[i].query != NULL && f->pending[i].at < at) {
            at = f->pending[i].at;
        }
    }
    for (unsigned i = 0; i < f->n_socks; i++) {
        if (f->socks[i].open) {
            uint64_t own = fake_event_at(f, &f->socks[i]);
            at = own < at ? own : at;
        }
    }
    return at;
}

static inline int fake_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct fake *f = ctx;
    f->polls++;
    if (f->fail_polls > 0) {
        f->fail_polls--;
        return MIDGE_ERR_PORT;
    }
    if (fake_collect(f, fds, n)) {
        /* Ready again and again, without a call that answers it? */
        f->spins = f->calls == 0 ? f->spins + 1 : 0;
        f->calls = 0;
        assert_true(f->spins < 1000);
        return MIDGE_OK;
    }
    uint64_t at = fake_next_event(f);
    uint64_t until = timeout_ms < 0 ? UINT64_MAX : f->now_ms + (uint64_t)timeout_ms;
    at = at < until ? at : until;
    if (at == UINT64_MAX) {
        fail_msg("waits for ever, nothing is going to happen");
    }
    f->spins = at == f->now_ms && f->calls == 0 ? f->spins + 1 : 0;
    f->calls = 0;
    assert_true(f->spins < 1000);
    f->now_ms = at > f->now_ms ? at : f->now_ms;
    (void)fake_collect(f, fds, n);
    return MIDGE_OK;
}

static inline void fake_wake(void *ctx)
{
    struct fake *f = ctx;
    f->woken = true;
}

/* The clock wraps soon after the start of each test, so that most of them go across. Others may be
   tried: MIDGE_CLOCK_START=0. */
static inline uint32_t fake_clock_start(void)
{
    const char *start = getenv("MIDGE_CLOCK_START");
    return start != NULL ? (uint32_t)strtoul(start, NULL, 10) : UINT32_MAX - 1000 - 25;
}

static inline void fake_init(struct fake *f)
{
    memset(f, 0, sizeof *f);
    f->now_ms = 1000;
    f->clock_start = fake_clock_start();
    f->port = (struct midge_port){
        .ctx = f,
        .clock_ms = fake_clock_ms,
        .clock_us = fake_clock_us,
        .wall_time = fake_wall_time,
        .entropy = fake_entropy,
        .dns_start = fake_dns_start,
        .dns_cancel = fake_dns_cancel,
        .connect = fake_connect,
        .connected = fake_connected_call,
        .recv = fake_recv,
        .send = fake_send,
        .close = fake_close,
        .poll = fake_poll,
        .wake = fake_wake,
    };
}

/* Everything that was opened must be closed by now. */
static inline void fake_deinit(struct fake *f)
{
    assert_int_equal(f->open, 0);
    for (unsigned i = 0; i < FAKE_QUERIES; i++) {
        assert_null(f->pending[i].query);
    }
    for (unsigned i = 0; i < f->n_socks; i++) {
        free(f->socks[i].sent);
    }
}

static inline void fake_listen(struct fake *f, uint16_t port, const struct fake_script *script)
{
    f->listen[f->n_listen].port = port;
    f->listen[f->n_listen++].script = script;
}

static inline void fake_next(struct fake *f, const struct fake_script *script)
{
    f->next[f->n_next++] = script;
}

static inline bool fake_sent_has(const struct fake *f, unsigned sock, const char *text)
{
    const struct fake_sock *s = &f->socks[sock];
    size_t n = strlen(text);
    for (size_t i = 0; sock < f->n_socks && i + n <= s->sent_len; i++) {
        if (memcmp(s->sent + i, text, n) == 0) {
            return true;
        }
    }
    return false;
}

/* --- a client on it --- */

struct world {
    struct fake fake;
    struct midge_client *client; /* NULL once closed */
    struct midge_config config;
    size_t live;               /* alloc_live right after open */
    unsigned released;         /* calls of release */
    struct event_check events; /* unless the config has a listener */
    unsigned turns;
};

/* A test that searches the whole block has it cleared, so that valgrind knows each byte. */
#ifndef WORLD_ALLOC
#define WORLD_ALLOC malloc
#endif

static inline void *world_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return WORLD_ALLOC(size);
}

static inline void world_release(void *ctx, void *block, size_t size)
{
    struct world *w = ctx;
    memset(block, 0xdd, size);
    free(block);
    w->released++;
}

static inline struct midge_stats world_stats(const struct world *w)
{
    struct midge_stats stats;
    midge_client_stats(w->client, &stats);
    return stats;
}

static inline void world_start(struct world *w)
{
    w->config.port = &w->fake.port;
    w->config.alloc = world_alloc;
    w->config.release = world_release;
    w->config.alloc_ctx = w;
    if (w->config.max_connections == 0) {
        w->config.max_connections = 4;
    }
    if (w->config.max_awaitables == 0) {
        w->config.max_awaitables = 64;
    }
    if (w->config.on_event == NULL || w->config.on_event == event_check) {
        w->events = (struct event_check){.wraps = w->events.wraps};
        w->config.on_event = event_check;
        w->config.event_ctx = &w->events;
    }
    assert_int_equal(midge_open(&w->client, &w->config), MIDGE_OK);
    w->live = world_stats(w).alloc_live;
}

static inline void world_open(struct world *w, const struct midge_config *config)
{
    memset(w, 0, sizeof *w);
    fake_init(&w->fake);
    if (config != NULL) {
        w->config = *config;
    }
    world_start(w);
}

static inline void world_turn(struct world *w, int timeout)
{
    assert_true(++w->turns < 2000000);
    int live = midge_poll(w->client, timeout);
    assert_true(live >= 0);
}

/* Until nothing lives. */
static inline void world_run(struct world *w)
{
    int live;
    do {
        assert_true(++w->turns < 2000000);
        live = midge_poll(w->client, -1);
    } while (live > 0);
    assert_true(live >= 0 || live == MIDGE_ERR_CLOSED);
}

/* Turns for ms of virtual time, whatever lives. */
static inline void world_pass(struct world *w, unsigned ms)
{
    uint64_t until = w->fake.now_ms + ms;
    while (w->fake.now_ms < until) {
        uint64_t before = w->fake.now_ms;
        world_turn(w, (int)(until - before));
        if (w->fake.now_ms == before && midge_next_timeout(w->client) != 0) {
            /* It did not wait: nothing lives. */
            uint64_t next = fake_next_event(&w->fake);
            int timer = midge_next_timeout(w->client);
            uint64_t due = timer < 0 ? until : before + (uint64_t)timer;
            next = next < due ? next : due;
            w->fake.now_ms = next > before && next < until ? next : until;
        }
    }
    world_turn(w, 0);
}

/* Turns without time passing. */
static inline void world_turns(struct world *w, unsigned n)
{
    while (n-- > 0) {
        world_turn(w, 0);
    }
}

/* Each of its counters is 0 again: a wrong one would hold requests back for ever. */
static inline void world_counts_nothing(const struct midge_client *client)
{
    assert_int_equal(client->later, 0);
    assert_int_equal(client->n_resolving, 0);
    assert_int_equal(client->n_waiting, 0);
    assert_int_equal(client->handshakes, 0);
    assert_int_equal(client->transfers, 0);
    assert_int_equal(client->exchanges, 0);
    assert_int_equal(client->queued, 0);
}

/* All results taken, kept connections run out: memory is as it was after open. */
static inline void world_close(struct world *w)
{
    if (w->client != NULL && w->released == 0) {
        world_run(w);
        world_pass(w, 2 * MIDGE_KEEP_ALIVE_MS);
        world_turns(w, 4);
        struct midge_stats stats = world_stats(w);
        assert_int_equal(stats.open_connections, 0);
        assert_int_equal(stats.alloc_live, w->live);
        (void)midge__memory_verify(&w->client->memory);
        world_counts_nothing(w->client);
        midge_close(w->client);
    }
    assert_int_equal(w->released, 1);
    event_check_over(&w->events);
    fake_deinit(&w->fake);
}

/* --- a request with all its callbacks recorded --- */

enum where {
    NOWHERE,
    ON_SEND,
    ON_RESPONSE,
    ON_TRAILER,
    SINK_WRITE,
    SINK_FINISH,
    SOURCE_READ,
    SOURCE_FINISH,
    ON_DONE,
    ON_WATCH,
    WHERES
};

struct probe {
    struct midge_sink sink;
    struct midge_source source;
    struct midge_request request;
    struct world *w;
    midge_id id;
    struct midge_result result; /* of on_done */
    unsigned sends, responses, trailers, writes, sink_finishes, reads, source_finishes, dones;
    unsigned watches, rewinds;
    int finish_err, complete;
    uint8_t *body;
    size_t len, cap;
    bool pause;                   /* each write answers PAUSE */
    int write_err;                /* answer of write */
    int finish_answer;            /* of finish */
    int response_answer;          /* of on_response */
    size_t give, given;           /* the source: bytes in all, so far */
    size_t piece;                 /* bytes of one read, 0: all it can */
    unsigned hungry;              /* reads that answer AGAIN before each piece */
    unsigned hunger;              /* how many of these are left */
    int read_err;                 /* after `give` bytes instead of EOF */
    char retry[32];               /* a header's value seen in on_response */
    char url[128];                /* on_send's */
    char trailer[64];             /* last: name=value */
    enum where at;                /* where to act, */
    unsigned nth;                 /* at which time (1: first, 0 too), */
    void (*act)(struct probe *p); /* and how */
    struct probe *other;
};

static inline void probe_at(struct probe *p, enum where where, unsigned count)
{
    if (p->at == where && p->act != NULL && count == (p->nth == 0 ? 1 : p->nth)) {
        void (*act)(struct probe * p) = p->act;
        act(p);
    }
}

static inline void probe_on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    struct probe *p = ctx;
    assert_non_null(method);
    assert_true(p->id == 0 || p->id == id);
    assert_int_equal(p->sink_finishes, 0);
    p->id = id;
    (void)snprintf(p->url, sizeof p->url, "%s %s", method, url);
    probe_at(p, ON_SEND, ++p->sends);
}

static inline int probe_on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct probe *p = ctx;
    size_t n = 0;
    (void)id;
    assert_int_equal(p->sink_finishes, 0);
    assert_non_null(response->reason);
    const char *value = midge_response_header(response, "x-test", &n);
    if (value != NULL && n < sizeof p->retry) {
        memcpy(p->retry, value, n);
    }
    probe_at(p, ON_RESPONSE, ++p->responses);
    return p->response_answer;
}

static inline void probe_on_trailer(void *ctx, midge_id id, const char *name, size_t name_len,
                                    const char *value, size_t value_len)
{
    struct probe *p = ctx;
    (void)id;
    (void)snprintf(p->trailer, sizeof p->trailer, "%.*s=%.*s", (int)name_len, name, (int)value_len,
                   value);
    probe_at(p, ON_TRAILER, ++p->trailers);
}

static inline int probe_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct probe *p = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    assert_true(len > 0);
    assert_int_equal(p->sink_finishes, 0);
    if (p->len + len > p->cap) {
        p->cap = (p->len + len) * 2;
        p->body = realloc(p->body, p->cap);
        assert_non_null(p->body);
    }
    memcpy(p->body + p->len, data, len);
    p->len += len;
    probe_at(p, SINK_WRITE, ++p->writes);
    return p->write_err != MIDGE_OK ? p->write_err : p->pause ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static inline int probe_sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct probe *p = MIDGE_CONTAINER_OF(sink, struct probe, sink);
    assert_int_equal(p->dones, 0);
    p->finish_err = err;
    p->complete = complete;
    probe_at(p, SINK_FINISH, ++p->sink_finishes);
    return p->finish_answer;
}

static inline int probe_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    assert_true(cap > 0);
    assert_int_equal(p->source_finishes, 0);
    probe_at(p, SOURCE_READ, ++p->reads);
    if (p->hunger > 0) {
        p->hunger--;
        return MIDGE_ERR_AGAIN;
    }
    size_t left = p->give - p->given;
    if (left == 0) {
        return p->read_err != MIDGE_OK ? p->read_err : MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    *n = p->piece != 0 && p->piece < *n ? p->piece : *n;
    for (size_t i = 0; i < *n; i++) {
        buf[i] = fake_pattern(p->given + i);
    }
    p->given += *n;
    p->hunger = p->hungry;
    return MIDGE_OK;
}

static inline int probe_rewind(struct midge_source *source)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    p->given = 0;
    p->rewinds++;
    return MIDGE_OK;
}

static inline void probe_source_finish(struct midge_source *source)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    probe_at(p, SOURCE_FINISH, ++p->source_finishes);
}

static inline void probe_on_done(void *ctx, const struct midge_result *result)
{
    struct probe *p = ctx;
    assert_true(p->id == 0 || p->id == result->id);
    p->result = *result;
    probe_at(p, ON_DONE, ++p->dones);
}

static inline void probe_on_watch(void *ctx, midge_id id, const struct midge_result *result)
{
    struct probe *p = ctx;
    assert_int_equal(result->id, id);
    probe_at(p, ON_WATCH, ++p->watches);
}

static inline void probe_init(struct probe *p, struct world *w, const char *url)
{
    memset(p, 0, sizeof *p);
    p->w = w;
    p->sink = (struct midge_sink){.write = probe_write, .finish = probe_sink_finish};
    p->source = (struct midge_source){
        .read = probe_read, .rewind = probe_rewind, .finish = probe_source_finish};
    p->request = (struct midge_request){
        .url = url,
        .sink = &p->sink,
        .ctx = p,
        .on_send = probe_on_send,
        .on_response = probe_on_response,
        .on_trailer = probe_on_trailer,
        .on_done = probe_on_done,
    };
}

/* A body of n bytes from the source; announced: its length, or -1 for chunks. */
static inline void probe_source(struct probe *p, size_t n, int64_t announced)
{
    p->give = n;
    p->source.length = announced;
    p->request.source = &p->source;
}

static inline void probe_start(struct probe *p)
{
    assert_int_equal(midge_start(p->w->client, &p->request, &p->id), MIDGE_OK);
    assert_int_not_equal(p->id, 0);
}

static inline void probe_get(struct probe *p, struct world *w, const char *url)
{
    probe_init(p, w, url);
    probe_start(p);
}

/* Ended once, with err; all that must come once came once. */
static inline void probe_ended(struct probe *p, int err)
{
    assert_int_equal(p->dones, 1);
    if (p->result.error != err) {
        print_error("%s: %s (%s) instead of %s\n", p->request.url, midge_err_name(p->result.error),
                    p->result.detail, midge_err_name(err));
    }
    assert_int_equal(p->result.error, err);
    assert_int_equal(p->sink_finishes, p->request.sink != NULL);
    assert_int_equal(p->source_finishes, p->request.source != NULL);
    assert_int_equal(p->result.phase == MIDGE_PHASE_DONE, err == MIDGE_OK);
    free(p->body);
    p->body = NULL;
}

static inline void probe_is_hello(struct probe *p)
{
    if (p->len != 5) {
        print_error("%s: %s (%s)\n", p->request.url, midge_err_name(p->result.error),
                    p->result.detail);
    }
    assert_int_equal(p->len, 5);
    assert_memory_equal(p->body, "hello", 5);
    assert_int_equal(p->result.status, 200);
    assert_int_equal(p->result.body_len, 5);
    assert_int_equal(p->result.complete, MIDGE_COMPLETE_YES);
    probe_ended(p, MIDGE_OK);
}

#endif
