/* SPDX-License-Identifier: MIT */
/*
 * The name servers and the address families of lwIP, for midge's resolver. DHCP changes them in
 * lwIP's task, so they are read there: the resolver's task waits for it.
 */
#include "esp_internal.h"

#include <lwip/priv/tcpip_priv.h>

#include "port/lwip_address.h"

struct view {
    struct tcpip_api_call_data call; /* first: lwIP passes its address */
    struct midge_addr *servers;
    unsigned cap, n, families;
};

static err_t on_view(struct tcpip_api_call_data *call)
{
    struct view *view = (struct view *)(void *)call;
    view->n = midge__lwip_servers(view->servers, view->cap);
    view->families = midge__lwip_families();
    return ERR_OK;
}

unsigned midge__esp_servers(void *home, struct midge_addr *servers, unsigned cap)
{
    struct view view = {.servers = servers, .cap = cap};
    (void)home;
    (void)tcpip_api_call(on_view, &view.call);
    return view.n;
}

unsigned midge__esp_families(void *home)
{
    struct view view = {.cap = 0};
    (void)home;
    (void)tcpip_api_call(on_view, &view.call);
    return view.families;
}
