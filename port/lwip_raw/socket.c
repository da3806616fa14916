/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets on lwIP's raw API: lwIP's callbacks set the state of a slot; the port's calls and
 * poll read it.
 *
 *   state             waits for         leads out
 *   SOCK_FREE         connect           -> WAIT_CONNECTED
 *   SOCK_WAIT_PEER    the handshake     on_connected -> OPEN; on_error: pcb NULL, err
 *   SOCK_OPEN         bytes, room       on_recv of nothing: fin; on_error: pcb NULL, err
 *   any               close             -> FREE
 *
 * Only on_recv with no pbuf is a FIN: all bytes before it have arrived. Every other end comes by
 * on_error, after which lwIP has freed the PCB. Then recv still returns the bytes received before,
 * and after them the error, never EOF. After a FIN recv keeps returning EOF.
 */
#include "lwip_raw.h"

#include <string.h>

#include "lwip/err.h"
#include "lwip/tcp.h"

#define LINGER 40 /* half seconds */

enum sock_state { SOCK_FREE, SOCK_WAIT_PEER, SOCK_OPEN };

struct sock {
    struct tcp_pcb *pcb; /* NULL: free, or lwIP has freed it; see err */
    struct pbuf *rxq;    /* received, not yet taken */
    uint16_t generation; /* part of the handle: an old handle does not match */
    uint8_t state;       /* enum sock_state */
    err_t err;
    bool fin;       /* the peer has sent everything */
    bool no_memory; /* lwIP had none for the last send: not writable until memory is freed */
};

static struct sock socks[MIDGE_LWIP_SOCKS];
static uint32_t events_seen; /* counts lwIP's callbacks */

#define GENERATION_MASK 0x7fffu /* with 8 bits of slot, positive in 32 bits */

static midge_sock handle_of(const struct sock *s)
{
    return (midge_sock)((unsigned)s->generation << 8 | (unsigned)(s - socks));
}

static struct sock *sock_of(midge_sock handle)
{
    const size_t slot = (size_t)handle & 0xffu;
    struct sock *s = slot < MIDGE_LWIP_SOCKS ? &socks[slot] : NULL;

    if (handle < 0 || s == NULL || s->state == SOCK_FREE || handle_of(s) != handle) {
        return NULL;
    }
    return s;
}

static struct sock *sock_new(void)
{
    for (size_t i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        struct sock *s = &socks[i];
        if (s->state == SOCK_FREE) {
            const unsigned next = (s->generation + 1u) & GENERATION_MASK;
            *s = (struct sock){.generation = (uint16_t)next, .state = SOCK_WAIT_PEER};
            return s;
        }
    }
    return NULL;
}

static void sock_free(struct sock *s)
{
    s->state = SOCK_FREE;
}

/* All connections share lwIP's memory: freed memory may serve any of them. */
static void memory_freed(void)
{
    for (size_t i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        socks[i].no_memory = false;
    }
}

/* --- lwIP's callbacks --- */

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct sock *s = arg;

    (void)pcb;
    (void)err; /* lwIP always passes ERR_OK; failures go to on_error */
    events_seen++;
    s->state = SOCK_OPEN;
    return ERR_OK;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct sock *s = arg;

    (void)pcb;
    (void)err;
    events_seen++;
    if (p == NULL) {
        s->fin = true;
    } else {
        midge__lwip_rxq_add(&s->rxq, p);
    }
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    (void)arg;
    (void)pcb;
    (void)len;
    events_seen++;
    memory_freed();
    return ERR_OK;
}

/* Twice a second: memory may have been freed without a callback to this file. */
static err_t on_tick(void *arg, struct tcp_pcb *pcb)
{
    struct sock *s = arg;

    (void)pcb;
    s->no_memory = false;
    return ERR_OK;
}

/* A reset, a timeout of lwIP, or a PCB that lwIP took away: the PCB is freed already. */
static void on_error(void *arg, err_t err)
{
    struct sock *s = arg;

    events_seen++;
    s->pcb = NULL;
    s->err = err;
    memory_freed();
}

/* --- PCBs --- */

static void pcb_attach(struct sock *s)
{
    tcp_arg(s->pcb, s);
    tcp_recv(s->pcb, on_recv);
    tcp_sent(s->pcb, on_sent);
    tcp_err(s->pcb, on_error);
    tcp_poll(s->pcb, on_tick, 1);
    tcp_nagle_disable(s->pcb); /* requests are written whole: Nagle can only delay */
}

static void pcb_detach(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

static err_t on_late(void *arg, struct tcp_pcb *pcb)
{
    (void)arg;
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* Are there bytes for which the peer's window has no room? It may never have: a hanging server
   answers each probe of its closed window, and meanwhile lwIP keeps the bytes on the heap that all
   connections share. */
static bool is_stuck(const struct tcp_pcb *pcb)
{
    return pcb->state >= ESTABLISHED && pcb->unsent != NULL;
}

/* Sets a priority below every live connection, so that lwIP drops this one when a new one needs the
   PCB. The PCB lives no longer than LINGER, as a peer that never closes would hold it for
   minutes. */
static void pcb_close(struct tcp_pcb *pcb)
{
    pcb_detach(pcb);
    tcp_setprio(pcb, TCP_PRIO_MIN);
    tcp_poll(pcb, on_late, LINGER);
    if (is_stuck(pcb) || tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}

bool midge__lwip_ip(const struct midge_addr *addr, ip_addr_t *ip)
{
    if (addr->family == 4) {
        ip_addr_set_zero_ip4(ip);
        memcpy(&ip_2_ip4(ip)->addr, addr->bytes, 4);
        return true;
    }
#if LWIP_IPV6
    if (addr->family == 6 && addr->scope <= UINT8_MAX) {
        ip_addr_set_zero_ip6(ip);
        memcpy(ip_2_ip6(ip)->addr, addr->bytes, 16);
        ip6_addr_set_zone(ip_2_ip6(ip), (u8_t)addr->scope);
        return true;
    }
#endif
    return false;
}

static err_t begin_connect(struct sock *s, const ip_addr_t *ip, uint16_t port)
{
    err_t err;

    s->pcb = tcp_new_ip_type(IP_GET_TYPE(ip));
    if (s->pcb == NULL) {
        return ERR_MEM;
    }
    pcb_attach(s);
    err = tcp_connect(s->pcb, ip, port, on_connected);
    if (err != ERR_OK) {
        pcb_detach(s->pcb);
        tcp_abort(s->pcb); /* not even a SYN was sent: nothing is sent */
    }
    return err;
}

/* --- The port's calls --- */

static int connect_fails(err_t err, int *native)
{
    midge__native(native, err);
    return err == ERR_MEM ? MIDGE_ERR_NO_MEMORY : MIDGE_ERR_CONNECT;
}

int midge__lwip_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native)
{
    struct sock *s;
    ip_addr_t ip;
    err_t err;

    (void)ctx;
    *sock = MIDGE_SOCK_NONE;
    midge__native(native, 0);
    if (addr->family != 4 && addr->family != 6) {
        return MIDGE_ERR_INVALID;
    }
    if (!midge__lwip_ip(addr, &ip)) {
        return connect_fails(ERR_VAL, native);
    }
    if (midge__lwip_seed() != MIDGE_OK) {
        return MIDGE_ERR_ENTROPY;
    }
    s = sock_new();
    if (s == NULL) {
        return connect_fails(ERR_MEM, native);
    }
    err = begin_connect(s, &ip, port);
    if (err != ERR_OK) {
        sock_free(s);
        return connect_fails(err, native);
    }
    *sock = handle_of(s);
    return MIDGE_OK;
}

int midge__lwip_connected(void *ctx, midge_sock sock, int *native)
{
    const struct sock *s = sock_of(sock);

    (void)ctx;
    midge__native(native, 0);
    if (s == NULL) {
        return connect_fails(ERR_ARG, native);
    }
    if (s->state == SOCK_OPEN) {
        return MIDGE_OK; /* recv and send report later events */
    }
    if (s->pcb != NULL) {
        return MIDGE_ERR_AGAIN;
    }
    midge__native(native, s->err);
    return MIDGE_ERR_CONNECT;
}

int midge__lwip_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    struct sock *s = sock_of(sock);

    (void)ctx;
    *n = 0;
    midge__native(native, s == NULL ? ERR_ARG : 0);
    if (s == NULL) {
        return MIDGE_ERR_RECV;
    }
    if (cap == 0) {
        return MIDGE_ERR_INVALID;
    }
    if (s->rxq != NULL) {
        *n = midge__lwip_rxq_take(&s->rxq, buf, cap);
        if (s->pcb != NULL) {
            tcp_recved(s->pcb, (u16_t)*n); /* now the peer may send as many bytes more */
        }
        return MIDGE_OK;
    }
    if (s->fin) {
        return MIDGE_ERR_EOF;
    }
    if (s->pcb != NULL) {
        return MIDGE_ERR_AGAIN;
    }
    midge__native(native, s->err);
    return MIDGE_ERR_RECV;
}

/* Queues as many bytes as the send buffer has room for; with too little memory, up to one
   segment. */
static err_t queue_bytes(struct tcp_pcb *pcb, const uint8_t *buf, size_t len, u16_t *n)
{
    err_t err;

    *n = (u16_t)LWIP_MIN(len, tcp_sndbuf(pcb));
    if (*n == 0) {
        return ERR_MEM;
    }
    err = tcp_write(pcb, buf, *n, TCP_WRITE_FLAG_COPY);
    if (err == ERR_MEM && *n > tcp_mss(pcb)) {
        *n = tcp_mss(pcb);
        err = tcp_write(pcb, buf, *n, TCP_WRITE_FLAG_COPY);
    }
    return err;
}

int midge__lwip_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    struct sock *s = sock_of(sock);
    u16_t queued;
    err_t err;

    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (s == NULL || s->pcb == NULL) {
        midge__native(native, s == NULL ? ERR_ARG : s->err);
        return MIDGE_ERR_SEND;
    }
    if (len == 0) {
        return MIDGE_ERR_INVALID;
    }
    if (s->state == SOCK_WAIT_PEER) {
        return MIDGE_ERR_AGAIN;
    }
    err = queue_bytes(s->pcb, buf, len, &queued);
    if (err == ERR_OK) {
        (void)tcp_output(s->pcb); /* lwIP's timers send the rest */
        *n = queued;
        return MIDGE_OK;
    }
    if (err == ERR_MEM) {
        s->no_memory = true;
        return MIDGE_ERR_AGAIN;
    }
    midge__native(native, err);
    return MIDGE_ERR_SEND;
}

void midge__lwip_close(void *ctx, midge_sock sock)
{
    struct sock *s = sock_of(sock);

    (void)ctx;
    if (s == NULL) {
        return;
    }
    if (s->rxq != NULL) {
        (void)pbuf_free(s->rxq);
    }
    if (s->pcb != NULL) {
        pcb_close(s->pcb); /* a reset if bytes are unread: the peer must not think they were read */
    }
    sock_free(s);
    memory_freed();
}

/* --- Readiness --- */

static bool writable(const struct sock *s)
{
    return !s->no_memory && tcp_sndbuf(s->pcb) > TCP_SNDLOWAT &&
           tcp_sndqueuelen(s->pcb) < TCP_SNDQUEUELOWAT;
}

uint32_t midge__lwip_events(void)
{
    return events_seen;
}

uint8_t midge__lwip_ready(midge_sock sock, uint8_t events)
{
    const struct sock *s = sock_of(sock);
    uint8_t ready = 0;

    /* Every wanted direction is ready then, so that the next recv or send returns the code. */
    if (s == NULL || s->pcb == NULL) {
        return (uint8_t)(MIDGE_POLL_ERR | (events & (MIDGE_POLL_IN | MIDGE_POLL_OUT)));
    }
    if (s->state != SOCK_OPEN) {
        return 0;
    }
    if ((events & MIDGE_POLL_IN) && (s->rxq != NULL || s->fin)) {
        ready |= MIDGE_POLL_IN;
    }
    if ((events & MIDGE_POLL_OUT) && writable(s)) {
        ready |= MIDGE_POLL_OUT;
    }
    return ready;
}
