/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by lwIP's resolver, in lwIP's thread; lwip_getaddrinfo would block the client's. It
 * returns one address.
 *
 * lwIP cannot cancel. Each lookup has a record, from lwIP's heap, between lwIP and the caller's
 * query. dns_cancel detaches the record from the query; the record is freed when lwIP does not need
 * it any more, at most seconds later. lwIP's thread writes into the record only; only the client's
 * thread touches queries.
 */
#include "lwip_sockets.h"

#if !MIDGE_WITH_RESOLVER

#include "../localhost.h"
#include "../lwip_address.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/mem.h>

/* While lookups are pending: one may wait for room in lwIP's table, and lwIP does not report when
   other users' lookups leave it. */
enum { RETRY_MS = 100 };

enum lookup_state {
    LOOKUP_ASKED,    /* on its way to lwIP's thread, or pending in lwIP */
    LOOKUP_NO_ROOM,  /* lwIP's table or mailbox was full: ask again */
    LOOKUP_ANSWERED, /* the client's thread frees it */
    LOOKUP_ORPHAN    /* the port is detached: lwIP's callback frees it */
};

struct lookup {
    struct lookup *next;           /* the client's thread only */
    struct midge_dns_query *query; /* the client's thread only; NULL: cancelled */
    enum lookup_state state;       /* both threads */
    err_t err;                     /* valid when answered; so is ip */
    ip_addr_t ip;
    u8_t family; /* LWIP_DNS_ADDRTYPE_x */
    bool flush;  /* all pending lookups of lwIP were cancelled */
    char host[];
};

static struct lookup *lookups; /* the client's thread only */

static enum lookup_state state_of(const struct lookup *l)
{
    enum lookup_state state;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    state = l->state;
    SYS_ARCH_UNPROTECT(level);
    return state;
}

/* Sets the state and returns the old one. */
static enum lookup_state change(struct lookup *l, enum lookup_state state)
{
    enum lookup_state was;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    was = l->state;
    if (was != LOOKUP_ORPHAN) {
        l->state = state;
    }
    SYS_ARCH_UNPROTECT(level);
    return was;
}

/* --- In lwIP's thread --- */

static void answered(struct lookup *l, err_t err, const ip_addr_t *ip)
{
    l->err = err;
    if (ip != NULL) {
        ip_addr_copy(l->ip, *ip);
    }
    if (change(l, LOOKUP_ANSWERED) == LOOKUP_ORPHAN) {
        mem_free(l);
    } else {
        midge__lws_raise();
    }
}

/* This port's pending lookups in lwIP, of all clients so far. */
static unsigned under_way;

/* ip NULL: the name has no address, or no server answered; lwIP does not tell which. */
static void on_found(const char *name, const ip_addr_t *ip, void *arg)
{
    (void)name;
    under_way--;
    answered(arg, ip != NULL ? ERR_OK : ERR_TIMEOUT, ip);
}

/* When the lookup is pending, l may be freed already. */
static err_t ask_lwip(struct lookup *l, ip_addr_t *ip)
{
    under_way++; /* first, as on_found may be called inside */
    const err_t err = dns_gethostbyname_addrtype(l->host, ip, on_found, l, l->family);

    if (err != ERR_INPROGRESS) {
        under_way--;
    }
    return err;
}

static void on_ask(void *arg)
{
    struct lookup *l = arg;
    ip_addr_t ip;
    err_t err = ask_lwip(l, &ip);

    if (err == ERR_MEM && l->flush && under_way >= DNS_TABLE_SIZE) { /* all this port's */
        midge__lwip_dns_flush();
        err = ask_lwip(l, &ip);
    }
    if (err == ERR_MEM) {
        (void)change(l, LOOKUP_NO_ROOM);
        midge__lws_raise();             /* so that poll asks again in time */
    } else if (err != ERR_INPROGRESS) { /* else l may be freed */
        answered(l, err, err == ERR_OK ? &ip : NULL);
    }
}

void midge__lws_dns_drop(void)
{
    struct lookup *next;

    for (struct lookup *l = lookups; l != NULL; l = next) {
        next = l->next;
        if (change(l, LOOKUP_ORPHAN) != LOOKUP_ASKED) {
            mem_free(l);
        }
    }
    lookups = NULL;
}

/* --- Answers --- */

static void query_answer(struct midge_dns_query *query, const ip_addr_t *ip)
{
    midge__lwip_query_add(query, ip);
    query->done = 1;
}

/* --- The port's calls --- */

static struct lookup *lookup_new(const char *host, struct midge_dns_query *query)
{
    const size_t size = strlen(host) + 1;
    struct lookup *l = mem_malloc((mem_size_t)(sizeof *l + size));

    if (l != NULL) {
        memset(l, 0, sizeof *l);
        memcpy(l->host, host, size);
        l->family = midge__lwip_dns_type(query->family);
        l->query = query;
        l->next = lookups;
        lookups = l;
        query->impl = l;
    }
    return l;
}

/* Are all pending lookups cancelled, except `but`? */
static bool all_cancelled(const struct lookup *but)
{
    for (const struct lookup *l = lookups; l != NULL; l = l->next) {
        if (l != but && l->query != NULL && state_of(l) == LOOKUP_ASKED) {
            return false;
        }
    }
    return true;
}

static void ask(struct lookup *l)
{
    l->flush = all_cancelled(l);
    l->state = LOOKUP_ASKED; /* lwIP's thread does not use the record now */
    if (tcpip_callback(on_ask, l) != ERR_OK) {
        l->state = LOOKUP_NO_ROOM;
    }
}

int midge__lws_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct lookup *l;

    (void)ctx;
    if (!midge__lwip_query_begin(query)) {
        return MIDGE_OK;
    }
    if (strlen(host) >= DNS_MAX_NAME_LENGTH) {
        midge__lwip_query_fail(query, ERR_VAL);
        return MIDGE_OK;
    }
    if (midge__is_localhost(host)) {
        midge__lwip_answer_localhost(query);
        return MIDGE_OK;
    }
    l = lookup_new(host, query);
    if (l == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    ask(l);
    return MIDGE_OK;
}

void midge__lws_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct lookup *l = query->impl;

    (void)ctx;
    if (l != NULL) {
        l->query = NULL;
        query->impl = NULL;
    }
}

/* --- Poll --- */

/* Asks again for lookups that lwIP had no room for; true while lookups are pending. */
static bool retry(void)
{
    bool any = false;

    for (struct lookup *l = lookups; l != NULL; l = l->next) {
        if (l->query != NULL) {
            any = true;
            if (state_of(l) == LOOKUP_NO_ROOM) {
                ask(l);
            }
        }
    }
    return any;
}

int midge__lws_dns_sleep_ms(int timeout_ms)
{
    return retry() && (timeout_ms < 0 || timeout_ms > RETRY_MS) ? RETRY_MS : timeout_ms;
}

static void deliver(struct lookup *l)
{
    struct midge_dns_query *query = l->query;

    if (query == NULL) {
        return;
    }
    query->impl = NULL;
    if (l->err == ERR_OK) {
        query_answer(query, &l->ip);
    } else {
        midge__lwip_query_fail(query, l->err);
    }
}

static bool ended(const struct lookup *l)
{
    const enum lookup_state state = state_of(l);

    return state == LOOKUP_ANSWERED || (state == LOOKUP_NO_ROOM && l->query == NULL);
}

void midge__lws_dns_deliver(void)
{
    struct lookup **link = &lookups;

    while (*link != NULL) {
        struct lookup *l = *link;
        if (ended(l)) {
            *link = l->next;
            deliver(l);
            mem_free(l);
        } else {
            link = &l->next;
        }
    }
}

#endif
