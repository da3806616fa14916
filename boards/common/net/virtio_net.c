/* SPDX-License-Identifier: MIT */
/*
 * virtio 1.1: 4.2 (mmio, 4.2.4 legacy), 2.6 (split queues), 5.1 (network device). Values from the
 * device are not trusted: a slot number or length out of range ends its use.
 */
#include "virtio_net.h"
#include "ethernet_netif.h"

#include <stdatomic.h>
#include <string.h>

#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <netif/ethernet.h>

/* Registers, in words. */
enum {
    MAGIC = 0x00 / 4,
    VERSION = 0x04 / 4,
    DEVICE = 0x08 / 4,
    DEVICE_FEATURES = 0x10 / 4,
    DEVICE_FEATURES_SELECT = 0x14 / 4,
    DRIVER_FEATURES = 0x20 / 4,
    DRIVER_FEATURES_SELECT = 0x24 / 4,
    LEGACY_PAGE_SIZE = 0x28 / 4,
    QUEUE_SELECT = 0x30 / 4,
    QUEUE_SLOTS_MAX = 0x34 / 4,
    QUEUE_SLOTS = 0x38 / 4,
    LEGACY_QUEUE_ALIGN = 0x3c / 4,
    LEGACY_QUEUE_PAGE = 0x40 / 4,
    QUEUE_READY = 0x44 / 4,
    QUEUE_NOTIFY = 0x50 / 4,
    INTERRUPT_STATUS = 0x60 / 4,
    INTERRUPT_ACKNOWLEDGE = 0x64 / 4,
    STATUS = 0x70 / 4,
    QUEUE_DESCRIPTORS = 0x80 / 4, /* low word, then high */
    QUEUE_AVAILABLE = 0x90 / 4,
    QUEUE_USED = 0xa0 / 4
};
#define CONFIG 0x100 /* in bytes, read by bytes: MAC address, then a status of 16 bits */

#define MAGIC_VALUE    0x74726976u /* "virt" */
#define DEVICE_NETWORK 1
#define PAGE           4096u

enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_FAILED = 128
};
#define FEATURE_MAC       (1u << 5)
#define FEATURE_STATUS    (1u << 16)
#define FEATURE_LAYOUT    (1u << 27) /* legacy: header and frame may be one descriptor */
#define FEATURE_VERSION_1 (1u << 0)  /* of the second word */

#define DESCRIPTOR_WRITE 2 /* the device writes to it */
#define NO_INTERRUPT     1 /* available.flags */
#define INTERRUPT_CONFIG 2
#define LINK_UP          1

enum { RECEIVE, SEND };

#define PATIENCE 100000u /* reads of a register or of the ring */

_Static_assert(offsetof(struct virtio_net_ring, available) == 16 * VIRTIO_NET_SLOTS,
               "the available ring follows the descriptors (2.6.2)");
_Static_assert(VIRTIO_NET_SLOTS <= 32, "send_free has a bit for each");

static struct virtio_net *net_of(const struct netif *netif)
{
    return netif->state;
}

static uint8_t config_byte(const struct virtio_net *net, size_t offset)
{
    return ((volatile uint8_t *)net->registers)[CONFIG + offset];
}

/* --- queues --- */

/* The device may read or write index fields at any time. */
static uint16_t used_index(const struct virtio_net_queue *queue)
{
    uint16_t index = *(const volatile uint16_t *)&queue->ring.used.index;
    atomic_thread_fence(memory_order_seq_cst); /* before the data that it announces is read */
    return index;
}

static void offer(struct virtio_net_queue *queue, uint16_t slot)
{
    volatile uint16_t *index = &queue->ring.available.index;
    queue->ring.available.slots[*index % VIRTIO_NET_SLOTS] = slot;
    atomic_thread_fence(memory_order_seq_cst);
    *index = (uint16_t)(*index + 1);
}

static void notify(const struct virtio_net *net, uint32_t which)
{
    atomic_thread_fence(memory_order_seq_cst);
    net->registers[QUEUE_NOTIFY] = which;
}

static void give_up(struct virtio_net *net)
{
    net->is_broken = true;
    net->registers[STATUS] = STATUS_FAILED;
}

/* The next slot that the device has finished, and how many bytes it wrote; false: none. */
static bool take(struct virtio_net *net, struct virtio_net_queue *queue, uint16_t *slot,
                 uint32_t *len)
{
    const uint16_t index = used_index(queue);
    const uint16_t ready = (uint16_t)(index - queue->seen);
    if (net->is_broken || ready == 0) {
        return false;
    }
    const volatile uint32_t *entry = &queue->ring.used.slots[queue->seen % VIRTIO_NET_SLOTS].slot;
    const uint32_t id = entry[0];
    *len = entry[1];
    if (ready > VIRTIO_NET_SLOTS || id >= VIRTIO_NET_SLOTS) {
        give_up(net);
        return false;
    }
    *slot = (uint16_t)id;
    queue->seen++;
    return true;
}

/* --- sending --- */

static void reclaim(struct virtio_net *net)
{
    uint16_t slot;
    uint32_t len;
    for (int i = 0; i < VIRTIO_NET_SLOTS && take(net, &net->send, &slot, &len); i++) {
        net->send_free |= UINT32_C(1) << slot;
    }
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    struct virtio_net *net = net_of(netif);
    struct virtio_net_queue *queue = &net->send;
    const uint32_t len = (uint32_t)frame->tot_len - ETH_PAD_SIZE;
    if (len > VIRTIO_NET_FRAME) {
        return ERR_VAL;
    }
    reclaim(net);
    for (uint32_t tries = 0; net->send_free == 0 && tries < PATIENCE; tries++) {
        reclaim(net);
    }
    if (net->send_free == 0 || net->is_broken) {
        LINK_STATS_INC(link.drop);
        return ERR_IF;
    }
    uint16_t slot = 0;
    while ((net->send_free >> slot & 1) == 0) {
        slot++;
    }
    net->send_free &= ~(UINT32_C(1) << slot);
    memset(queue->buffers[slot], 0, net->header); /* no offloading */
    (void)pbuf_copy_partial(frame, queue->buffers[slot] + net->header, (u16_t)len, ETH_PAD_SIZE);
    queue->ring.descriptors[slot].len = (uint32_t)net->header + len;
    offer(queue, slot);
    notify(net, SEND);
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

/* --- receiving --- */

static void receive_frame(struct netif *netif, const uint8_t *data, u16_t len)
{
    struct virtio_net *net = net_of(netif);
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    if (frame == NULL) {
        net->dropped++;
        LINK_STATS_INC(link.memerr);
        return;
    }
    if (pbuf_take_at(frame, data, len, ETH_PAD_SIZE) != ERR_OK ||
        netif->input(frame, netif) != ERR_OK) {
        net->dropped++;
        LINK_STATS_INC(link.drop);
        pbuf_free(frame);
        return;
    }
    LINK_STATS_INC(link.recv);
}

static void follow_link(struct netif *netif)
{
    struct virtio_net *net = net_of(netif);
    const uint32_t news = net->registers[INTERRUPT_STATUS];
    if (news == 0) {
        return;
    }
    net->registers[INTERRUPT_ACKNOWLEDGE] = news;
    if ((news & INTERRUPT_CONFIG) == 0 || !net->tells_link) {
        return;
    }
    if ((config_byte(net, 6) & LINK_UP) != 0) {
        netif_set_link_up(netif);
    } else {
        netif_set_link_down(netif);
    }
}

void virtio_net_poll(struct netif *netif)
{
    struct virtio_net *net = net_of(netif);
    uint16_t slot;
    uint32_t len;
    bool any = false;
    if (net->is_broken) {
        netif_set_link_down(netif);
        return;
    }
    follow_link(netif);
    for (int i = 0; i < VIRTIO_NET_SLOTS && take(net, &net->receive, &slot, &len); i++) {
        if (len > net->header && len <= net->header + VIRTIO_NET_FRAME) {
            receive_frame(netif, net->receive.buffers[slot] + net->header,
                          (u16_t)(len - net->header));
        }
        offer(&net->receive, slot);
        any = true;
    }
    if (any) {
        notify(net, RECEIVE);
    }
}

/* --- starting --- */

static bool find(struct virtio_net *net, uintptr_t first, size_t step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        volatile uint32_t *at = (volatile uint32_t *)(first + i * step);
        if (at[MAGIC] == MAGIC_VALUE && at[DEVICE] == DEVICE_NETWORK &&
            (at[VERSION] == 1 || at[VERSION] == 2)) {
            net->registers = at;
            net->is_legacy = at[VERSION] == 1;
            return true;
        }
    }
    return false;
}

static bool reset(const struct virtio_net *net)
{
    net->registers[STATUS] = 0;
    for (uint32_t tries = 0; tries < PATIENCE; tries++) {
        if (net->registers[STATUS] == 0) {
            net->registers[STATUS] = STATUS_ACKNOWLEDGE;
            net->registers[STATUS] = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
            return true;
        }
    }
    return false;
}

/* Accepts only the needed features: an address, the layout, and the link state if offered. */
static bool agree(struct virtio_net *net)
{
    volatile uint32_t *registers = net->registers;
    registers[DEVICE_FEATURES_SELECT] = 0;
    const uint32_t needed = FEATURE_MAC | (net->is_legacy ? FEATURE_LAYOUT : 0);
    const uint32_t wanted = registers[DEVICE_FEATURES] & (needed | FEATURE_STATUS);
    registers[DRIVER_FEATURES_SELECT] = 0;
    registers[DRIVER_FEATURES] = wanted;
    net->tells_link = (wanted & FEATURE_STATUS) != 0;
    net->header = net->is_legacy ? 10 : 12;
    if ((wanted & needed) != needed) {
        return false;
    }
    if (net->is_legacy) {
        registers[LEGACY_PAGE_SIZE] = PAGE;
        return true;
    }
    registers[DEVICE_FEATURES_SELECT] = 1;
    if ((registers[DEVICE_FEATURES] & FEATURE_VERSION_1) == 0) {
        return false;
    }
    registers[DRIVER_FEATURES_SELECT] = 1;
    registers[DRIVER_FEATURES] = FEATURE_VERSION_1;
    registers[STATUS] = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    return (registers[STATUS] & STATUS_FEATURES_OK) != 0;
}

static void tell_address(volatile uint32_t *low_high, const volatile void *address)
{
    low_high[0] = (uint32_t)(uintptr_t)address;
    low_high[1] = (uint32_t)((uint64_t)(uintptr_t)address >> 32);
}

static bool start_queue(struct virtio_net *net, struct virtio_net_queue *queue, uint32_t which)
{
    volatile uint32_t *registers = net->registers;
    struct virtio_net_ring *ring = &queue->ring;
    memset(ring, 0, sizeof *ring);
    queue->seen = 0;
    ring->available.flags = NO_INTERRUPT;
    for (uint16_t i = 0; i < VIRTIO_NET_SLOTS; i++) {
        ring->descriptors[i].address = (uintptr_t)queue->buffers[i];
        ring->descriptors[i].len = (uint32_t)net->header + VIRTIO_NET_FRAME;
        ring->descriptors[i].flags = which == RECEIVE ? DESCRIPTOR_WRITE : 0;
        if (which == RECEIVE) {
            offer(queue, i);
        }
    }
    registers[QUEUE_SELECT] = which;
    if (registers[QUEUE_SLOTS_MAX] < VIRTIO_NET_SLOTS) {
        return false;
    }
    registers[QUEUE_SLOTS] = VIRTIO_NET_SLOTS;
    if (net->is_legacy) {
        registers[LEGACY_QUEUE_ALIGN] = 64;
        registers[LEGACY_QUEUE_PAGE] = (uint32_t)((uintptr_t)ring / PAGE);
        return true;
    }
    tell_address(registers + QUEUE_DESCRIPTORS, ring->descriptors);
    tell_address(registers + QUEUE_AVAILABLE, &ring->available);
    tell_address(registers + QUEUE_USED, &ring->used);
    registers[QUEUE_READY] = 1;
    return registers[QUEUE_READY] == 1;
}

err_t virtio_net_start(struct netif *netif, uintptr_t first, size_t step, size_t count)
{
    struct virtio_net *net = net_of(netif);
    if (!find(net, first, step, count)) {
        return ERR_IF;
    }
    if (!reset(net) || !agree(net) || !start_queue(net, &net->receive, RECEIVE) ||
        !start_queue(net, &net->send, SEND)) {
        give_up(net);
        return ERR_IF;
    }
    net->is_broken = false;
    net->dropped = 0;
    net->send_free = (uint32_t)((UINT64_C(1) << VIRTIO_NET_SLOTS) - 1);
    net->registers[STATUS] |= STATUS_DRIVER_OK;
    notify(net, RECEIVE);

    uint8_t mac[ETH_HWADDR_LEN];
    for (size_t i = 0; i < ETH_HWADDR_LEN; i++) {
        mac[i] = config_byte(net, i);
    }
    ethernet_netif(netif, mac, send_frame);
    if (!net->tells_link || (config_byte(net, 6) & LINK_UP) != 0) {
        netif->flags |= NETIF_FLAG_LINK_UP;
    }
    return ERR_OK;
}
