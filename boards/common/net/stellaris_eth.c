/* SPDX-License-Identifier: MIT */
/* LM3S6965 data sheet, "Ethernet Controller". A frame in a FIFO:
 *
 *     word 0   bits 0-15: a length; bits 16-31: the first two bytes of the frame
 *     words    the rest, four bytes each, the last one filled up
 *
 * For a received frame the length includes itself, the frame and its FCS of 4 bytes. For a frame to
 * send it is the payload alone, without the header of 14 bytes; the FIFO then holds no FCS.
 */
#include "stellaris_eth.h"

#include <string.h>

#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <netif/ethernet.h>

#include "common/hw.h"
#include "ethernet_netif.h"

/* Registers, in words. */
enum {
    MACRIS = 0x00 / 4, /* writing clears */
    MACIM = 0x04 / 4,
    MACRCTL = 0x08 / 4,
    MACTCTL = 0x0c / 4,
    MACDATA = 0x10 / 4,
    MACIA0 = 0x14 / 4,
    MACIA1 = 0x18 / 4,
    MACMCTL = 0x20 / 4,
    MACMDV = 0x24 / 4,
    MACMRXD = 0x30 / 4,
    MACNP = 0x34 / 4,
    MACTR = 0x38 / 4
};

#define RIS_TX_ERROR    0x02u
#define RIS_RX_OVERFLOW 0x08u
#define RIS_ALL         0x7fu
#define RCTL_ENABLE     0x01u
#define RCTL_NO_BAD_CRC 0x08u
#define RCTL_RESET_FIFO 0x10u
#define TCTL_ENABLE     0x01u
#define TCTL_PAD        0x02u
#define TCTL_CRC        0x04u
#define TCTL_DUPLEX     0x10u
#define MCTL_START      0x01u
#define TR_NEW          0x01u

#define FRAME_HEADER 14u
#define FRAME_MOST   1514u
#define LENGTH_EXTRA 6u /* in a received length: itself and the FCS */
#define FIFO_BYTES   2048u

/* The PHY's registers, IEEE 802.3 clause 22. */
enum { PHY_STATUS = 1, PHY_ID = 2, PHY_OFFER = 4, PHY_PARTNER = 5 };
#define PHY_LINK       0x0004u
#define PHY_NEGOTIATED 0x0020u
#define PHY_100_FULL   0x0100u
#define PHY_100_HALF   0x0080u
#define PHY_10_FULL    0x0040u
#define MDC_MOST_HZ    2500000u

#define LOOK_MS       500
#define FRAMES_A_POLL 8
#define PATIENCE                                                                                   \
    100000u /* reads of a register: 10 ms at least; a frame takes 1.2 ms at 10 Mbit/s */

static struct stellaris_eth *eth_of(const struct netif *netif)
{
    return netif->state;
}

static bool wait_clear(const volatile uint32_t *reg, uint32_t bits)
{
    for (uint32_t tries = 0; tries < PATIENCE; tries++) {
        if ((*reg & bits) == 0) {
            return true;
        }
    }
    return false;
}

/* --- the link --- */

/* A register of the PHY, by the management interface; 0: no answer. */
static uint16_t phy_read(const struct stellaris_eth *eth, uint32_t reg)
{
    eth->registers[MACMCTL] = reg << 3 | MCTL_START;
    return wait_clear(&eth->registers[MACMCTL], MCTL_START)
               ? (uint16_t)(eth->registers[MACMRXD] & 0xffff)
               : 0;
}

static bool is_full_duplex(const struct stellaris_eth *eth)
{
    const uint16_t both = phy_read(eth, PHY_OFFER) & phy_read(eth, PHY_PARTNER);
    return (both & PHY_100_FULL) != 0 || ((both & PHY_100_HALF) == 0 && (both & PHY_10_FULL) != 0);
}

static void follow_link(struct netif *netif)
{
    struct stellaris_eth *eth = eth_of(netif);
    if (!eth->has_phy || hw_millis() < eth->look_ms) {
        return;
    }
    eth->look_ms = hw_millis() + LOOK_MS;
    (void)phy_read(eth, PHY_STATUS); /* the first reading still shows a link that was lost */
    const uint16_t status = phy_read(eth, PHY_STATUS);
    if ((status & PHY_LINK) == 0) {
        netif_set_link_down(netif);
        return;
    }
    if (!netif_is_link_up(netif)) {
        eth->registers[MACTCTL] =
            TCTL_ENABLE | TCTL_PAD | TCTL_CRC |
            ((status & PHY_NEGOTIATED) != 0 && is_full_duplex(eth) ? TCTL_DUPLEX : 0);
        netif_set_link_up(netif);
    }
}

/* --- bytes into and out of a FIFO of words --- */

struct stream {
    volatile uint32_t *fifo;
    uint32_t word;  /* bytes between the FIFO and the frame, lowest first, zeros above */
    unsigned bits;  /* bits used in word: 0, 8, 16 or 24 */
    uint32_t words; /* left to read of this frame */
};

static void put(struct stream *s, const uint8_t *data, size_t len)
{
    for (; len >= 4; data += 4, len -= 4) {
        uint32_t next;
        memcpy(&next, data, 4);
        *s->fifo = s->word | next << s->bits;
        s->word = s->bits == 0 ? 0 : next >> (32 - s->bits);
    }
    for (; len > 0; data++, len--) {
        s->word |= (uint32_t)*data << s->bits;
        s->bits += 8;
        if (s->bits == 32) {
            *s->fifo = s->word;
            s->word = 0;
            s->bits = 0;
        }
    }
}

static uint32_t next_word(struct stream *s)
{
    if (s->words == 0) {
        return 0;
    }
    s->words--;
    return *s->fifo;
}

static void get(struct stream *s, uint8_t *data, size_t len)
{
    for (; len >= 4; data += 4, len -= 4) {
        const uint32_t next = next_word(s);
        const uint32_t out = s->word | next << s->bits;
        memcpy(data, &out, 4);
        s->word = s->bits == 0 ? 0 : next >> (32 - s->bits);
    }
    for (; len > 0; data++, len--) {
        if (s->bits == 0) {
            s->word = next_word(s);
            s->bits = 32;
        }
        *data = (uint8_t)s->word;
        s->word >>= 8;
        s->bits -= 8;
    }
}

/* --- sending --- */

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    struct stellaris_eth *eth = eth_of(netif);
    volatile uint32_t *registers = eth->registers;
    const uint32_t len = (uint32_t)frame->tot_len - ETH_PAD_SIZE;
    if (len < FRAME_HEADER || len > FRAME_MOST) {
        return ERR_VAL;
    }
    if (!wait_clear(&registers[MACTR], TR_NEW)) {
        eth->dropped++;
        LINK_STATS_INC(link.drop);
        return ERR_IF;
    }
    if ((registers[MACRIS] & RIS_TX_ERROR) != 0) { /* clearing it empties the FIFO */
        registers[MACRIS] = RIS_TX_ERROR;
    }
    struct stream s = {.fifo = &registers[MACDATA], .word = len - FRAME_HEADER, .bits = 16};
    size_t skip = ETH_PAD_SIZE;
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        const size_t pad = skip < p->len ? skip : p->len;
        put(&s, (const uint8_t *)p->payload + pad, p->len - pad);
        skip -= pad;
    }
    if (s.bits != 0) {
        *s.fifo = s.word;
    }
    registers[MACTR] = TR_NEW;
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

/* --- receiving --- */

static void reset_receiver(const struct stellaris_eth *eth)
{
    eth->registers[MACRCTL] = RCTL_NO_BAD_CRC;
    eth->registers[MACRCTL] = RCTL_NO_BAD_CRC | RCTL_RESET_FIFO;
    eth->registers[MACRIS] = RIS_RX_OVERFLOW;
    eth->registers[MACRCTL] = RCTL_NO_BAD_CRC | RCTL_ENABLE;
}

static struct pbuf *read_frame(struct stream *s, u16_t len)
{
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    size_t skip = ETH_PAD_SIZE;
    for (struct pbuf *p = frame; p != NULL; p = p->next) {
        const size_t pad = skip < p->len ? skip : p->len;
        get(s, (uint8_t *)p->payload + pad, p->len - pad);
        skip -= pad;
    }
    return frame;
}

/* Takes one frame out of the FIFO; it may be dropped. False: the content of the FIFO is invalid. */
static bool receive_frame(struct netif *netif)
{
    struct stellaris_eth *eth = eth_of(netif);
    const uint32_t first = eth->registers[MACDATA];
    const uint32_t length = first & 0xffff;
    if (length < LENGTH_EXTRA + FRAME_HEADER || length > FIFO_BYTES) {
        return false;
    }
    struct stream s = {.fifo = &eth->registers[MACDATA],
                       .word = first >> 16,
                       .bits = 16,
                       .words = (length + 3) / 4 - 1};
    const uint32_t len = length - LENGTH_EXTRA;
    struct pbuf *frame = len <= FRAME_MOST ? read_frame(&s, (u16_t)len) : NULL;
    while (s.words > 0) { /* the FCS, or all of a frame that is dropped */
        (void)next_word(&s);
    }
    if (frame == NULL) {
        eth->dropped++;
        LINK_STATS_INC(link.memerr);
    } else if (netif->input(frame, netif) != ERR_OK) {
        eth->dropped++;
        LINK_STATS_INC(link.drop);
        pbuf_free(frame);
    } else {
        LINK_STATS_INC(link.recv);
    }
    return true;
}

void stellaris_eth_poll(struct netif *netif)
{
    struct stellaris_eth *eth = eth_of(netif);
    follow_link(netif);
    for (int i = 0; i < FRAMES_A_POLL && eth->registers[MACNP] != 0; i++) {
        if (!receive_frame(netif)) {
            eth->dropped++;
            reset_receiver(eth);
            return;
        }
    }
    /* All whole frames are taken; the rest is the frame that did not fit. */
    if ((eth->registers[MACRIS] & RIS_RX_OVERFLOW) != 0 && eth->registers[MACNP] == 0) {
        eth->dropped++;
        LINK_STATS_INC(link.drop);
        reset_receiver(eth);
    }
}

/* --- starting --- */

err_t stellaris_eth_start(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                          uint32_t clock_hz)
{
    struct stellaris_eth *eth = eth_of(netif);
    volatile uint32_t *registers = (volatile uint32_t *)base;
    eth->registers = registers;
    eth->look_ms = 0;
    eth->dropped = 0;
    registers[MACIM] = 0;
    registers[MACRCTL] = RCTL_NO_BAD_CRC | RCTL_RESET_FIFO;
    registers[MACRIS] = RIS_ALL;
    registers[MACMDV] = clock_hz / (2 * MDC_MOST_HZ);
    registers[MACIA0] =
        mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    registers[MACIA1] = mac[4] | (uint32_t)mac[5] << 8;
    if ((registers[MACIA1] & 0xffff) != (mac[4] | (uint32_t)mac[5] << 8)) {
        return ERR_IF;
    }
    const uint16_t id = phy_read(eth, PHY_ID);
    eth->has_phy = id != 0 && id != 0xffff;
    registers[MACTCTL] = TCTL_ENABLE | TCTL_PAD | TCTL_CRC | TCTL_DUPLEX;
    registers[MACRCTL] = RCTL_NO_BAD_CRC | RCTL_ENABLE;

    ethernet_netif(netif, mac, send_frame);
    if (!eth->has_phy) {
        netif->flags |= NETIF_FLAG_LINK_UP;
    }
    return ERR_OK;
}
