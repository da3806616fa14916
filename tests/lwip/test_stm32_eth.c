/* SPDX-License-Identifier: MIT */
/* The Ethernet of an STM32 under lwIP: its descriptor rings and lwIP's buffers are real, MAC and
   PHY are this test's. The DMA is the test, which moves frames to and from the descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <lwip/memp.h>
#include <lwip/init.h>

#define STM32_RING_RX 4u
#define STM32_RING_TX 3u
#include "../../boards/common/net/stm32_eth.c"
#include "../../boards/common/net/stm32_ring.c"

#define BUFFERS_AT     0x2006D400u
#define DESCRIPTORS_AT 0x2006D000u

static struct {
    bool no_clock, no_phy, failed;
    struct stm32_link link;
    unsigned resets, starts, speeds, rx_polls, tx_polls;
    struct stm32_mac_config config;
    bool is_100, is_full;
} mac;

static struct stm32_descriptors descriptors;
static struct stm32_buffers buffers;
static struct stm32_eth eth;
static struct netif netif;
static unsigned rx_at, tx_at; /* the DMA's */
static uint64_t now_ms;
uint16_t midge_lwip_dns_port = 53; /* lwIP's, not used */

/* frames that came to lwIP */
static uint8_t came[2048];
static size_t came_len;
static unsigned came_count;
static err_t input_result;

uint64_t hw_millis(void)
{
    return now_ms;
}

uint32_t sys_now(void)
{
    return (uint32_t)now_ms;
}

/* --- MAC and PHY --- */

bool stm32_mac_reset(uint32_t hclk_hz)
{
    assert_int_equal(hclk_hz, 216000000);
    mac.resets++;
    return !mac.no_clock;
}

void stm32_mac_start(const struct stm32_mac_config *config)
{
    mac.config = *config;
    mac.failed = false;
    mac.starts++;
    rx_at = tx_at = 0;
}

void stm32_mac_speed(bool is_100, bool is_full_duplex)
{
    mac.is_100 = is_100;
    mac.is_full = is_full_duplex;
    mac.speeds++;
}

void stm32_mac_poll_rx(void)
{
    mac.rx_polls++;
}

void stm32_mac_poll_tx(void)
{
    mac.tx_polls++;
}

bool stm32_mac_failed(void)
{
    return mac.failed;
}

bool stm32_phy_start(unsigned phy)
{
    assert_int_equal(phy, 5);
    assert_int_equal(mac.starts, 0); /* it may stop the clock */
    return !mac.no_phy;
}

struct stm32_link stm32_phy_link(unsigned phy)
{
    assert_int_equal(phy, 5);
    return mac.link;
}

static void op(void *ctx)
{
    (void)ctx;
}

static void op_clean(void *ctx, const void *at, size_t len)
{
    (void)ctx;
    (void)at;
    (void)len;
}

static void op_invalidate(void *ctx, void *at, size_t len)
{
    op_clean(ctx, at, len);
}

/* --- the DMA --- */

static uint8_t byte_of(size_t i, size_t len)
{
    return (uint8_t)(i * 3 + len);
}

static bool dma_rx(size_t len)
{
    struct stm32_descriptor *in = &descriptors.rx[rx_at];
    if ((in->status & OWN) == 0) {
        return false;
    }
    uint8_t *to = (uint8_t *)&buffers + (in->buffer - BUFFERS_AT);
    for (size_t i = 0; i < len; i++) {
        to[i] = byte_of(i, len);
    }
    in->status = (uint32_t)(len + FCS) << RX_LENGTH_AT | RX_FIRST | RX_LAST;
    rx_at = (rx_at + 1) % STM32_RING_RX;
    return true;
}

/* The length of the frame that was sent, whose bytes are right; 0: none. */
static size_t dma_tx(void)
{
    struct stm32_descriptor *in = &descriptors.tx[tx_at];
    if ((in->status & OWN) == 0) {
        return 0;
    }
    const uint8_t *from = (const uint8_t *)&buffers + (in->buffer - BUFFERS_AT);
    for (size_t i = 0; i < in->size; i++) {
        assert_int_equal(from[i], byte_of(i, in->size));
    }
    in->status &= ~OWN;
    tx_at = (tx_at + 1) % STM32_RING_TX;
    return in->size;
}

/* --- lwIP --- */

static err_t input(struct pbuf *p, struct netif *from)
{
    assert_ptr_equal(from, &netif);
    came_len = (size_t)(p->tot_len - ETH_PAD_SIZE);
    came_count++;
    (void)pbuf_copy_partial(p, came, (u16_t)came_len, ETH_PAD_SIZE);
    for (size_t i = 0; i < came_len; i++) {
        assert_int_equal(came[i], byte_of(i, came_len));
    }
    if (input_result == ERR_OK) {
        (void)pbuf_free(p);
    }
    return input_result;
}

static const uint8_t own_mac[6] = {2, 1, 2, 3, 4, 5};

static int begin(void **state)
{
    static bool initialized;
    (void)state;
    if (!initialized) {
        lwip_init();
        initialized = true;
    }
    memset(&mac, 0, sizeof mac);
    memset(&netif, 0, sizeof netif);
    memset(&descriptors, 0xA5, sizeof descriptors);
    eth = (struct stm32_eth){.ops = {.barrier = op, .clean = op_clean, .invalidate = op_invalidate},
                             .memory = {&descriptors, &buffers, BUFFERS_AT},
                             .descriptors_address = DESCRIPTORS_AT,
                             .hclk_hz = 216000000,
                             .phy = 5};
    netif.state = &eth;
    netif.input = input;
    now_ms = 3;
    came_count = 0;
    input_result = ERR_OK;
    return 0;
}

static void start(void)
{
    assert_int_equal(stm32_eth_start(&netif, own_mac), STM32_ETH_OK);
    assert_int_equal(mac.starts, 1);
}

/* A frame in a chain of pbufs, of that length. */
static err_t send(size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    assert_non_null(p);
    for (size_t i = 0; i < len; i++) {
        pbuf_put_at(p, (u16_t)(i + ETH_PAD_SIZE), byte_of(i, len));
    }
    const err_t err = netif.linkoutput(&netif, p);
    (void)pbuf_free(p);
    return err;
}

/* --- tests --- */

static void test_start(void **state)
{
    (void)state;
    start();
    assert_memory_equal(netif.hwaddr, own_mac, 6);
    assert_memory_equal(mac.config.address, own_mac, 6);
    assert_int_equal(netif.mtu, 1500);
    assert_int_equal(mac.config.rx_list, DESCRIPTORS_AT);
    assert_int_equal(mac.config.tx_list, DESCRIPTORS_AT + 16 * STM32_RING_RX);
    assert_false(mac.config.multicast);
    assert_false(netif_is_link_up(&netif));
    (void)begin(NULL);
    mac.no_clock = true;
    assert_int_equal(stm32_eth_start(&netif, own_mac), STM32_ETH_NO_CLOCK);
    (void)begin(NULL);
    mac.no_phy = true;
    assert_int_equal(stm32_eth_start(&netif, own_mac), STM32_ETH_NO_PHY);
    assert_int_equal(mac.starts, 0);
}

static void test_the_link_is_followed(void **state)
{
    (void)state;
    start();
    stm32_eth_poll(&netif);
    assert_false(netif_is_link_up(&netif));
    mac.link = (struct stm32_link){.up = true, .is_100 = true};
    now_ms += 99;
    stm32_eth_poll(&netif); /* not yet time to look */
    assert_false(netif_is_link_up(&netif));
    now_ms++;
    stm32_eth_poll(&netif);
    assert_true(netif_is_link_up(&netif));
    assert_true(mac.is_100 && !mac.is_full && mac.speeds == 1);
    mac.link.up = false;
    now_ms += 100;
    stm32_eth_poll(&netif);
    assert_false(netif_is_link_up(&netif));
    mac.link = (struct stm32_link){.up = true, .is_full_duplex = true};
    now_ms += 100;
    stm32_eth_poll(&netif);
    assert_true(netif_is_link_up(&netif) && !mac.is_100 && mac.is_full && mac.speeds == 2);
}

static void test_frames(void **state)
{
    static const size_t lens[] = {14, 15, 60, 590, 591, 1514, 1518};
    (void)state;
    start();
    for (size_t i = 0; i < 3 * (sizeof lens / sizeof lens[0]); i++) {
        const size_t len = lens[i / 3];
        assert_true(dma_rx(len));
        stm32_eth_poll(&netif);
        assert_int_equal(came_len, len);
        assert_int_equal(send(len), ERR_OK);
        assert_int_equal(dma_tx(), len);
    }
    assert_int_equal(came_count, 3 * (sizeof lens / sizeof lens[0]));
    assert_int_equal(send(13), ERR_BUF);
    assert_int_equal(send(1519), ERR_BUF);
    assert_int_equal(dma_tx(), 0);
}

/* lwIP keeps TCP's segment when sending is ERR_MEM, and sends it again. */
static void test_a_full_ring_is_err_mem(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < STM32_RING_TX; i++) {
        assert_int_equal(send(100), ERR_OK);
    }
    assert_int_equal(send(100), ERR_MEM);
    assert_int_equal(dma_tx(), 100);
    assert_int_equal(send(60), ERR_OK);
    assert_int_equal(send(60), ERR_MEM);
    for (unsigned i = 0; i < STM32_RING_TX; i++) {
        assert_true(dma_tx() > 0);
    }
}

/* Without buffers of lwIP frames are dropped, and the DMA gets its descriptors back. */
static void test_no_buffers_of_lwip(void **state)
{
    struct pbuf *all[PBUF_POOL_SIZE];
    size_t taken = 0;
    (void)state;
    start();
    while (taken < PBUF_POOL_SIZE && (all[taken] = pbuf_alloc(PBUF_RAW, 1, PBUF_POOL)) != NULL) {
        taken++;
    }
    for (unsigned i = 0; i < 2 * STM32_RING_RX; i++) {
        assert_true(dma_rx(100));
        stm32_eth_poll(&netif);
    }
    assert_int_equal(eth.rx_dropped, 2 * STM32_RING_RX);
    assert_int_equal(mac.rx_polls, 2 * STM32_RING_RX);
    assert_int_equal(came_count, 0);
    while (taken > 0) {
        (void)pbuf_free(all[--taken]);
    }
    assert_true(dma_rx(100));
    stm32_eth_poll(&netif);
    assert_int_equal(came_count, 1);
}

static void test_lwip_refuses_a_frame(void **state)
{
    (void)state;
    start();
    input_result = ERR_MEM;
    for (unsigned i = 0; i < 3 * PBUF_POOL_SIZE; i++) { /* no buffer is lost */
        assert_true(dma_rx(100));
        stm32_eth_poll(&netif);
    }
    assert_int_equal(came_count, 3 * PBUF_POOL_SIZE);
    assert_int_equal(eth.rx_dropped, 0);
}

static void test_a_bus_error(void **state)
{
    (void)state;
    start();
    mac.link = (struct stm32_link){.up = true, .is_100 = true, .is_full_duplex = true};
    stm32_eth_poll(&netif);
    assert_true(dma_rx(100) && send(100) == ERR_OK);
    stm32_eth_poll(&netif);
    mac.failed = mac.no_clock = true;
    now_ms += 100;
    stm32_eth_poll(&netif);
    assert_int_equal(mac.starts, 1);
    mac.failed = mac.no_clock = false; /* the reset that failed is tried again */
    now_ms += 100;
    stm32_eth_poll(&netif);
    assert_int_equal(mac.starts, 2);
    assert_int_equal(eth.restarts, 2);
    assert_memory_equal(mac.config.address, own_mac, 6);
    assert_true(mac.is_100 && mac.is_full && mac.speeds == 2);
    assert_true(dma_rx(200) && send(300) == ERR_OK);
    stm32_eth_poll(&netif);
    assert_int_equal(came_len, 200);
    assert_int_equal(dma_tx(), 300); /* the frame of before is gone */
    now_ms += 100;
    stm32_eth_poll(&netif);
    assert_int_equal(mac.starts, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start, begin),
        cmocka_unit_test_setup(test_the_link_is_followed, begin),
        cmocka_unit_test_setup(test_frames, begin),
        cmocka_unit_test_setup(test_a_full_ring_is_err_mem, begin),
        cmocka_unit_test_setup(test_no_buffers_of_lwip, begin),
        cmocka_unit_test_setup(test_lwip_refuses_a_frame, begin),
        cmocka_unit_test_setup(test_a_bus_error, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
