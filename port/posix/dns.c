/* SPDX-License-Identifier: MIT */
/*
 * Name lookup of the desktop port by c-ares, on the client's own poll: no thread, no blocking.
 *
 * A lookup of both families is two questions to c-ares, as one of them may remain unanswered. When
 * one family has an address to which this machine has a route, the lookup waits for the other
 * family for the time of RFC 8305 section 3. Later answers are dropped.
 *
 * c-ares can cancel only everything. Each lookup therefore has a small record between c-ares and
 * the caller's query. dns_cancel detaches the record from the query, and the record is freed after
 * c-ares' last callback for it, at whatever time that comes. When no query is left, everything in
 * c-ares is cancelled, so that its sockets and timers are closed too.
 */
#include "posix.h"
#include "../localhost.h"

/* 1.34 marks ares_getsock as deprecated in favour of ares_set_sock_state_cb; c-ares will keep both,
   and 1.18 (Debian 12) is the oldest version that must build. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define DNS_TIMEOUT_MS 2000 /* of the first try; c-ares doubles it for the next */
#define DNS_TRIES      2    /* of each server; its own defaults take 75 s with a silent server */
#define DNS_DELAY_MS   50   /* for the other family: RFC 8305 3, Resolution Delay */

_Static_assert(POSIX_DNS_SOCKS == ARES_GETSOCK_MAXNUM, "posix.h: as many as ares_getsock reports");

/* One question: the addresses of one family. */
struct question {
    struct posix_lookup *lookup;
    struct ares_addrinfo *answer; /* NULL: no answer, or none yet */
    int status;                   /* c-ares' code, when not pending */
    bool pending;                 /* on_answer comes */
};

enum { IPV4, IPV6, FAMILIES };

struct posix_lookup {
    struct posix_lookup *next;
    struct posix_lookup **link; /* the pointer to this record */
    struct posix *port;
    struct midge_dns_query *query; /* NULL: cancelled or finished */
    struct question questions[FAMILIES];
    uint32_t since_ms; /* when the wait for the other family began */
    bool waits;        /* for the other family */
    bool starting;     /* inside dns_start, which calls `started` afterwards */
};

/* --- c-ares itself: process-wide, never thread-safe before 1.22, nothing to free on Unix --- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status;

static void library_init(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

static int from_ares(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return MIDGE_OK;
    case ARES_ENOMEM:
        return MIDGE_ERR_NO_MEMORY;
    default:
        return MIDGE_ERR_PORT;
    }
}

/* --- Records --- */

static struct posix_lookup *lookup_new(struct posix *p, struct midge_dns_query *query)
{
    struct posix_lookup *l = malloc(sizeof *l);
    if (l == NULL) {
        return NULL;
    }
    *l = (struct posix_lookup){
        .next = p->lookups, .link = &p->lookups, .port = p, .query = query, .starting = true};
    for (int i = 0; i < FAMILIES; i++) {
        l->questions[i] = (struct question){.lookup = l, .status = ARES_ENODATA};
    }
    if (l->next != NULL) {
        l->next->link = &l->next;
    }
    p->lookups = l;
    p->live_lookups++;
    query->impl = l;
    return l;
}

/* Afterwards this file does not touch the query's memory any more. */
static void lookup_detach(struct posix_lookup *l)
{
    if (l->query != NULL) {
        l->query->impl = NULL;
        l->query = NULL;
        l->port->live_lookups--;
    }
}

static bool is_pending(const struct posix_lookup *l)
{
    return l->questions[IPV4].pending || l->questions[IPV6].pending;
}

/* Frees the record, unless c-ares may still call back for it. */
static void lookup_free(struct posix_lookup *l)
{
    if (l->starting || is_pending(l)) {
        return;
    }
    *l->link = l->next;
    if (l->next != NULL) {
        l->next->link = l->link;
    }
    for (int i = 0; i < FAMILIES; i++) {
        if (l->questions[i].answer != NULL) {
            ares_freeaddrinfo(l->questions[i].answer);
        }
    }
    free(l);
}

/* --- Answers --- */

static void query_finish(struct midge_dns_query *query, int status)
{
    query->err = status == ARES_SUCCESS ? MIDGE_OK : MIDGE_ERR_RESOLVE;
    query->native = status;
    query->done = 1;
}

static const struct ares_addrinfo_node *nodes_of(const struct question *q)
{
    return q->answer != NULL ? q->answer->nodes : NULL;
}

/* The least TTL of the answer's records and `least`. c-ares has 0 for /etc/hosts, and none for
   names that do not exist. */
static uint32_t least_ttl(const struct question *q, uint32_t least)
{
    for (const struct ares_addrinfo_node *node = nodes_of(q); node != NULL; node = node->ai_next) {
        if (node->ai_ttl > 0 && (least == 0 || (uint32_t)node->ai_ttl < least)) {
            least = (uint32_t)node->ai_ttl;
        }
    }
    return least;
}

/* Finishes the query with the answers so far. "This name has no such address" is less useful than
   the other family's failure. */
static void lookup_finish(struct posix_lookup *l)
{
    const struct question *v4 = &l->questions[IPV4], *v6 = &l->questions[IPV6];
    struct midge_dns_query *query = l->query;

    midge__posix_dns_order(query, nodes_of(v4), nodes_of(v6));
    query->ttl_s = least_ttl(v6, least_ttl(v4, 0));
    lookup_detach(l);
    if (query->count > 0) {
        query_finish(query, ARES_SUCCESS);
    } else {
        query_finish(query, v4->status != ARES_ENODATA ? v4->status : v6->status);
    }
}

/* Finishes the query, or begins the wait for the other family. An address without a route begins no
   wait: on a machine without IPv6 only the IPv4 answer is useful, even a slow one. */
static void lookup_settle(struct posix_lookup *l)
{
    if (l->query == NULL) {
        return;
    }
    if (!is_pending(l)) {
        lookup_finish(l);
        return;
    }
    for (int i = 0; i < FAMILIES && !l->waits; i++) {
        if (midge__posix_dns_has_route(nodes_of(&l->questions[i]))) {
            l->waits = true;
            l->since_ms = midge__posix_clock_ms(l->port);
        }
    }
}

/* c-ares calls this exactly once for each ares_getaddrinfo: inside that call, inside processing, or
   with ARES_ECANCELLED or ARES_EDESTRUCTION. */
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct question *q = arg;
    struct posix_lookup *l = q->lookup;

    (void)timeouts;
    q->pending = false;
    q->status = status;
    q->answer = answer;
    if (!l->starting) {
        lookup_settle(l);
        lookup_free(l);
    }
}

/* IPv4 first: a development server that listens on one family listens on IPv4. */
static void answer_localhost(struct midge_dns_query *query)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};

    if (query->family != 6) {
        midge__posix_dns_add(query, 4, loopback4, 0);
    }
    if (query->family != 4) {
        midge__posix_dns_add(query, 6, &in6addr_loopback, 0);
    }
    query_finish(query, ARES_SUCCESS);
}

/* --- The port's calls --- */

static void ask(struct posix_lookup *l, const char *host, int family)
{
    struct question *q = &l->questions[family];
    const struct ares_addrinfo_hints hints = {.ai_family = family == IPV4 ? AF_INET : AF_INET6,
                                              .ai_socktype = SOCK_STREAM};

    q->pending = true;
    ares_getaddrinfo(l->port->channel, host, NULL, &hints, on_answer, q);
}

/* An answer inside the call comes from /etc/hosts or from a cache. A name that this file lists with
   one family has no address of the other. */
static void started(struct posix_lookup *l)
{
    l->starting = false;
    if (nodes_of(&l->questions[IPV4]) != NULL || nodes_of(&l->questions[IPV6]) != NULL) {
        lookup_finish(l);
    } else {
        lookup_settle(l);
    }
    lookup_free(l);
}

/* Must not be called inside a callback of c-ares. */
static void cancel_what_is_left(struct posix *p)
{
    if (p->live_lookups == 0 && p->lookups != NULL) {
        ares_cancel(p->channel);
    }
}

int midge__posix_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct posix *p = ctx;
    struct posix_lookup *l;

    query->count = 0;
    query->done = 0;
    query->err = MIDGE_OK;
    query->native = 0;
    query->impl = NULL;
    if (midge__is_localhost(host)) { /* c-ares only looks for it in /etc/hosts, if that exists */
        answer_localhost(query);
        return MIDGE_OK;
    }
    l = lookup_new(p, query);
    if (l == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (query->family != 6) {
        ask(l, host, IPV4);
    }
    if (query->family != 4) {
        ask(l, host, IPV6);
    }
    started(l);
    cancel_what_is_left(p);
    return MIDGE_OK;
}

void midge__posix_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct posix *p = ctx;

    if (query->impl == NULL) {
        return;
    }
    lookup_detach(query->impl);
    cancel_what_is_left(p);
}

/* --- Poll --- */

static void lower(int *timeout_ms, long ms)
{
    if (*timeout_ms < 0 || ms < *timeout_ms) {
        *timeout_ms = (int)ms;
    }
}

/* Rounds up: a poll that ends a fraction of a millisecond early would loop until the time has
   come. */
static void lower_for_cares(const struct posix *p, int *timeout_ms)
{
    struct timeval room;
    const struct timeval *tv = ares_timeout(p->channel, NULL, &room);

    if (tv != NULL && tv->tv_sec <= 3600) {
        lower(timeout_ms, (long)tv->tv_sec * 1000 + ((long)tv->tv_usec + 999) / 1000);
    }
}

static bool waits_for_other_family(const struct posix_lookup *l)
{
    return l->query != NULL && l->waits;
}

/* Milliseconds until the wait for the other family ends. */
static long left_of_delay(const struct posix_lookup *l)
{
    const uint32_t gone = midge__posix_clock_ms(l->port) - l->since_ms;

    return gone < DNS_DELAY_MS ? DNS_DELAY_MS - (long)gone : 0;
}

static void lower_for_delays(struct posix *p, int *timeout_ms)
{
    for (const struct posix_lookup *l = p->lookups; l != NULL; l = l->next) {
        if (waits_for_other_family(l)) {
            lower(timeout_ms, left_of_delay(l));
        }
    }
}

static void end_delays(struct posix *p)
{
    for (struct posix_lookup *l = p->lookups; l != NULL; l = l->next) {
        if (waits_for_other_family(l) && left_of_delay(l) == 0) {
            lookup_finish(l);
        }
    }
}

size_t midge__posix_dns_interest(struct posix *p, struct pollfd *fds, int *timeout_ms)
{
    ares_socket_t socks[POSIX_DNS_SOCKS];
    unsigned bits;
    size_t n;

    if (p->lookups == NULL) {
        return 0;
    }
    lower_for_cares(p, timeout_ms);
    lower_for_delays(p, timeout_ms);
    /* Does not use the macros of ares.h for the bits: they shift a signed 1 by 31. */
    bits = (unsigned)ares_getsock(p->channel, socks, POSIX_DNS_SOCKS);
    for (n = 0; n < POSIX_DNS_SOCKS; n++) {
        const unsigned in = (bits >> n) & 1u;
        const unsigned out = (bits >> (n + POSIX_DNS_SOCKS)) & 1u;
        if (!in && !out) {
            break;
        }
        fds[n].fd = socks[n];
        fds[n].events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
        fds[n].revents = 0;
    }
    return n;
}

static void process(struct posix *p, const struct pollfd *fds, size_t n)
{
    const short broken = POLLERR | POLLHUP | POLLNVAL;
    int ran = 0;

    for (size_t i = 0; i < n; i++) {
        const short ready = fds[i].revents;
        const int in = (ready & (POLLIN | broken)) && (fds[i].events & POLLIN);
        const int out = (ready & (POLLOUT | broken)) && (fds[i].events & POLLOUT);
        if (in || out) {
            /* An earlier round may have closed this socket, or even opened another one with its
               number: c-ares ignores sockets that it does not know, and its sockets do not
               block. */
            ares_process_fd(p->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
                            out ? fds[i].fd : ARES_SOCKET_BAD);
            ran = 1;
        }
    }
    if (!ran) {
        ares_process_fd(p->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* timeouts only */
    }
}

void midge__posix_dns_process(struct posix *p, const struct pollfd *fds, size_t n)
{
    struct posix_sigpipe held;

    if (p->lookups == NULL) {
        return;
    }
    midge__posix_sigpipe_hold(&held);
    process(p, fds, n);
    end_delays(p);
    cancel_what_is_left(p);
    midge__posix_sigpipe_release(&held);
}

/* --- Open and close --- */

int midge__posix_dns_open(struct posix *p)
{
    struct ares_options options = {0};

    (void)pthread_once(&library_once, library_init);
    if (library_status != ARES_SUCCESS) {
        return from_ares(library_status);
    }
    options.timeout = DNS_TIMEOUT_MS;
    options.tries = DNS_TRIES;
    return from_ares(ares_init_options(&p->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES));
}

void midge__posix_dns_close(struct posix *p)
{
    for (struct posix_lookup *l = p->lookups; l != NULL; l = l->next) {
        lookup_detach(l);
    }
    if (p->channel != NULL) {
        ares_destroy(p->channel); /* calls on_answer for every record */
        p->channel = NULL;
    }
}

int midge_posix_set_dns_servers(struct midge_port *port, const char *csv)
{
    struct posix *p = port->ctx;
    int status;

    if (csv == NULL || csv[0] == '\0') {
        return MIDGE_ERR_INVALID;
    }
    if (p->live_lookups > 0) {
        return MIDGE_ERR_BUSY;
    }
    status = ares_set_servers_ports_csv(p->channel, csv);
    if (status == ARES_SUCCESS || status == ARES_ENOMEM) {
        return from_ares(status);
    }
    return MIDGE_ERR_INVALID;
}
