/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by lwIP's resolver, which answers with one address.
 *
 * lwIP cannot cancel. Each lookup has a slot of its own between lwIP and the caller's query;
 * dns_cancel cuts the slot off from the query, and lwIP's callback frees it, seconds later at most.
 * A query that finds no slot, or no room in lwIP's table, waits.
 */
#include "lwip_raw.h"
#include "../localhost.h"
#include "../lwip_address.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/err.h"

/* Weak: a program that brings its own, to set it from outside, has that. */
__attribute__((weak)) uint16_t midge_lwip_dns_port = 53;

struct lookup {
    struct midge_dns_query *query; /* NULL: cancelled */
    bool busy;                     /* lwIP may still call back */
};

/* As many as lwIP can have under way. */
static struct lookup lookups[DNS_TABLE_SIZE];

/* Those without a slot, in their order: `impl` is the next one, `host` is set. */
static struct midge_dns_query *waiting;

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

/* From here on the query's memory is the caller's alone. */
static struct midge_dns_query *lookup_detach(struct lookup *l)
{
    struct midge_dns_query *query = l->query;

    if (query != NULL) {
        query->impl = NULL;
        l->query = NULL;
    }
    return query;
}

/* ---- Answers ---- */

static void query_answer(struct midge_dns_query *query, const ip_addr_t *ip)
{
    midge__lwip_query_add(query, ip);
    query->done = 1;
}

/* Once for each lookup that dns_gethostbyname put under way, maybe from inside that call. No
   address: there is none, or nobody answered; lwIP does not tell which. */
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
    midge__lwip.answered = true;
}

/* ---- Asking ---- */

/* Asks lwIP, which answers from its memory, later, or never began. False: its table is full. */
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

/* lwIP is busy with nothing but lookups that were cancelled. */
static bool all_cancelled(void)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(lookups); i++) {
        if (!lookups[i].busy || lookups[i].query != NULL) {
            return false;
        }
    }
    return true;
}

void midge__lwip_dns_run(void)
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
        midge__lwip.answered = midge__lwip.answered || query->done;
    }
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

/* ---- The port's calls ---- */

int midge__lwip_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    int err;

    (void)ctx;
    if (!midge__lwip_query_begin(query)) {
        return MIDGE_OK;
    }
    if (midge__is_localhost(host)) {
        midge__lwip_query_add_loopback(query, query->family == 6 ? 6 : 4);
        query->done = 1;
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
