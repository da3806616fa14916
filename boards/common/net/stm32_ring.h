/* SPDX-License-Identifier: MIT */
/*
 * The two rings of descriptors between the CPU and the DMA of an STM32's Ethernet MAC (F1, F2, F4,
 * F7: the MAC with "normal" descriptors, RM0410 chapter 42). No register, no lwIP: the same code
 * runs on the desktop beside a model of the DMA (tests/unit/test_stm32_ring.c).
 *
 *     stm32_ring_init(&ring, &ops, &memory);           the DMA is stopped; then it is started
 *     buffer = stm32_ring_tx_buffer(&ring);            NULL: the ring is full, try later
 *     … write a frame …
 *     stm32_ring_tx_send(&ring, len);
 *     frame = stm32_ring_rx_take(&ring, &len);         NULL: none
 *     … copy it …
 *     stm32_ring_rx_release(&ring);
 *
 * Memory: the descriptors are in memory that no cache holds (a region of the MPU), because a line
 * of the cache is two descriptors, and one may be the CPU's while the other one is the DMA's. The
 * buffers are cached memory. Each begins at a line and is whole lines, so cleaning or invalidating
 * one never touches another.
 */
#ifndef MIDGE_BOARDS_STM32_RING_H
#define MIDGE_BOARDS_STM32_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STM32_RING_LINE   32u   /* bytes of a line of the Cortex-M7's cache */
#define STM32_RING_BUFFER 1536u /* of one frame: 1518 bytes, its FCS, filled up to lines */
#define STM32_RING_FRAME  1518u /* the longest frame, with a VLAN tag, without the FCS */

/* How many, at least 2 of each. What comes while the loop computes waits in the receive ring. */
#ifndef STM32_RING_RX
#define STM32_RING_RX 40u
#endif
#ifndef STM32_RING_TX
#define STM32_RING_TX 8u
#endif

/* As the DMA reads and writes it: RDES0 to RDES3, TDES0 to TDES3. */
struct stm32_descriptor {
    volatile uint32_t status; /* the owner, and the result */
    volatile uint32_t size;
    volatile uint32_t buffer; /* the address in the DMA's eyes */
    volatile uint32_t second; /* not used: a frame has one buffer */
};

/* Not cached, at an address that is a multiple of 16. */
struct stm32_descriptors {
    struct stm32_descriptor rx[STM32_RING_RX], tx[STM32_RING_TX];
};

/* Cached, at an address that is a multiple of STM32_RING_LINE; the DMA can access it. */
struct stm32_buffers {
    uint8_t rx[STM32_RING_RX][STM32_RING_BUFFER], tx[STM32_RING_TX][STM32_RING_BUFFER];
};

struct stm32_ring_memory {
    struct stm32_descriptors *descriptors;
    struct stm32_buffers *buffers;
    uint32_t buffers_address; /* of *buffers, in the DMA's eyes */
};

/* Calls of the machine. */
struct stm32_ring_ops {
    void (*barrier)(void *ctx); /* all accesses before it are done before any after it: DSB */
    /* The lines go to memory, or are dropped so that the next read comes from memory. Both end with
       a barrier. */
    void (*clean)(void *ctx, const void *at, size_t len);
    void (*invalidate)(void *ctx, void *at, size_t len);
    /* The DMA looks at its next descriptor again: ETH_DMARPDR, ETH_DMATPDR. */
    void (*poll_rx)(void *ctx);
    void (*poll_tx)(void *ctx);
    void *ctx;
};

struct stm32_ring {
    const struct stm32_ring_ops *ops;
    struct stm32_ring_memory memory;
    unsigned rx_at, tx_at; /* the descriptors that are next */
    uint32_t rx_bad;       /* frames that came damaged, too long, or in pieces */
    uint32_t tx_bad;       /* frames that the MAC could not send */
};

/* Gives all receive buffers to the DMA. The DMA must be stopped: it begins at the first descriptor
   of each list (descriptors->rx, ->tx). Also to begin again. */
void stm32_ring_init(struct stm32_ring *ring, const struct stm32_ring_ops *ops,
                     const struct stm32_ring_memory *memory);

/* The buffer of STM32_RING_BUFFER bytes for the next frame; NULL: the DMA has not sent the oldest
   frame yet. Without stm32_ring_tx_send it stays the next one. */
uint8_t *stm32_ring_tx_buffer(struct stm32_ring *ring);
/* Sends the first len bytes, 1 to STM32_RING_FRAME, of that buffer. The MAC adds padding and FCS.
 */
void stm32_ring_tx_send(struct stm32_ring *ring, size_t len);

/* The next whole frame without its FCS; *len: 14 to STM32_RING_FRAME. It stays valid until
   stm32_ring_rx_release, which follows each call that returned a frame. Damaged ones are dropped.
   At most STM32_RING_RX descriptors are looked at. NULL: there is no frame. */
const uint8_t *stm32_ring_rx_take(struct stm32_ring *ring, size_t *len);
void stm32_ring_rx_release(struct stm32_ring *ring);

#endif
