/* SPDX-License-Identifier: MIT */
/* As kernel.h. */
#ifndef FAKE_ZEPHYR_DNS_RESOLVE_H
#define FAKE_ZEPHYR_DNS_RESOLVE_H

#include <zephyr/net/net_ip.h>

struct dns_resolve_context {
    struct dns_server {
        struct sockaddr dns_server;
        int sock;
    } servers[3];
    struct k_mutex lock;
};

struct dns_resolve_context *dns_resolve_get_default(void);

#endif
