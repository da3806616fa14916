/* SPDX-License-Identifier: MIT */
/*
 * Sending waits a bounded time for room in the chip's FIFO, then returns ERR_MEM: lwIP tries again.
 * A received frame is read and dropped if there is no pbuf for it: its sender tries again. The
 * numbers are from the LAN9118 data sheet.
 */
#include "lan9118.h"

#include <string.h>

#include <lwip/pbuf.h>
#include <lwip/stats.h>

#include "common/hw.h"
#include "ethernet_netif.h"

/* --- registers --- */

#define RX_DATA   0x00u
#define TX_DATA   0x20u
#define RX_STATUS 0x40u
#define TX_STATUS 0x48u
#define ID_REV    0x50u
#define INT_STS   0x58u
#define INT_EN    0x5Cu
#define BYTE_TEST 0x64u
#define RX_CFG    0x6Cu
#define TX_CFG    0x70u
#define HW_CFG    0x74u
#define RX_INFO   0x7Cu
#define TX_INFO   0x80u
#define PMT_CTRL  0x84u
#define MAC_CMD   0xA4u
#define MAC_DATA  0xA8u
#define AFC_CFG   0xACu
#define E2P_CMD   0xB0u

#define BYTE_TEST_VALUE  0x87654321u
#define INT_RX_STOPPED   0x01000000u
#define RX_CFG_DUMP      0x8000u
#define TX_CFG_ON        0x2u
#define HW_CFG_RESET     0x1u
#define HW_CFG_TIMEOUT   0x2u
#define HW_CFG_TX_2K     0x00020000u /* of 16 KB; 13,440 bytes are for receiving */
#define HW_CFG_STORE     0x00100000u /* a frame is sent when all of it is there */
#define PMT_CTRL_READY   0x1u
#define MAC_CMD_BUSY     0x80000000u
#define MAC_CMD_READ     0x40000000u
#define E2P_CMD_BUSY     0x80000000u
#define AFC_CFG_DEFAULT  0x006E3740u /* flow control's thresholds, the data sheet's example */
#define TX_COMMAND_ONE   0x3000u     /* the buffer is the first and the last of the frame */
#define TX_STATUS_ERROR  0x8000u
#define TX_STATUS_USED   0x00FF0000u
#define TX_SPACE         0xFFFFu
#define RX_STATUS_USED   0x00FF0000u
#define RX_STATUS_ERROR  0x8000u
#define RX_STATUS_LENGTH 16
#define RX_LENGTH_MASK   0x3FFFu

/* The registers of the MAC, accessed through MAC_CMD and MAC_DATA. */
#define MAC_CR   1u
#define MAC_HIGH 2u
#define MAC_LOW  3u
#define MII_ACC  6u
#define MII_DATA 7u

#define MAC_CR_RX        0x4u
#define MAC_CR_TX        0x8u
#define MAC_CR_MULTICAST 0x00080000u /* accept all; off: unicast to this address and broadcast */
#define MAC_CR_DUPLEX    0x00100000u
#define MII_BUSY         0x1u
#define MII_WRITE        0x2u
#define MII_PHY          (1u << 11) /* the internal PHY */

/* The PHY's. */
#define PHY_CONTROL 0u
#define PHY_STATUS  1u
#define PHY_OURS    4u
#define PHY_THEIRS  5u

#define PHY_CONTROL_NEGOTIATE 0x1200u /* enable and restart */
#define PHY_STATUS_LINK       0x4u
#define PHY_STATUS_NEGOTIATED 0x20u
#define PHY_100_FULL          0x100u
#define PHY_100_HALF          0x80u
#define PHY_10_FULL           0x40u
#define PHY_OFFER             0x01E1u /* 10 and 100, half and full */

/* --- bounds --- */

#define SPINS       100000u /* reads of a register, of 45 ns at least: for work inside the chip */
#define MII_SPINS   2000u   /* the same for the MAC: a word to the PHY takes 26 us */
#define TX_SPINS    40000u  /* 2 ms and more: a frame's time at 10 Mbit/s */
#define LINK_MS     100
#define FRAMES      8    /* a poll */
#define FRAME_LEAST 14   /* an Ethernet header */
#define FRAME_MOST  1518 /* without the FCS, with a VLAN tag */
#define FCS         4
#define CHIP_MOST   2052 /* the longest frame that the chip receives, with the FCS */

static struct {
    uintptr_t base;
    uint64_t link_asked_ms;
    uint32_t mac_cr;
} chip;

static uint32_t get(uint32_t reg)
{
    return *(volatile uint32_t *)(chip.base + reg);
}

static void put(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(chip.base + reg) = value;
}

/* Waits until the bits of `mask` are `value`; false: they are not within the bound. */
static bool await(uint32_t reg, uint32_t mask, uint32_t value)
{
    for (uint32_t spins = 0; spins < SPINS; spins++) {
        if ((get(reg) & mask) == value) {
            return true;
        }
    }
    return false;
}

/* --- the MAC's and the PHY's registers; a chip that stays busy reads as 0 --- */

static uint32_t mac_get(uint32_t reg)
{
    if (!await(MAC_CMD, MAC_CMD_BUSY, 0)) {
        return 0;
    }
    put(MAC_CMD, MAC_CMD_BUSY | MAC_CMD_READ | reg);
    return await(MAC_CMD, MAC_CMD_BUSY, 0) ? get(MAC_DATA) : 0;
}

static bool mac_put(uint32_t reg, uint32_t value)
{
    if (!await(MAC_CMD, MAC_CMD_BUSY, 0)) {
        return false;
    }
    put(MAC_DATA, value);
    put(MAC_CMD, MAC_CMD_BUSY | reg);
    return await(MAC_CMD, MAC_CMD_BUSY, 0);
}

static bool mii_idle(void)
{
    for (uint32_t spins = 0; spins < MII_SPINS; spins++) {
        if ((mac_get(MII_ACC) & MII_BUSY) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t phy_get(uint32_t reg)
{
    if (!mii_idle() || !mac_put(MII_ACC, MII_PHY | reg << 6 | MII_BUSY) || !mii_idle()) {
        return 0;
    }
    return mac_get(MII_DATA) & 0xFFFFu;
}

static bool phy_put(uint32_t reg, uint32_t value)
{
    return mii_idle() && mac_put(MII_DATA, value) &&
           mac_put(MII_ACC, MII_PHY | reg << 6 | MII_WRITE | MII_BUSY) && mii_idle();
}

/* --- sending --- */

/* Makes words from a frame whose pieces have any length and alignment. */
struct packer {
    uint32_t word;
    unsigned bytes; /* of word, 0 to 3 */
};

static void send_piece(struct packer *packer, const uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        if (packer->bytes == 0 && len - at >= sizeof packer->word) {
            memcpy(&packer->word, data + at, sizeof packer->word);
            put(TX_DATA, packer->word);
            packer->word = 0;
            at += sizeof packer->word;
            continue;
        }
        packer->word |= (uint32_t)data[at++] << (8 * packer->bytes);
        if (++packer->bytes == sizeof packer->word) {
            put(TX_DATA, packer->word);
            *packer = (struct packer){0, 0};
        }
    }
}

/* The status of each sent frame must be read, or the chip stops. Its content is ignored: the other
   side detects a loss. */
static void drain_tx_status(void)
{
    for (uint32_t n = (get(TX_INFO) & TX_STATUS_USED) >> 16; n > 0; n--) {
        if (get(TX_STATUS) & TX_STATUS_ERROR) {
            LINK_STATS_INC(link.err);
        }
    }
}

static bool await_room(uint32_t bytes)
{
    for (uint32_t spins = 0; spins < TX_SPINS; spins++) {
        if ((get(TX_INFO) & TX_SPACE) >= bytes) {
            return true;
        }
        drain_tx_status();
    }
    return false;
}

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
    const uint32_t len = (uint32_t)p->tot_len - ETH_PAD_SIZE;
    (void)netif;
    if (len < FRAME_LEAST || len > FRAME_MOST) {
        return ERR_BUF;
    }
    drain_tx_status();
    /* 12: the two command words and one word that is not full. */
    if (!await_room(len + 12)) {
        LINK_STATS_INC(link.memerr);
        return ERR_MEM;
    }
    put(TX_DATA, TX_COMMAND_ONE | len);
    put(TX_DATA, len << 16 | len);
    struct packer packer = {0, 0};
    size_t skip = ETH_PAD_SIZE;
    for (const struct pbuf *q = p; q != NULL; q = q->next) {
        const size_t skipped = skip < q->len ? skip : q->len;
        send_piece(&packer, (const uint8_t *)q->payload + skipped, q->len - skipped);
        skip -= skipped;
    }
    if (packer.bytes > 0) {
        put(TX_DATA, packer.word);
    }
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

/* --- receiving --- */

static void skip_words(uint32_t words)
{
    for (; words > 0; words--) {
        (void)get(RX_DATA);
    }
}

/* Reads all words of the frame; those after len, the FCS, are dropped. */
static void receive_words(struct pbuf *p, uint32_t len, uint32_t words)
{
    uint32_t word = 0;
    unsigned left = 0; /* bytes of word not stored yet */
    size_t at = ETH_PAD_SIZE;
    for (struct pbuf *q = p; q != NULL && len > 0; q = q->next) {
        uint8_t *to = q->payload;
        while (at < q->len && len > 0) {
            if (left == 0) {
                word = get(RX_DATA);
                words--;
                left = sizeof word;
                if (q->len - at >= sizeof word && len >= sizeof word) {
                    memcpy(to + at, &word, sizeof word);
                    at += sizeof word;
                    len -= (uint32_t)sizeof word;
                    left = 0;
                    continue;
                }
            }
            to[at++] = (uint8_t)word;
            word >>= 8;
            left--;
            len--;
        }
        at = 0;
    }
    skip_words(words);
}

/* The two FIFOs do not match any more: empties both. */
static void restart_receiver(void)
{
    LINK_STATS_INC(link.err);
    put(INT_STS, INT_RX_STOPPED);
    (void)mac_put(MAC_CR, chip.mac_cr & ~MAC_CR_RX);
    (void)await(INT_STS, INT_RX_STOPPED, INT_RX_STOPPED);
    put(RX_CFG, RX_CFG_DUMP);
    (void)await(RX_CFG, RX_CFG_DUMP, 0);
    (void)mac_put(MAC_CR, chip.mac_cr);
}

/* Receives the next frame; NULL: it was dropped. */
static struct pbuf *receive(void)
{
    const uint32_t status = get(RX_STATUS);
    const uint32_t whole = status >> RX_STATUS_LENGTH & RX_LENGTH_MASK;
    const uint32_t words = (whole + 3) / 4;
    if (whole > CHIP_MOST) {
        restart_receiver();
        return NULL;
    }
    if ((status & RX_STATUS_ERROR) != 0 || whole < FRAME_LEAST + FCS || whole > FRAME_MOST + FCS) {
        LINK_STATS_INC(link.lenerr);
        skip_words(words);
        return NULL;
    }
    const uint32_t len = whole - FCS;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    if (p == NULL) {
        LINK_STATS_INC(link.memerr);
        LINK_STATS_INC(link.drop);
        skip_words(words);
        return NULL;
    }
    receive_words(p, len, words);
    LINK_STATS_INC(link.recv);
    return p;
}

/* --- the link --- */

/* The MAC must be set to full duplex if its PHY has negotiated that. */
static void follow_duplex(void)
{
    const uint32_t both = phy_get(PHY_OURS) & phy_get(PHY_THEIRS);
    const bool full =
        (both & PHY_100_FULL) != 0 || ((both & PHY_100_HALF) == 0 && (both & PHY_10_FULL) != 0);
    chip.mac_cr = full ? chip.mac_cr | MAC_CR_DUPLEX : chip.mac_cr & ~MAC_CR_DUPLEX;
    (void)mac_put(MAC_CR, chip.mac_cr);
}

static void follow_link(struct netif *netif)
{
    const uint64_t now = hw_millis();
    if (now - chip.link_asked_ms < LINK_MS) {
        return;
    }
    chip.link_asked_ms = now;
    /* The status keeps a loss of the link until it is read: first "down", then the present
       state. */
    const uint32_t status = phy_get(PHY_STATUS);
    const bool up = (status & PHY_STATUS_LINK) != 0 && (status & PHY_STATUS_NEGOTIATED) != 0;
    if (up && !netif_is_link_up(netif)) {
        follow_duplex();
        netif_set_link_up(netif);
    } else if (!up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void lan9118_poll(struct netif *netif)
{
    follow_link(netif);
    for (int n = 0; n < FRAMES && (get(RX_INFO) & RX_STATUS_USED) != 0; n++) {
        struct pbuf *p = receive();
        if (p != NULL && netif->input(p, netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
}

/* --- the start --- */

static bool answers(void)
{
    (void)get(BYTE_TEST); /* wakes the chip; this read may fail */
    return await(PMT_CTRL, PMT_CTRL_READY, PMT_CTRL_READY) && get(BYTE_TEST) == BYTE_TEST_VALUE;
}

static bool reset(void)
{
    if (!answers()) {
        return false;
    }
    put(HW_CFG, HW_CFG_RESET);
    (void)get(BYTE_TEST);
    if (!await(HW_CFG, HW_CFG_RESET, 0) || (get(HW_CFG) & HW_CFG_TIMEOUT) != 0) {
        return false;
    }
    (void)await(E2P_CMD, E2P_CMD_BUSY, 0); /* the chip reads its address */
    return answers();
}

/* Is it an address of a single machine: neither of a group nor empty? */
static bool usable(const uint8_t mac[6])
{
    static const uint8_t zero[6];
    return (mac[0] & 1) == 0 && memcmp(mac, zero, sizeof zero) != 0;
}

static void eeprom_address(uint8_t mac[6])
{
    const uint32_t low = mac_get(MAC_LOW), high = mac_get(MAC_HIGH);
    for (unsigned i = 0; i < 4; i++) {
        mac[i] = (uint8_t)(low >> (8 * i));
    }
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
}

static bool set_address(const uint8_t mac[6])
{
    const uint32_t low =
        mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    return mac_put(MAC_HIGH, mac[4] | (uint32_t)mac[5] << 8) && mac_put(MAC_LOW, low);
}

static bool start(void)
{
    put(INT_EN, 0);
    put(HW_CFG, HW_CFG_TX_2K | HW_CFG_STORE);
    put(AFC_CFG, AFC_CFG_DEFAULT);
    put(RX_CFG, 0);
    put(TX_CFG, TX_CFG_ON);
    chip.mac_cr = MAC_CR_RX | MAC_CR_TX;
#if LWIP_IPV6 || LWIP_IGMP
    chip.mac_cr |= MAC_CR_MULTICAST;
#endif
    return phy_put(PHY_OURS, PHY_OFFER) && phy_put(PHY_CONTROL, PHY_CONTROL_NEGOTIATE) &&
           mac_put(MAC_CR, chip.mac_cr);
}

err_t lan9118_init(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                   const uint8_t fallback[6])
{
    uint8_t own[6];
    chip.base = base;
    if (!reset()) {
        return ERR_IF;
    }
    if (mac == NULL) {
        eeprom_address(own);
        mac = usable(own) ? own : fallback;
    }
    if (!set_address(mac) || !start()) {
        return ERR_IF;
    }
    chip.link_asked_ms = hw_millis() - LINK_MS;
    ethernet_netif(netif, mac, send_frame);
    return ERR_OK;
}
