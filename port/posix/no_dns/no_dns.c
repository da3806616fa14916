/* SPDX-License-Identifier: MIT */
/* In place of dns.c and dns_order.c in programs without c-ares: no name is resolved. */
#include "../posix.h"

int midge__posix_dns_open(struct posix *p)
{
    (void)p;
    return MIDGE_OK;
}

void midge__posix_dns_close(struct posix *p)
{
    (void)p;
}

int midge__posix_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    (void)host;
    (void)query;
    return MIDGE_ERR_UNSUPPORTED;
}

void midge__posix_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    (void)query;
}

size_t midge__posix_dns_interest(struct posix *p, struct pollfd *fds, int *timeout_ms)
{
    (void)p;
    (void)fds;
    (void)timeout_ms;
    return 0;
}

void midge__posix_dns_process(struct posix *p, const struct pollfd *fds, size_t n)
{
    (void)p;
    (void)fds;
    (void)n;
}
