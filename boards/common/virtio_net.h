/* SPDX-License-Identifier: MIT */
/*
 * An Ethernet card by virtio-mmio, legacy (version 1, QEMU's default) or modern (version 2).
 * Polled: the device is asked for no interrupts. Needs a little-endian core on which memory has the
 * same address for CPU and device.
 *
 *     static struct virtio_net net;
 *     netif->state = &net;
 *     return virtio_net_start(netif, first, step, count);      the board's hw_netif_init
 *     virtio_net_poll(netif);                                  its hw_netif_poll
 */
#ifndef MIDGE_BOARDS_VIRTIO_NET_H
#define MIDGE_BOARDS_VIRTIO_NET_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/netif.h>

#define VIRTIO_NET_SLOTS                                                                           \
    16 /* of each queue, a power of two; each has a frame buffer of its own                        \
        */
#define VIRTIO_NET_FRAME 1514
#define VIRTIO_NET_BYTES (12 + VIRTIO_NET_FRAME) /* with virtio's header */

struct virtio_net_descriptor {
    uint64_t address;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

/* A queue as the device sees it. Legacy devices want it on a page of its own and `used` at the
   alignment they are told, here 64. */
struct virtio_net_ring {
    alignas(4096) struct virtio_net_descriptor descriptors[VIRTIO_NET_SLOTS];
    struct {
        uint16_t flags;
        uint16_t index;
        uint16_t slots[VIRTIO_NET_SLOTS];
        uint16_t event;
    } available;
    alignas(64) struct {
        uint16_t flags;
        uint16_t index;
        struct {
            uint32_t slot;
            uint32_t len;
        } slots[VIRTIO_NET_SLOTS];
        uint16_t event;
    } used;
};

struct virtio_net_queue {
    struct virtio_net_ring ring;
    uint16_t seen; /* used.index up to which slots were taken back */
    alignas(4) uint8_t buffers[VIRTIO_NET_SLOTS][VIRTIO_NET_BYTES];
};

struct virtio_net {
    struct virtio_net_queue receive, send;
    volatile uint32_t *registers;
    uint32_t send_free; /* slots of `send` not with the device, a bit each */
    uint32_t dropped;   /* frames for which there was no memory, or that lwIP refused */
    size_t header;      /* of each frame, by version: 10 or 12 */
    bool is_legacy;
    bool tells_link;
    bool is_broken; /* it answered what no device may: nothing is asked of it any more */
};

/*
 * Takes the first network card of `count` places, `step` bytes apart; fills in hwaddr, mtu, flags,
 * linkoutput and output. netif->state is a struct virtio_net. ERR_IF: there is none that works.
 */
err_t virtio_net_start(struct netif *netif, uintptr_t first, size_t step, size_t count);

/* Received frames to netif->input, a queue full at most, and news of the link. */
void virtio_net_poll(struct netif *netif);

#endif
