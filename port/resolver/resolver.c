/* SPDX-License-Identifier: MIT */
/*
 * The resolver's queries. Those for one name share a lookup, so that a forger has only one question
 * to answer (RFC 5452 5); those that find no free lookup wait in order. lookup.c asks the servers,
 * tcp.c has the connection for long answers.
 */
#include "lookup.h"

#if MIDGE_WITH_RESOLVER

#include <string.h>

#include "midge/err.h"

enum { RETRY_MS = 100 }; /* for a socket that the port could not give */

/* --- Datagrams --- */

/* The index of the server with that address, or MIDGE_RESOLVER_SERVERS. Zones are not compared. */
static unsigned find_server(const struct midge__resolver *r, const struct midge_addr *from)
{
    struct midge_addr servers[MIDGE_RESOLVER_SERVERS];
    const unsigned n = r->net->servers(r, servers, MIDGE_RESOLVER_SERVERS);

    for (unsigned i = 0; i < n; i++) {
        if (servers[i].family == from->family &&
            memcmp(servers[i].bytes, from->bytes, from->family == 4 ? 4 : 16) == 0) {
            return i;
        }
    }
    return MIDGE_RESOLVER_SERVERS;
}

void midge__resolver_datagram(struct midge__resolver *r, unsigned slot,
                              const struct midge_addr *from, const uint8_t *bytes, size_t len)
{
    struct midge__resolver_lookup *l = &r->lookups[slot];
    const unsigned server = find_server(r, from);
    struct midge__dns_answer answer;

    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES && l->queries != NULL; i++) {
        struct midge__resolver_question *q = &l->questions[i];
        if (q->state != MIDGE__LOOKUP_UDP || server >= MIDGE_RESOLVER_SERVERS ||
            (q->asked >> server & 1) == 0) {
            continue;
        }
        const struct midge__dns_question message = midge__lookup_message(r, l, q);
        const enum midge__dns_verdict verdict =
            midge__dns_read(&message, bytes, len, MIDGE__DNS_UDP, &answer);
        if (verdict != MIDGE__DNS_FOREIGN) {
            midge__lookup_take(r, l, q, server, verdict, &answer);
            midge__resolver_tcp_check(r);
            return;
        }
    }
}

/* --- Queries --- */

static void list_add(struct midge_dns_query **list, struct midge_dns_query *query)
{
    struct midge_dns_query *last = *list;

    query->impl = NULL;
    if (last == NULL) {
        *list = query;
        return;
    }
    while (last->impl != NULL) {
        last = last->impl;
    }
    last->impl = query;
}

/* False: it is not in the list. */
static bool list_remove(struct midge_dns_query **list, struct midge_dns_query *query)
{
    struct midge_dns_query *before = NULL, *at = *list;

    while (at != NULL && at != query) {
        before = at;
        at = at->impl;
    }
    if (at != NULL && before != NULL) {
        before->impl = query->impl;
    } else if (at != NULL) {
        *list = query->impl;
    }
    return at != NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_same_name(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Adds the query to a lookup of its name that is under way. False: there is none. */
static bool share(struct midge__resolver *r, struct midge_dns_query *query)
{
    for (unsigned i = 0; i < r->n_lookups; i++) {
        struct midge__resolver_lookup *l = &r->lookups[i];
        if (l->queries != NULL && l->queries->family == query->family &&
            is_same_name(l->queries->host, query->host)) {
            list_add(&l->queries, query);
            return true;
        }
    }
    return false;
}

static struct midge__resolver_lookup *find_free(struct midge__resolver *r)
{
    for (unsigned i = 0; i < r->n_lookups; i++) {
        if (r->lookups[i].queries == NULL) {
            return &r->lookups[i];
        }
    }
    return NULL;
}

static bool is_asked(const struct midge__resolver *r, uint8_t family, unsigned index)
{
    return family == 0 ? (r->net->families(r) >> index & 1) != 0
                       : family == (index == MIDGE__LOOKUP_V4 ? 4 : 6);
}

/* Numbers that a forger would have to guess. */
struct chance {
    uint32_t letters[MIDGE__RESOLVER_FAMILIES];
    uint16_t ids[MIDGE__RESOLVER_FAMILIES], local_port;
};

/* Starts the questions of l, which is zero. */
static void begin(struct midge__resolver *r, struct midge__resolver_lookup *l,
                  const struct chance *chance)
{
    const uint8_t family = l->queries->family;

    l->local_port = (uint16_t)(1024u + chance->local_port % (UINT16_MAX - 1024u));
    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES; i++) {
        l->questions[i].letters = chance->letters[i];
        l->questions[i].id = chance->ids[i];
        l->questions[i].first = r->best;
        l->questions[i].state = is_asked(r, family, i) ? MIDGE__LOOKUP_UDP : MIDGE__LOOKUP_DONE;
    }
    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES && l->queries != NULL; i++) {
        if (l->questions[i].state != MIDGE__LOOKUP_DONE) {
            midge__lookup_ask(r, l, &l->questions[i]);
        }
    }
}

/* Starts it if a lookup is free. NO_SLOT: none is. */
static int try_start(struct midge__resolver *r, struct midge_dns_query *query)
{
    struct midge__resolver_lookup *l = find_free(r);
    struct chance chance;

    if (share(r, query)) {
        return MIDGE_OK;
    }
    if (l == NULL) {
        return MIDGE_ERR_NO_SLOT;
    }
    const int err = r->net->random(r, (uint8_t *)&chance, sizeof chance);
    if (err == MIDGE_OK) {
        *l = (struct midge__resolver_lookup){.queries = query};
        query->impl = NULL;
        begin(r, l, &chance);
    }
    return err;
}

/* Starts those that waited, in order. */
static void start_waiting(struct midge__resolver *r)
{
    while (r->waiting != NULL) {
        struct midge_dns_query *query = r->waiting, *next = query->impl;
        const int err = try_start(r, query);
        if (err == MIDGE_ERR_NO_SLOT) {
            return;
        }
        r->waiting = next;
        if (err != MIDGE_OK) {
            midge__query_finish(query, MIDGE__RESOLVER_NO_SERVER, 0);
            r->has_ended = true;
        }
    }
}

/* --- The port's calls --- */

int midge__resolver_start(struct midge__resolver *r, const char *host,
                          struct midge_dns_query *query)
{
    const struct midge__dns_question probe = {.host = host};
    uint8_t room[MIDGE__DNS_QUESTION_MAX];
    int err = MIDGE_ERR_NO_SLOT;

    query->count = 0;
    query->done = 0;
    query->host = host;
    if (midge__dns_ask(&probe, room) == 0) {
        midge__query_finish(query, MIDGE__RESOLVER_BAD_NAME, 0);
        return MIDGE_OK;
    }
    if (query->family == 0 && r->net->families(r) == 0) {
        midge__query_finish(query, MIDGE__RESOLVER_NO_SERVER, 0);
        return MIDGE_OK;
    }
    if (r->waiting == NULL) {
        err = try_start(r, query);
    }
    if (err == MIDGE_ERR_NO_SLOT) {
        list_add(&r->waiting, query);
        err = MIDGE_OK;
    }
    return err;
}

/* The addresses so far are in the first query: the next one gets them. */
static void leave_lookup(struct midge__resolver *r, struct midge__resolver_lookup *l,
                         struct midge_dns_query *query)
{
    const bool is_first = l->queries == query;

    if (list_remove(&l->queries, query) && is_first) {
        if (l->queries == NULL) {
            midge__lookup_close(r, l);
            midge__resolver_tcp_check(r);
        } else {
            memcpy(l->queries->addrs, query->addrs, sizeof query->addrs);
        }
    }
}

void midge__resolver_cancel(struct midge__resolver *r, struct midge_dns_query *query)
{
    if (list_remove(&r->waiting, query)) {
        return;
    }
    for (unsigned i = 0; i < r->n_lookups; i++) {
        leave_lookup(r, &r->lookups[i], query);
    }
}

static void run_lookup(struct midge__resolver *r, struct midge__resolver_lookup *l, uint32_t now)
{
    for (unsigned i = 0; i < MIDGE__RESOLVER_FAMILIES && l->queries != NULL; i++) {
        struct midge__resolver_question *q = &l->questions[i];
        if (q->state != MIDGE__LOOKUP_DONE && (int32_t)(now - q->due_ms) >= 0) {
            midge__lookup_late(r, l, q);
        }
    }
    midge__resolver_tcp_check(r);
}

bool midge__resolver_run(struct midge__resolver *r)
{
    const uint32_t now = midge__resolver_now(r);

    midge__resolver_tcp_run(r);
    for (unsigned i = 0; i < r->n_lookups; i++) {
        run_lookup(r, &r->lookups[i], now);
    }
    start_waiting(r);
    const bool has_ended = r->has_ended;
    r->has_ended = false;
    return has_ended;
}

/* Of one question. */
static uint32_t question_left(const struct midge__resolver *r,
                              const struct midge__resolver_question *q, uint32_t now)
{
    const int32_t left = (int32_t)(q->due_ms - now);

    if (q->state == MIDGE__LOOKUP_TCP && r->tcp.lookup == NULL && left > RETRY_MS) {
        return RETRY_MS;
    }
    return left > 0 ? (uint32_t)left : 0;
}

uint32_t midge__resolver_left(const struct midge__resolver *r)
{
    const uint32_t now = midge__resolver_now(r);
    uint32_t least = r->has_ended ? 0 : UINT32_MAX;

    for (unsigned i = 0; i < r->n_lookups; i++) {
        const struct midge__resolver_lookup *l = &r->lookups[i];
        for (unsigned k = 0; k < MIDGE__RESOLVER_FAMILIES && l->queries != NULL; k++) {
            if (l->questions[k].state != MIDGE__LOOKUP_DONE) {
                const uint32_t left = question_left(r, &l->questions[k], now);
                least = left < least ? left : least;
            }
        }
    }
    return least;
}

midge_sock midge__resolver_sock(const struct midge__resolver *r, uint8_t *events)
{
    const struct midge__resolver_tcp *tcp = &r->tcp;

    *events = tcp->connected && tcp->sent == UINT16_MAX ? MIDGE_POLL_IN : MIDGE_POLL_OUT;
    return tcp->lookup != NULL ? tcp->sock : MIDGE_SOCK_NONE;
}

#endif
