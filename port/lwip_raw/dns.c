/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by lwIP's resolver, which returns one address.
 *
 * lwIP cannot cancel. Each lookup has a slot between lwIP and the caller's query. dns_cancel
 * detaches the slot from the query; lwIP's callback frees the slot, at most seconds later. A query
 * waits when all slots or lwIP's table are full.
 */
#include "lwip_raw.h"

#if !MIDGE_WITH_RESOLVER

#include <string.h>

#include "lwip/dns.h"
#include "lwip/err.h"

/* Weak: a program may define its own variable to change the port. */
__attribute__((weak)) uint16_t midge_lwip_dns_port = 53;

struct lookup {
    struct midge_dns_query *query; /* NULL: cancelled */
    bool busy;                     /* lwIP may still call its callback */
};

/* As many lookups as lwIP can have pending. */
static struct lookup lookups[DNS_TABLE_SIZE];

/* Queries without a slot, in order: `impl` is the next one, `host` is set. */
static struct midge_dns_query *waiting;

/* A lookup has ended since the last midge__lwip_dns_run. */
static bool answered;

static struct lookup *lookup_new(struct midge_dns_query *query)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(lookups); i++) {
        if (!lookups[i].busy) {
            lookups[i] = (struct lookup){query, true};
            query->impl = &lookups[i];
            return &lookups[i];
        }
    }
    return NULL;
}

/* Afterwards this file does not touch the query's memory any more. */
static struct midge_dns_query *lookup_detach(struct lookup *l)
{
    struct midge_dns_query *query = l->query;

    if (query != NULL) {
        query->impl = NULL;
        l->query = NULL;
    }
    return query;
}

/* --- Answers --- */

static void query_answer(struct midge_dns_query *query, const ip_addr_t *ip)
{
    midge__lwip_query_add(query, ip);
    query->done = 1;
}

/* Called once for each lookup that dns_gethostbyname made pending, perhaps inside that call. ip
   NULL: the name has no address, or no server answered; lwIP does not tell which. */
static void on_found(const char *name, const ip_addr_t *ip, void *arg)
{
    struct lookup *l = arg;
    struct midge_dns_query *query = lookup_detach(l);

    (void)name;
    l->busy = false;
    if (query == NULL) {
        return;
    }
    if (ip != NULL) {
        query_answer(query, ip);
    } else {
        midge__lwip_query_fail(query, ERR_TIMEOUT);
    }
    answered = true;
}

/* --- Asking --- */

/* Asks lwIP, which answers from its memory, answers later, or refuses. False: its table is full. */
static bool ask(const char *host, struct lookup *l)
{
    struct midge_dns_query *query = l->query;
    ip_addr_t ip;
    const err_t err =
        dns_gethostbyname_addrtype(host, &ip, on_found, l, midge__lwip_dns_type(query->family));

    if (err == ERR_INPROGRESS) {
        return true; /* on_found may have run: neither l nor query->impl may be used */
    }
    (void)lookup_detach(l);
    l->busy = false;
    if (err == ERR_OK) {
        query_answer(query, &ip);
    } else if (err != ERR_MEM) {
        midge__lwip_query_fail(query, err);
    }
    return err != ERR_MEM;
}

static bool try_to_ask(const char *host, struct midge_dns_query *query)
{
    struct lookup *l = lookup_new(query);

    return l != NULL && ask(host, l);
}

/* Are all of lwIP's pending lookups cancelled ones? */
static bool all_cancelled(void)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(lookups); i++) {
        if (!lookups[i].busy || lookups[i].query != NULL) {
            return false;
        }
    }
    return true;
}

static void ask_waiting(void)
{
    while (waiting != NULL) {
        struct midge_dns_query *query = waiting;
        struct midge_dns_query *next = query->impl;

        if (all_cancelled()) {
            midge__lwip_dns_flush();
        }
        if (!try_to_ask(query->host, query)) {
            query->impl = next;
            return;
        }
        query->host = NULL;
        waiting = next;
        answered = answered || query->done;
    }
}

bool midge__lwip_dns_run(void)
{
    ask_waiting();
    const bool any = answered;
    answered = false;
    return any;
}

static void wait_for_slot(const char *host, struct midge_dns_query *query)
{
    struct midge_dns_query *last = waiting;

    query->host = host;
    query->impl = NULL;
    if (last == NULL) {
        waiting = query;
        return;
    }
    while (last->impl != NULL) {
        last = last->impl;
    }
    last->impl = query;
}

static void wait_no_more(const struct midge_dns_query *query)
{
    struct midge_dns_query *before = waiting;

    if (before == query) {
        waiting = query->impl;
        return;
    }
    while (before->impl != query) {
        before = before->impl;
    }
    before->impl = query->impl;
}

/* --- The port's calls --- */

int midge__lwip_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    int err;

    (void)ctx;
    if (!midge__lwip_dns_asks(host, query)) {
        return MIDGE_OK;
    }
    err = midge__lwip_seed();
    if (err != MIDGE_OK) {
        return err;
    }
    if (waiting != NULL || !try_to_ask(host, query)) {
        wait_for_slot(host, query);
    }
    return MIDGE_OK;
}

void midge__lwip_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    if (query->host != NULL) {
        wait_no_more(query);
    } else if (query->impl != NULL) {
        (void)lookup_detach(query->impl);
    }
}

#endif
