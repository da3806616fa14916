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

/* A queue in the device's layout. Legacy devices require a page of its own, and `used` at the
   alignment that the driver sets, here 64. */
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
    uint32_t send_free; /* slots of `send` that the driver owns, a bit each */
    uint32_t dropped;   /* frames that lwIP refused, or for which there was no memory */
    size_t header;      /* of each frame, by version: 10 or 12 */
    bool is_legacy;
    bool tells_link;
    bool is_broken; /* the device returned an illegal value: it is not used any more */
};

/*
 * Uses the first network card among `count` places, `step` bytes apart; fills in hwaddr, mtu,
 * flags, linkoutput and output. netif->state is a struct virtio_net. ERR_IF: there is no card that
 * works.
 */
err_t virtio_net_start(struct netif *netif, uintptr_t first, size_t step, size_t count);

/* Passes received frames to netif->input, at most a full queue, and reports changes of the link. */
void virtio_net_poll(struct netif *netif);

#endif
