/* SPDX-License-Identifier: MIT */
/*
 * The bytes that a connection has received and the client has not read: a chain of lwIP's pbufs.
 *
 * lwIP keeps a received segment in its pool buffer, however short the segment is. A window counts
 * bytes, so a peer that sends single bytes to a paused connection could occupy one buffer for each
 * byte, and finally all buffers. Therefore a chain longer than a window of full segments is packed:
 * its bytes move down within its buffers, and the free buffers return to the pool. Full segments,
 * the usual case, are never copied here.
 */
#include "lwip_raw.h"

#include <string.h>

#define BUFFER_BYTES LWIP_MEM_ALIGN_SIZE(PBUF_POOL_BUFSIZE)

/* The bytes follow the struct, as pbuf_alloc lays them out. */
static uint8_t *buffer_of(struct pbuf *p)
{
    return (uint8_t *)p + LWIP_MEM_ALIGN_SIZE(sizeof *p);
}

/* A driver with buffers of its own (PBUF_REF, custom) limits their number itself. */
static bool packable(const struct pbuf *p)
{
    for (; p != NULL; p = p->next) {
        if (!pbuf_match_type(p, PBUF_POOL) || p->ref != 1) {
            return false;
        }
    }
    return true;
}

static void set_lengths(struct pbuf *p, size_t total)
{
    for (; p != NULL; p = p->next) {
        p->tot_len = (u16_t)total;
        total -= p->len;
    }
}

/* The bytes in front of a buffer always fit the buffers in front of it, so `to` never passes
   `from`, and bytes only move towards the start: no byte is overwritten before it is read. */
static void pack(struct pbuf *queue)
{
    const size_t total = queue->tot_len;
    struct pbuf *to = queue;
    size_t used = 0;

    for (struct pbuf *from = queue; from != NULL; from = from->next) {
        const uint8_t *bytes = from->payload;
        size_t left = from->len;
        while (left > 0) {
            size_t n;
            if (used == BUFFER_BYTES) {
                to = to->next;
                used = 0;
            }
            n = LWIP_MIN(left, BUFFER_BYTES - used);
            memmove(buffer_of(to) + used, bytes, n);
            bytes += n;
            left -= n;
            used += n;
            to->payload = buffer_of(to);
            to->len = (u16_t)used;
        }
    }
    if (to->next != NULL) {
        (void)pbuf_free(to->next);
        to->next = NULL;
    }
    set_lengths(queue, total);
}

void midge__lwip_rxq_add(struct pbuf **queue, struct pbuf *p)
{
    if (*queue == NULL) {
        *queue = p;
    } else {
        pbuf_cat(*queue, p);
    }
    if (pbuf_clen(*queue) > MIDGE_LWIP_WND_PBUFS && packable(*queue)) {
        pack(*queue);
    }
}

size_t midge__lwip_rxq_take(struct pbuf **queue, uint8_t *buf, size_t cap)
{
    const u16_t want = cap > UINT16_MAX ? UINT16_MAX : (u16_t)cap;
    const u16_t n = pbuf_copy_partial(*queue, buf, want, 0);

    *queue = pbuf_free_header(*queue, n);
    return n;
}
