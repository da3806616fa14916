/* SPDX-License-Identifier: MIT */
/*
 * slirp is one thread's at a time (lock): the one that polls, or the one in which lwIP sends. What
 * slirp sends to the guest is only queued in its callback, and given to lwIP with the lock free:
 * else lwIP's answer would enter slirp again from inside.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS /* the system's, which libslirp.h includes */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <slirp/libslirp.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/pbuf.h>

#include "slirp_netif.h"

enum {
    FRAME_MAX = 1514,
    FIFO_FRAMES = 64, /* of received ones that lwIP has no room for */
    FDS_MAX = 1024
};

struct frame {
    struct frame *next;
    size_t len;
    uint8_t bytes[];
};

struct slirp_netif {
    Slirp *slirp;
    pthread_mutex_t lock; /* of slirp and the FIFO */
    int kick_fd;          /* eventfd: there is something new to poll for */
    struct frame *first, **last;
    unsigned frames;
    struct pollfd fds[FDS_MAX]; /* of the thread that polls; [0] is kick_fd */
    int n_fds;
};

unsigned short midge_lwip_dns_port = 53;

void slirp_netif_addresses(ip4_addr_t *ip, ip4_addr_t *mask, ip4_addr_t *router)
{
    IP4_ADDR(ip, 192, 0, 2, 15);
    IP4_ADDR(mask, 255, 255, 255, 0);
    IP4_ADDR(router, 192, 0, 2, 2);
}

/* --- What slirp asks of its host --- */

/* The router sends a frame to lwIP. The lock is held: this is within slirp. */
static ssize_t on_frame(const void *bytes, size_t len, void *opaque)
{
    struct slirp_netif *s = opaque;
    struct frame *frame;

    if (s->frames >= FIFO_FRAMES || (frame = malloc(sizeof *frame + len)) == NULL)
        return (ssize_t)len; /* lost, as on a wire; TCP sends it again */
    frame->next = NULL;
    frame->len = len;
    memcpy(frame->bytes, bytes, len);
    *s->last = frame;
    s->last = &frame->next;
    s->frames++;
    return (ssize_t)len;
}

static int64_t clock_ns(void *opaque)
{
    struct timespec t;

    (void)opaque;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void guest_error(const char *message, void *opaque)
{
    (void)message;
    (void)opaque;
}

/* Timers are for IPv6 router advertisements that come without a question. */
static void *timer_new(SlirpTimerCb callback, void *callback_opaque, void *opaque)
{
    (void)callback;
    (void)callback_opaque;
    return opaque;
}

static void timer_free(void *timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void timer_mod(void *timer, int64_t expire_time, void *opaque)
{
    (void)timer;
    (void)expire_time;
    (void)opaque;
}

static void poll_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
}

static void kick(const struct slirp_netif *s)
{
    const uint64_t one = 1;

    while (write(s->kick_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void notify(void *opaque)
{
    kick(opaque);
}

static const SlirpCb callbacks = {
    .send_packet = on_frame,
    .guest_error = guest_error,
    .clock_get_ns = clock_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = poll_fd,
    .unregister_poll_fd = poll_fd,
    .notify = notify,
};

static struct in_addr address(uint8_t last_byte)
{
    return (struct in_addr){htonl(0xc0000200u | last_byte)};
}

static struct in6_addr address6(uint8_t last_byte)
{
    return (struct in6_addr){.s6_addr = {0x20, 0x01, 0x0d, 0xb8, [15] = last_byte}};
}

static Slirp *slirp_open(struct slirp_netif *s)
{
    SlirpConfig config = {
        .version = 1,
        .in_enabled = true,
        .in6_enabled = true,
        .vprefix_addr6 = address6(0),
        .vprefix_len = 64,
        .vhost6 = address6(2),
        .vnameserver6 = address6(3),
        .vnetwork = address(0),
        .vnetmask = {htonl(0xffffff00u)},
        .vhost = address(2),
        .vnameserver = address(3),
        .vdhcp_start = address(15),
    };

    return slirp_new(&config, &callbacks, s);
}

/* --- lwIP sends --- */

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct slirp_netif *s = netif->state;
    uint8_t bytes[FRAME_MAX];
    const int len = pbuf_copy_partial(p, bytes, sizeof bytes, ETH_PAD_SIZE);

    (void)pthread_mutex_lock(&s->lock);
    slirp_input(s->slirp, bytes, len);
    (void)pthread_mutex_unlock(&s->lock);
    kick(s); /* it may have answered at once, or wait for a new socket */
    return ERR_OK;
}

/* --- lwIP receives --- */

static struct frame *fifo_take(struct slirp_netif *s)
{
    struct frame *frame;

    (void)pthread_mutex_lock(&s->lock);
    frame = s->first;
    if (frame != NULL) {
        s->first = frame->next;
        if (s->first == NULL)
            s->last = &s->first;
        s->frames--;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return frame;
}

static void fifo_put_back(struct slirp_netif *s, struct frame *frame)
{
    (void)pthread_mutex_lock(&s->lock);
    frame->next = s->first;
    if (s->first == NULL)
        s->last = &frame->next;
    s->first = frame;
    s->frames++;
    (void)pthread_mutex_unlock(&s->lock);
}

/* Not more than a FIFO full at a time: lwIP's answers may bring new frames for ever. */
static void deliver(struct netif *netif, struct slirp_netif *s)
{
    struct frame *frame;
    struct pbuf *p;

    for (int i = 0; i < FIFO_FRAMES && (frame = fifo_take(s)) != NULL; i++) {
        p = pbuf_alloc(PBUF_RAW, (u16_t)(frame->len + ETH_PAD_SIZE), PBUF_POOL);
        if (p == NULL) {
            fifo_put_back(s, frame);
            return;
        }
        (void)pbuf_take_at(p, frame->bytes, (u16_t)frame->len, ETH_PAD_SIZE);
        free(frame);
        if (netif->input(p, netif) != ERR_OK)
            pbuf_free(p);
    }
}

/* --- The host's sockets --- */

static int add_poll(int fd, int events, void *opaque)
{
    struct slirp_netif *s = opaque;
    short wanted = 0;

    if (s->n_fds == FDS_MAX)
        return -1;
    wanted |= (events & SLIRP_POLL_IN) ? POLLIN : 0;
    wanted |= (events & SLIRP_POLL_OUT) ? POLLOUT : 0;
    wanted |= (events & SLIRP_POLL_PRI) ? POLLPRI : 0;
    s->fds[s->n_fds] = (struct pollfd){.fd = fd, .events = wanted};
    return s->n_fds++;
}

static int get_revents(int index, void *opaque)
{
    const struct slirp_netif *s = opaque;
    const short ready = index < 0 ? 0 : s->fds[index].revents;

    return ((ready & POLLIN) ? SLIRP_POLL_IN : 0) | ((ready & POLLOUT) ? SLIRP_POLL_OUT : 0) |
           ((ready & POLLPRI) ? SLIRP_POLL_PRI : 0) | ((ready & POLLERR) ? SLIRP_POLL_ERR : 0) |
           ((ready & POLLHUP) ? SLIRP_POLL_HUP : 0);
}

/* What to wait for, and how long at most. A frame that waits for a pbuf is tried again soon. */
static int prepare(struct slirp_netif *s, int timeout_ms)
{
    uint32_t wait = timeout_ms < 0 ? UINT32_MAX : (uint32_t)timeout_ms;
    unsigned waiting;

    s->fds[0] = (struct pollfd){.fd = s->kick_fd, .events = POLLIN};
    s->n_fds = 1;
    (void)pthread_mutex_lock(&s->lock);
    slirp_pollfds_fill(s->slirp, &wait, add_poll, s);
    waiting = s->frames;
    (void)pthread_mutex_unlock(&s->lock);
    if (waiting > 0 && wait > 1)
        wait = 1;
    return wait > INT32_MAX ? -1 : (int)wait;
}

void slirp_netif_poll(struct netif *netif, int timeout_ms)
{
    struct slirp_netif *s = netif->state;
    uint64_t count;
    int failed;

    timeout_ms = prepare(s, timeout_ms);
    failed = poll(s->fds, (nfds_t)s->n_fds, timeout_ms) < 0;
    while (s->fds[0].revents != 0 && read(s->kick_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    (void)pthread_mutex_lock(&s->lock);
    slirp_pollfds_poll(s->slirp, failed, get_revents, s);
    (void)pthread_mutex_unlock(&s->lock);
    deliver(netif, s);
}

void slirp_netif_kick(struct netif *netif)
{
    kick(netif->state);
}

/* --- Open and close --- */

err_t slirp_netif_init(struct netif *netif)
{
    static const uint8_t mac[ETH_HWADDR_LEN] = {0x02, 0, 0, 0, 0, 0x0f};
    struct slirp_netif *s = calloc(1, sizeof *s);

    if (s == NULL)
        return ERR_MEM;
    s->last = &s->first;
    (void)pthread_mutex_init(&s->lock, NULL);
    s->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->slirp = slirp_open(s);
    netif->state = s;
    if (s->kick_fd < 0 || s->slirp == NULL) {
        slirp_netif_free(netif);
        return ERR_MEM;
    }
    netif->name[0] = 's';
    netif->name[1] = 'l';
    netif->mtu = 1500;
    netif->hwaddr_len = sizeof mac;
    memcpy(netif->hwaddr, mac, sizeof mac);
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
#endif
    netif->linkoutput = link_output;
    return ERR_OK;
}

void slirp_netif_up(struct netif *netif)
{
#if LWIP_IPV6
    ip6_addr_t address;
    s8_t index = 1;

    netif_create_ip6_linklocal_address(netif, 1);
    netif_ip6_addr_set_state(netif, 0, IP6_ADDR_PREFERRED); /* no other host has it */
    IP6_ADDR(&address, PP_HTONL(0x20010db8), 0, 0, PP_HTONL(0x15));
    (void)netif_add_ip6_address(netif, &address, &index);
    netif_ip6_addr_set_state(netif, index, IP6_ADDR_PREFERRED);
#endif
    netif_set_up(netif);
}

void slirp_netif_free(struct netif *netif)
{
    struct slirp_netif *s = netif->state;
    struct frame *frame;

    while ((frame = fifo_take(s)) != NULL)
        free(frame);
    if (s->slirp != NULL)
        slirp_cleanup(s->slirp);
    if (s->kick_fd >= 0)
        (void)close(s->kick_fd);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    netif->state = NULL;
}
