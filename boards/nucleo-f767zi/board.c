/* SPDX-License-Identifier: MIT */
/* The NUCLEO-F767ZI: starts clocks, caches, pins and console; Ethernet, random numbers, LEDs. */
#include <stdbool.h>
#include <string.h>

#include <lwip/netif.h>
#include <midge/hash.h>

#include "cache.h"
#include "clock.h"
#include "common/console/stm32_usart.h"
#include "common/cpu/systick.h"
#include "common/hw.h"
#include "common/net/stm32_eth.h"
#include "cycles.h"
#include "pins.h"
#include "stm32f767.h"
#include "trng.h"

#define BAUD        115200
#define PHY_ADDRESS 0

#define IDCODE_REVISION_AT 16
#define REVISION_A         0x1000u

const char hw_name[] = "nucleo-f767zi";

static struct clock clocks;

/* link.ld places them in SRAM1 and SRAM2, where the DMA of the Ethernet works. */
static struct stm32_descriptors descriptors
    __attribute__((section(".dma_descriptors"), aligned(1024)));
static struct stm32_buffers buffers
    __attribute__((section(".dma_buffers"), aligned(STM32_RING_LINE)));

_Static_assert(sizeof descriptors <= 1024, "region 3 of the MPU (cache.h)");

static void say(const char *text)
{
    hw_console_write(text, strlen(text));
}

/* --- start --- */

static void report_clock(void)
{
    if (clocks.source == CLOCK_HSI) {
        say("clock: no 8 MHz from the ST-LINK, 216 MHz from the internal oscillator\r\n");
    } else if (clocks.source == CLOCK_SLOW) {
        say("clock: the PLL or the supply does not start: 16 MHz, no Ethernet, no TLS\r\n");
    }
    pins_led(LED_RED, clocks.source != CLOCK_HSE);
}

void hw_init(void)
{
    cache_start((uintptr_t)&descriptors);
    clocks = clock_start();
    cycles_start();
    pins_start();
    RCC_APB1ENR |= RCC_APB1ENR_USART3;
    (void)RCC_APB1ENR;
    stm32_usart_init(USART3_BASE, clocks.apb1_hz, BAUD);
    systick_init(clocks.core_hz);
    pins_led(LED_GREEN, true);
    report_clock();
}

void hw_console_write(const char *text, size_t len)
{
    stm32_usart_write(USART3_BASE, text, len);
}

bool hw_console_read(char *c)
{
    return stm32_usart_read(USART3_BASE, c);
}

/* --- Ethernet --- */

/* The board has no address of its own: a locally administered one, from the device's identifier. */
static void make_address(uint8_t mac[6])
{
    struct midge_sha256 hash;
    uint8_t digest[32];
    midge_sha256_init(&hash);
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t word = DEVICE_ID(i);
        midge_sha256_update(&hash, &word, sizeof word);
    }
    midge_sha256_final(&hash, digest);
    memcpy(mac, digest, 6);
    mac[0] = (uint8_t)((mac[0] & 0xFCu) | 0x02u); /* of one machine, locally administered */
}

/* RMII is chosen while the MAC has no clock and is in reset (RM0410, SYSCFG_PMC). */
static void start_clocks(void)
{
    RCC_APB2ENR |= RCC_APB2ENR_SYSCFG;
    (void)RCC_APB2ENR;
    RCC_AHB1RSTR |= RCC_AHB1RSTR_ETHMAC;
    SYSCFG_PMC |= SYSCFG_PMC_RMII;
    (void)SYSCFG_PMC;
    RCC_AHB1ENR |= RCC_AHB1ENR_ETHMAC;
    (void)RCC_AHB1ENR;
    RCC_AHB1RSTR &= ~RCC_AHB1RSTR_ETHMAC;
}

/* ST replaced revision A: its RMII is unreliable, and nothing that a program does is sure to help.
 */
static void warn_of_revision(void)
{
    if (DBGMCU_IDCODE >> IDCODE_REVISION_AT == REVISION_A) {
        say("ethernet: this chip is of revision A, whose RMII is faulty (ES0334)\r\n");
    }
}

signed char hw_netif_init(struct netif *netif)
{
    static struct stm32_eth eth = {
        .ops = {.barrier = cache_barrier, .clean = cache_clean, .invalidate = cache_invalidate},
        .phy = PHY_ADDRESS};
    uint8_t mac[6];
    eth.memory = (struct stm32_ring_memory){&descriptors, &buffers, (uint32_t)(uintptr_t)&buffers};
    eth.descriptors_address = (uint32_t)(uintptr_t)&descriptors;
    eth.hclk_hz = clocks.core_hz;
    netif->state = &eth;
    make_address(mac);
    warn_of_revision();
    start_clocks();
    const enum stm32_eth_error error = stm32_eth_start(netif, mac);
    if (error == STM32_ETH_OK) {
        return ERR_OK;
    }
    say(error == STM32_ETH_NO_PHY ? "ethernet: the PHY does not respond\r\n"
                                  : "ethernet: no clock from the PHY, or the core is too slow\r\n");
    pins_led(LED_RED, true);
    return ERR_IF;
}

void hw_netif_poll(struct netif *netif)
{
    stm32_eth_poll(netif);
    pins_led(LED_BLUE, netif_is_link_up(netif));
}

/* --- entropy --- */

bool hw_entropy(uint8_t *buf, size_t len)
{
    static struct trng trng;
    if (trng_read(&trng, buf, len)) {
        return true;
    }
    say("entropy: ");
    say(trng_fault_text(trng.fault));
    say("\r\n");
    pins_led(LED_RED, true);
    return false;
}
