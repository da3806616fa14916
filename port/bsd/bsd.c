/* SPDX-License-Identifier: MIT */
/*
 * The port on BSD sockets: attach, detach and poll. A poll waits for the client's sockets and for
 * its own: the wake's, and those of lookups under way.
 */
#include "bsd.h"

#include <stdlib.h>

enum { DEFAULT_MAX_SOCKS = 32 };

/* --- Poll --- */

#if MIDGE_WITH_RESOLVER
#define names_interest midge__bsd_names_interest
#define names_sleep    midge__bsd_names_sleep
#define names_run      midge__bsd_names_run
#else
#define names_interest(names, fds, cap) ((void)(names), (void)(fds), (void)(cap), (size_t)0)
#define names_sleep(names, timeout_ms)  ((void)(names), (timeout_ms))
#define names_run(names)                ((void)(names))
#define midge__bsd_dns_open(p)          ((void)(p))
#endif

/* Writes the port's own sockets, at most cap; returns their number. */
static size_t list_own(const struct bsd *p, struct midge_pollfd *own, size_t cap)
{
    if (cap > 0) {
        own[0] = (struct midge_pollfd){.sock = p->wake_fd, .events = MIDGE_POLL_IN};
    }
    return 1 + names_interest(&p->names, cap > 0 ? own + 1 : NULL, cap > 0 ? cap - 1 : 0);
}

static int sleep_ms(const struct bsd *p, int timeout_ms)
{
    return midge__bsd_wake_limit(p, names_sleep(&p->names, timeout_ms));
}

static int bsd_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct bsd *p = ctx;
    struct midge_pollfd own[MIDGE__BSD_OWN_SOCKS];
    size_t n_own;
    int err;

    if (n > p->config.max_socks) {
        return MIDGE_ERR_INVALID;
    }
    n_own = list_own(p, own, MIDGE__BSD_OWN_SOCKS);
    err = midge__bsd_wait(p, fds, n, own, n_own, sleep_ms(p, timeout_ms));
    if (err == MIDGE_OK) {
        midge__bsd_wake_take(p, own[0].revents != 0);
    }
    names_run(&p->names);
    return err;
}

static int interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    const struct bsd *p = ctx;

    *n = list_own(p, fds, cap);
    *timeout_ms = sleep_ms(p, *timeout_ms);
    return MIDGE_OK;
}

/* --- Attach and detach --- */

static size_t max_socks(const struct midge_bsd_config *config)
{
    return config->max_socks != 0 ? config->max_socks : DEFAULT_MAX_SOCKS;
}

/* SIZE_MAX if there are too many. */
size_t midge_bsd_needed(const struct midge_bsd_config *config)
{
#if MIDGE_BSD_SELECT
    (void)config;
    return sizeof(struct bsd);
#else
    const size_t each = sizeof(struct pollfd), n = max_socks(config);

    if (n > (SIZE_MAX - sizeof(struct bsd)) / each - MIDGE__BSD_OWN_SOCKS) {
        return SIZE_MAX;
    }
    return sizeof(struct bsd) + (n + MIDGE__BSD_OWN_SOCKS) * each;
#endif
}

static bool has_all_calls(const struct midge_port *port)
{
    return port->clock_ms != NULL && port->clock_us != NULL && port->wall_time != NULL &&
           port->entropy != NULL && port->dns_start != NULL && port->dns_cancel != NULL;
}

static void set_calls(struct midge_port *port)
{
    port->connect = midge__bsd_tcp_connect;
    port->connected = midge__bsd_tcp_connected;
    port->recv = midge__bsd_tcp_recv;
    port->send = midge__bsd_tcp_send;
    port->close = midge__bsd_tcp_close;
    port->poll = bsd_poll;
    port->interest = interest;
    port->wake = midge__bsd_wake;
}

static struct bsd *place(const struct midge_bsd_config *config)
{
    const size_t needed = midge_bsd_needed(config);
    struct bsd *p = config->memory;

    if (p == NULL && needed != SIZE_MAX) {
        p = malloc(needed);
    }
    if (p != NULL) {
        memset(p, 0, needed);
        p->config = *config;
        p->config.max_socks = max_socks(config);
        p->is_allocated = config->memory == NULL;
    }
    return p;
}

int midge_bsd_attach(struct midge_port *port, const struct midge_bsd_config *config)
{
    struct bsd *p;
    int err;

    port->ctx = NULL;
    midge__bsd_set_defaults(port);
    if (!has_all_calls(port) ||
        (config->memory != NULL && config->memory_size < midge_bsd_needed(config))) {
        return MIDGE_ERR_INVALID;
    }
    p = place(config);
    if (p == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    p->port = port;
    port->ctx = p;
    set_calls(port);
    midge__bsd_dns_open(p);
    err = midge__bsd_wake_open(p);
    if (err != MIDGE_OK) {
        midge_bsd_detach(port);
    }
    return err;
}

void midge_bsd_detach(struct midge_port *port)
{
    struct bsd *p = port->ctx;

    if (p == NULL) {
        return;
    }
    midge__bsd_wake_close(p);
    port->ctx = NULL;
    if (p->is_allocated) {
        free(p);
    }
}

void *midge_bsd_home(void *ctx)
{
    const struct bsd *p = ctx;

    return p->config.home;
}
