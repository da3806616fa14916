/* SPDX-License-Identifier: MIT */
/*
 * Name lookup of the desktop port by c-ares, on the client's own poll: no thread, no wait.
 *
 * c-ares can cancel everything or nothing. Each lookup therefore has a small record of its own
 * between c-ares and the caller's query; dns_cancel cuts the record off from the query, and the
 * record dies in c-ares' callback, whenever that comes. With the last query gone, all that is
 * left in c-ares is cancelled, so that its sockets and timers go too.
 */
#include "posix.h"
#include "../localhost.h"

/* 1.34 marks ares_getsock as deprecated for ares_set_sock_state_cb; both are there for good, and
   1.18 (Debian 12) is the oldest that must build. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define DNS_TIMEOUT_MS 2000 /* of the first try; c-ares doubles it for the next */
#define DNS_TRIES      2    /* of each server; its own defaults take 75 s with a silent server */

_Static_assert(POSIX_DNS_SOCKS == ARES_GETSOCK_MAXNUM, "posix.h: as many as ares_getsock reports");

struct posix_lookup {
    struct posix_lookup *next;
    struct posix_lookup **link; /* what points to this one */
    struct posix *port;
    struct midge_dns_query *query; /* NULL: cancelled */
};

/* ---- c-ares itself: process-wide, never thread-safe before 1.22, nothing to free on Unix ---- */

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

/* ---- Records ---- */

static struct posix_lookup *lookup_new(struct posix *p, struct midge_dns_query *query)
{
    struct posix_lookup *l = malloc(sizeof *l);
    if (l == NULL) {
        return NULL;
    }
    *l = (struct posix_lookup){p->lookups, &p->lookups, p, query};
    if (l->next != NULL) {
        l->next->link = &l->next;
    }
    p->lookups = l;
    p->live_lookups++;
    query->impl = l;
    return l;
}

/* From here on the query's memory is the caller's alone. */
static void lookup_detach(struct posix_lookup *l)
{
    if (l->query != NULL) {
        l->query->impl = NULL;
        l->query = NULL;
        l->port->live_lookups--;
    }
}

static void lookup_free(struct posix_lookup *l)
{
    *l->link = l->next;
    if (l->next != NULL) {
        l->next->link = l->link;
    }
    free(l);
}

/* ---- Answers ---- */

/* What is beyond MIDGE_DNS_ADDRS, or of a family that was not asked for, is dropped. */
static void query_add(struct midge_dns_query *query, uint8_t family, const void *bytes,
                      uint32_t scope)
{
    struct midge_addr *addr;

    if (query->count >= MIDGE_DNS_ADDRS || (query->family != 0 && query->family != family)) {
        return;
    }
    addr = &query->addrs[query->count++];
    memset(addr, 0, sizeof *addr);
    addr->family = family;
    addr->scope = scope;
    memcpy(addr->bytes, bytes, family == 4 ? 4 : 16);
}

static void query_add_node(struct midge_dns_query *query, const struct ares_addrinfo_node *node)
{
    if (node->ai_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)node->ai_addr;
        query_add(query, 4, &in->sin_addr, 0);
    } else if (node->ai_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)node->ai_addr;
        query_add(query, 6, &in6->sin6_addr, in6->sin6_scope_id);
    }
}

static void query_finish(struct midge_dns_query *query, int status)
{
    if (status == ARES_SUCCESS && query->count == 0) {
        status = ARES_ENODATA;
    }
    query->err = status == ARES_SUCCESS ? MIDGE_OK : MIDGE_ERR_RESOLVE;
    query->native = status;
    query->done = 1;
}

/* c-ares calls this exactly once for each ares_getaddrinfo: inside that very call, inside
   processing, or with ARES_ECANCELLED or ARES_EDESTRUCTION. */
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct posix_lookup *l = arg;
    struct midge_dns_query *query = l->query;

    (void)timeouts;
    if (query != NULL) {
        if (status == ARES_SUCCESS && answer != NULL) {
            for (struct ares_addrinfo_node *n = answer->nodes; n != NULL; n = n->ai_next) {
                query_add_node(query, n);
            }
        }
        lookup_detach(l);
        query_finish(query, status);
    }
    if (answer != NULL) {
        ares_freeaddrinfo(answer);
    }
    lookup_free(l);
}

/* IPv4 first: a development server that listens on one of them listens on that one. */
static void answer_localhost(struct midge_dns_query *query)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    query_add(query, 4, loopback4, 0);
    query_add(query, 6, &in6addr_loopback, 0);
    query_finish(query, ARES_SUCCESS);
}

/* ---- The port's calls ---- */

static int to_native_family(uint8_t family)
{
    switch (family) {
    case 4:
        return AF_INET;
    case 6:
        return AF_INET6;
    default:
        return AF_UNSPEC;
    }
}

int midge__posix_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct posix *p = ctx;
    struct ares_addrinfo_hints hints = {0};
    struct posix_lookup *l;

    query->count = 0;
    query->done = 0;
    query->err = MIDGE_OK;
    query->native = 0;
    query->impl = NULL;
    if (midge__is_localhost(host)) { /* c-ares reads it in /etc/hosts only, if there is one */
        answer_localhost(query);
        return MIDGE_OK;
    }
    l = lookup_new(p, query);
    if (l == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    hints.ai_family = to_native_family(query->family);
    hints.ai_socktype = SOCK_STREAM;
    /* on_answer may have run when this returns: neither l nor query->impl may be used after. */
    ares_getaddrinfo(p->channel, host, NULL, &hints, on_answer, l);
    return MIDGE_OK;
}

void midge__posix_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct posix *p = ctx;

    if (query->impl == NULL) {
        return;
    }
    lookup_detach(query->impl);
    if (p->live_lookups == 0) {
        ares_cancel(p->channel);
    }
}

/* ---- Poll ---- */

/* Rounded up: a poll that ends a fraction of a millisecond early would spin until it is due. */
static void lower_timeout(const struct posix *p, int *timeout_ms)
{
    struct timeval room;
    const struct timeval *tv = ares_timeout(p->channel, NULL, &room);
    long ms;

    if (tv == NULL || tv->tv_sec > 3600) {
        return;
    }
    ms = (long)tv->tv_sec * 1000 + ((long)tv->tv_usec + 999) / 1000;
    if (*timeout_ms < 0 || ms < *timeout_ms) {
        *timeout_ms = (int)ms;
    }
}

size_t midge__posix_dns_interest(const struct posix *p, struct pollfd *fds, int *timeout_ms)
{
    ares_socket_t socks[POSIX_DNS_SOCKS];
    unsigned bits;
    size_t n;

    if (p->lookups == NULL) {
        return 0;
    }
    lower_timeout(p, timeout_ms);
    /* Not the macros of ares.h for the bits: they shift a signed 1 by 31. */
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
            /* An earlier round may have closed this one, even opened another under its number:
               c-ares ignores what it doesn't know, and its sockets don't block. */
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
    midge__posix_sigpipe_release(&held);
}

/* ---- Open and close ---- */

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
