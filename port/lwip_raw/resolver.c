/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by midge's resolver (port/resolver) on lwIP's UDP, in place of dns.c. The servers are
 * those of lwIP, which DHCP sets; lwIP's own resolver is not asked.
 *
 * Each lookup has a UDP control block. Its callback reads the answer at once, inside poll, where
 * lwIP runs.
 */
#include "lwip_raw.h"

#if MIDGE_WITH_RESOLVER

#include "../resolver/resolver.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/netif.h"
#include "lwip/prot/dns.h"
#include "lwip/udp.h"

#include "lwip_hooks.h"

/* Lookups at once: the UDP control blocks but for DHCP's and the board's. */
enum {
    LOOKUPS = MIDGE_LWIP_SOCKS < MEMP_NUM_UDP_PCB - 2 ? MIDGE_LWIP_SOCKS : MEMP_NUM_UDP_PCB - 2
};
_Static_assert(LOOKUPS > 0,
               "lwipopts.h: set MEMP_NUM_UDP_PCB to 6: DHCP's, the board's, 4 lookups");

enum { PORT_TRIES = 4 }; /* ports that others may use already */

/* Weak: a program may define its own variable to change the port. */
__attribute__((weak)) uint16_t midge_lwip_dns_port = 53;

static struct midge__resolver_lookup lookups[LOOKUPS];
static struct udp_pcb *pcbs[LOOKUPS];

static struct midge__resolver resolver;

static unsigned find_servers(const struct midge__resolver *r, struct midge_addr *servers,
                             unsigned cap)
{
    (void)r;
    return midge__lwip_servers(servers, cap);
}

static unsigned find_families(const struct midge__resolver *r)
{
    (void)r;
    return midge__lwip_families();
}

static int random_bytes(const struct midge__resolver *r, uint8_t *buf, size_t len)
{
    const int err = midge__lwip_seed();

    (void)r;
    while (len > 0) {
        const uint32_t word = midge__lwip_rand();
        const size_t n = LWIP_MIN(len, sizeof word);
        memcpy(buf, &word, n);
        buf += n;
        len -= n;
    }
    return err;
}

/* --- Datagrams --- */

#if MIDGE_RESOLVER_PAYLOAD > 512
/* An answer that came in several buffers. */
static uint8_t whole[MIDGE_RESOLVER_PAYLOAD];

static const uint8_t *bytes_of(const struct pbuf *p)
{
    if (p->next == NULL) {
        return p->payload;
    }
    return pbuf_copy_partial(p, whole, sizeof whole, 0) == p->tot_len ? whole : NULL;
}
#else
/* The driver's buffers hold a segment, so an answer is in one, or is longer than was asked for. */
static const uint8_t *bytes_of(const struct pbuf *p)
{
    return p->next == NULL ? p->payload : NULL;
}
#endif

static void on_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                        u16_t port)
{
    const uint8_t *bytes = bytes_of(p);
    struct midge_addr addr;

    (void)pcb;
    midge__lwip_addr(from, &addr);
    if (port == DNS_SERVER_PORT && bytes != NULL) {
        midge__resolver_datagram(&resolver, (unsigned)((struct udp_pcb **)arg - pcbs), &addr, bytes,
                                 p->tot_len);
    }
    pbuf_free(p);
}

static bool open_pcb(unsigned slot, uint16_t local_port)
{
    struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    unsigned tries = PORT_TRIES;

    if (pcb == NULL) {
        return false;
    }
    while (tries-- > 0 && udp_bind(pcb, IP_ANY_TYPE, local_port) != ERR_OK) {
        local_port ^= 0x5555; /* another one that is as hard to guess */
    }
    if (pcb->local_port == 0) {
        udp_remove(pcb);
        return false;
    }
    udp_recv(pcb, on_datagram, &pcbs[slot]);
    pcbs[slot] = pcb;
    return true;
}

static void send_datagram(struct midge__resolver *r, unsigned slot, uint16_t local_port,
                          const struct midge_addr *to, const uint8_t *bytes, size_t len)
{
    struct pbuf *p;
    ip_addr_t ip;

    (void)r;
    if (!midge__lwip_ip(to, &ip) || (pcbs[slot] == NULL && !open_pcb(slot, local_port))) {
        return;
    }
    p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM);
    if (p != NULL) {
        (void)pbuf_take(p, bytes, (u16_t)len);
        (void)udp_sendto(pcbs[slot], p, &ip, DNS_SERVER_PORT);
        pbuf_free(p);
    }
}

static void close_pcb(struct midge__resolver *r, unsigned slot)
{
    (void)r;
    if (pcbs[slot] != NULL) {
        udp_remove(pcbs[slot]);
        pcbs[slot] = NULL;
    }
}

static const struct midge__resolver_net net = {
    .servers = find_servers,
    .families = find_families,
    .random = random_bytes,
    .send = send_datagram,
    .close = close_pcb,
};

/* --- The port's calls --- */

void midge__lwip_dns_attach(const struct midge_port *port)
{
    resolver.net = &net;
    resolver.port = port;
    resolver.lookups = lookups;
    resolver.n_lookups = LOOKUPS;
}

int midge__lwip_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    if (!midge__lwip_dns_asks(host, query)) {
        return MIDGE_OK;
    }
    resolver.server_port = DNS_SERVER_PORT;
    return midge__resolver_start(&resolver, host, query);
}

void midge__lwip_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    midge__resolver_cancel(&resolver, query);
}

bool midge__lwip_dns_run(void)
{
    return midge__resolver_run(&resolver);
}

uint32_t midge__lwip_dns_left(void)
{
    return midge__resolver_left(&resolver);
}

#endif
