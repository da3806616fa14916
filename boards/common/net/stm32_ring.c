/* SPDX-License-Identifier: MIT */
/*
 * The bit OWN of a descriptor says whose it and its buffer are. Only the owner writes either.
 *
 *     receiving   CPU: init            DMA: a frame         CPU: take … release
 *                 OWN set ------------ OWN cleared -------- OWN set, poll demand
 *     sending     CPU: init            CPU: tx_send         DMA: sent
 *                 OWN cleared -------- OWN set, poll demand OWN cleared
 *
 * Order, as the DMA is no part of the CPU's program order:
 *     take        OWN is read, barrier, the buffer's lines are invalidated, the buffer is read
 *     release     the buffer was read, barrier, OWN is set, barrier, poll demand
 *     tx_send     the buffer was written, its lines are cleaned, barrier, OWN is set, barrier,
 *                 poll demand
 *
 * A receive buffer is only read by the CPU, so the cache never has a dirty line of it that it could
 * write over the DMA's data. It may have a clean line, by a speculative read, from before the DMA's
 * write: therefore invalidated at take, not only at release. Init drops those that are dirty from
 * the clearing of the memory.
 *
 * Rings, not chains: the last descriptor has RER or TER, and the DMA goes on at the first one. A
 * frame that is longer than a buffer comes over several descriptors, of which none has both FS and
 * LS: each of them is dropped as it comes, so no state is needed for it.
 *
 * A full receive ring suspends the DMA (ETH_DMASR.RBUS) until a poll demand, or the next frame. So
 * each release ends with one.
 */
#include "stm32_ring.h"

#define OWN (1u << 31)

/* TDES0 */
#define TX_LAST  (1u << 29)
#define TX_FIRST (1u << 28)
#define TX_END   (1u << 21) /* TER: of the ring */
#define TX_ERROR (1u << 15) /* ES */

/* RDES0 */
#define RX_LENGTH_AT   16
#define RX_LENGTH_MASK 0x3FFFu
#define RX_ERROR       (1u << 15) /* ES */
#define RX_FIRST       (1u << 9)
#define RX_LAST        (1u << 8)
/* RDES1 */
#define RX_END (1u << 15) /* RER */

#define FCS    4u
#define HEADER 14u

_Static_assert(sizeof(struct stm32_descriptor) == 16, "the DMA reads words without gaps");
_Static_assert(STM32_RING_BUFFER % STM32_RING_LINE == 0, "a line belongs to one buffer");
_Static_assert(STM32_RING_BUFFER >= STM32_RING_FRAME + FCS, "the longest frame fits");
_Static_assert(STM32_RING_BUFFER <= 0x1FFF, "sizes have 13 bits");
_Static_assert(STM32_RING_RX >= 2 && STM32_RING_TX >= 2, "a ring");

static void barrier(const struct stm32_ring *ring)
{
    ring->ops->barrier(ring->ops->ctx);
}

/* The address of a buffer in the DMA's eyes. */
static uint32_t address(const struct stm32_ring *ring, const uint8_t *buffer)
{
    const uint8_t *first = (const uint8_t *)ring->memory.buffers;
    return ring->memory.buffers_address + (uint32_t)(buffer - first);
}

void stm32_ring_init(struct stm32_ring *ring, const struct stm32_ring_ops *ops,
                     const struct stm32_ring_memory *memory)
{
    *ring = (struct stm32_ring){.ops = ops, .memory = *memory};
    struct stm32_descriptors *all = memory->descriptors;
    ops->invalidate(ops->ctx, memory->buffers->rx, sizeof memory->buffers->rx);
    for (unsigned i = 0; i < STM32_RING_RX; i++) {
        all->rx[i].buffer = address(ring, memory->buffers->rx[i]);
        all->rx[i].second = 0;
        all->rx[i].size = STM32_RING_BUFFER | (i == STM32_RING_RX - 1 ? RX_END : 0);
        all->rx[i].status = OWN;
    }
    for (unsigned i = 0; i < STM32_RING_TX; i++) {
        all->tx[i].buffer = address(ring, memory->buffers->tx[i]);
        all->tx[i].second = 0;
        all->tx[i].size = 0;
        all->tx[i].status = 0;
    }
    barrier(ring);
}

/* --- sending --- */

uint8_t *stm32_ring_tx_buffer(struct stm32_ring *ring)
{
    struct stm32_descriptor *next = &ring->memory.descriptors->tx[ring->tx_at];
    const uint32_t status = next->status;
    if ((status & OWN) != 0) {
        ring->ops->poll_tx(ring->ops->ctx); /* it may have stopped at an underflow */
        return NULL;
    }
    if ((status & TX_ERROR) != 0) { /* of the frame that was in it before */
        ring->tx_bad++;
        next->status = 0;
    }
    return ring->memory.buffers->tx[ring->tx_at];
}

void stm32_ring_tx_send(struct stm32_ring *ring, size_t len)
{
    const bool is_last = ring->tx_at == STM32_RING_TX - 1;
    struct stm32_descriptor *next = &ring->memory.descriptors->tx[ring->tx_at];
    ring->ops->clean(ring->ops->ctx, ring->memory.buffers->tx[ring->tx_at], len);
    next->size = (uint32_t)len;
    barrier(ring); /* the frame and its size are in memory before the DMA may read them */
    next->status = OWN | TX_FIRST | TX_LAST | (is_last ? TX_END : 0);
    barrier(ring);
    ring->ops->poll_tx(ring->ops->ctx);
    ring->tx_at = is_last ? 0 : ring->tx_at + 1;
}

/* --- receiving --- */

/* The length of a whole frame without its FCS; 0: it is damaged, too long, or a piece of one. */
static size_t good_length(uint32_t status)
{
    const size_t len = status >> RX_LENGTH_AT & RX_LENGTH_MASK;
    const uint32_t whole = RX_FIRST | RX_LAST;
    if ((status & (whole | RX_ERROR)) != whole || len < HEADER + FCS ||
        len > STM32_RING_FRAME + FCS) {
        return 0;
    }
    return len - FCS;
}

void stm32_ring_rx_release(struct stm32_ring *ring)
{
    barrier(ring); /* all reads of the frame are done */
    ring->memory.descriptors->rx[ring->rx_at].status = OWN;
    barrier(ring);
    ring->ops->poll_rx(ring->ops->ctx);
    ring->rx_at = ring->rx_at == STM32_RING_RX - 1 ? 0 : ring->rx_at + 1;
}

const uint8_t *stm32_ring_rx_take(struct stm32_ring *ring, size_t *len)
{
    for (unsigned i = 0; i < STM32_RING_RX; i++) {
        const uint32_t status = ring->memory.descriptors->rx[ring->rx_at].status;
        if ((status & OWN) != 0) {
            return NULL;
        }
        *len = good_length(status);
        if (*len > 0) {
            uint8_t *frame = ring->memory.buffers->rx[ring->rx_at];
            barrier(ring); /* the frame is not read before OWN */
            ring->ops->invalidate(ring->ops->ctx, frame, *len);
            return frame;
        }
        ring->rx_bad++;
        stm32_ring_rx_release(ring);
    }
    return NULL;
}
