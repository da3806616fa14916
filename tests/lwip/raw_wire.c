/* SPDX-License-Identifier: MIT */
#include "raw_wire.h"

#include <string.h>

#include <lwip/def.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/memp.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <lwip/sys.h>

#include "midge/err.h"

enum { IP_BYTES = 20, TCP_BYTES = 20, UDP_BYTES = 8, PROTO_TCP = 6, PROTO_UDP = 17 };
static const uint8_t guest_ip[4] = {192, 0, 2, 15}, peer_ip[4] = {192, 0, 2, 2};

struct wire wire;
static struct netif netif;

uint32_t sys_now(void) /* lwIP's clock */
{
    return wire.now_ms;
}

/* --- The board --- */

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return wire.now_ms;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    static uint8_t next = 1;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        buf[i] = next++;
    }
    return wire.no_entropy ? MIDGE_ERR_ENTROPY : MIDGE_OK;
}

static void hand_over(struct pbuf *p)
{
    if (p != NULL && netif.input(p, &netif) != ERR_OK) {
        (void)pbuf_free(p);
    }
}

/* A packet of no use: IP of an unknown protocol for another host. */
static void junk(void)
{
    uint8_t bytes[64] = {0x45, 0, 0, 64, 0, 0, 0, 0, 64, 254};
    struct pbuf *p = pbuf_alloc(PBUF_RAW, sizeof bytes, PBUF_POOL);

    bytes[19] = 99;
    if (p != NULL) {
        (void)pbuf_take(p, bytes, sizeof bytes);
    }
    hand_over(p);
}

static void pump(void *ctx)
{
    (void)ctx;
    wire.pumps++;
    for (unsigned i = 0; i < wire.flood; i++) {
        junk();
    }
    wire.now_ms += wire.flood_ms;
}

static void idle(void *ctx, uint32_t ms)
{
    (void)ctx;
    wire.idles++;
    wire.idle_ms = ms;
    wire.now_ms += ms < 10 ? ms : 10; /* as a tick that ends the sleep */
    if (wire.wake_in_idle) {
        wire.wake_in_idle = false;
        wire.port.wake(wire.port.ctx);
    }
}

/* --- lwIP sends --- */

static uint32_t get(const uint8_t *bytes, size_t n)
{
    uint32_t value = 0;

    while (n-- > 0) {
        value = value << 8 | *bytes++;
    }
    return value;
}

static void put(uint8_t *bytes, size_t n, uint32_t value)
{
    while (n-- > 0) {
        bytes[n] = (uint8_t)value;
        value >>= 8;
    }
}

static err_t output(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
    struct wire_seen *s = &wire.seen;
    uint8_t bytes[2048];
    const size_t total = pbuf_copy_partial(p, bytes, sizeof bytes, 0);
    const uint8_t *transport = bytes + IP_BYTES;
    size_t header = UDP_BYTES;

    (void)n;
    (void)to;
    s->packets++;
    s->protocol = bytes[9];
    s->from = (uint16_t)get(transport, 2);
    s->to = (uint16_t)get(transport + 2, 2);
    if (s->protocol == PROTO_TCP) {
        s->seq = get(transport + 4, 4);
        s->ack = get(transport + 8, 4);
        header = (size_t)(transport[12] >> 4) * 4;
        s->flags = transport[13] & 0x1f;
        s->window = (uint16_t)get(transport + 14, 2);
    }
    s->len = total - IP_BYTES - header;
    memcpy(s->payload, transport + header, s->len);
    return ERR_OK;
}

static err_t netif_start(struct netif *n)
{
    n->output = output;
    n->mtu = 1500;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* --- The peer sends --- */

static void send_ip(uint8_t protocol, const uint8_t *bytes, size_t len)
{
    uint8_t ip[IP_BYTES] = {0x45, [8] = 64};
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(IP_BYTES + len), PBUF_POOL);

    put(ip + 2, 2, (uint32_t)(IP_BYTES + len));
    ip[9] = protocol;
    memcpy(ip + 12, peer_ip, 4);
    memcpy(ip + 16, guest_ip, 4);
    if (p != NULL) { /* as in a chip: without a buffer it is lost */
        (void)pbuf_take(p, ip, IP_BYTES);
        (void)pbuf_take_at(p, bytes, (u16_t)len, IP_BYTES);
    }
    hand_over(p);
}

void wire_send(struct wire_peer *peer, uint8_t flags, const void *bytes, size_t len)
{
    uint8_t tcp[TCP_BYTES + 1500] = {0};

    if (wire.seen.from == peer->guest && wire.seen.protocol == PROTO_TCP) {
        const bool counts = wire.seen.flags & (WIRE_SYN | WIRE_FIN);
        peer->ack = wire.seen.seq + (uint32_t)wire.seen.len + counts;
    }
    put(tcp, 2, peer->port);
    put(tcp + 2, 2, peer->guest);
    put(tcp + 4, 4, peer->seq);
    put(tcp + 8, 4, peer->ack);
    tcp[12] = (TCP_BYTES / 4) << 4;
    tcp[13] = flags;
    put(tcp + 14, 2, peer->window);
    if (len > 0) {
        memcpy(tcp + TCP_BYTES, bytes, len);
    }
    peer->seq += (uint32_t)len + ((flags & (WIRE_SYN | WIRE_FIN)) != 0);
    send_ip(PROTO_TCP, tcp, TCP_BYTES + len);
}

struct wire_peer wire_accept(void)
{
    struct wire_peer peer = {
        .port = wire.seen.to, .guest = wire.seen.from, .seq = 5000, .window = 4000};

    wire_send(&peer, WIRE_SYN | WIRE_ACK, NULL, 0);
    return peer;
}

void wire_dns_answer(uint32_t address)
{
    static const uint8_t record[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
    uint8_t udp[UDP_BYTES + 512] = {0};
    uint8_t *dns = udp + UDP_BYTES;
    size_t len = wire.seen.len;

    put(udp, 2, wire.seen.to);
    put(udp + 2, 2, wire.seen.from);
    memcpy(dns, wire.seen.payload, len);
    dns[2] |= 0x80; /* an answer */
    dns[3] = address == 0 ? 3 : 0;
    dns[7] = address != 0;
    if (address != 0) {
        memcpy(dns + len, record, sizeof record);
        put(dns + len + sizeof record, 4, address);
        len += sizeof record + 4;
    }
    put(udp + 4, 2, (uint32_t)(UDP_BYTES + len));
    send_ip(PROTO_UDP, udp, UDP_BYTES + len);
}

/* --- Open --- */

void wire_up(bool up)
{
    if (up) {
        netif_set_up(&netif);
    } else {
        netif_set_down(&netif);
    }
}

void wire_open(void)
{
    ip4_addr_t ip, mask, router;
    ip_addr_t server;

    wire.machine = (struct midge_lwip_raw){.pump = pump, .idle = idle};
    wire.port = (struct midge_port){.clock_ms = clock_ms, .entropy = entropy};
    midge_lwip_raw_attach(&wire.port, &wire.machine);
    lwip_init();
    memcpy(&ip.addr, guest_ip, 4);
    memcpy(&router.addr, peer_ip, 4);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    (void)netif_add(&netif, &ip, &mask, &router, NULL, netif_start, ip_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    ip_addr_copy_from_ip4(server, router);
    dns_setserver(0, &server);
}

void wire_pass(uint32_t ms)
{
    for (uint32_t i = 0; i < ms / 100; i++) {
        wire.now_ms += 100;
        (void)wire.port.poll(wire.port.ctx, NULL, 0, 0);
    }
}

/* --- Counts --- */

unsigned wire_pcbs(void)
{
    return lwip_stats.memp[MEMP_TCP_PCB]->used;
}

unsigned wire_buffers(void)
{
    return lwip_stats.memp[MEMP_PBUF_POOL]->used;
}

unsigned wire_heap(void)
{
    return (unsigned)lwip_stats.mem.used;
}

unsigned wire_udp(void)
{
    return lwip_stats.memp[MEMP_UDP_PCB]->used;
}
