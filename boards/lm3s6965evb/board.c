/* SPDX-License-Identifier: MIT */
/* The Stellaris LM3S6965 evaluation board: its clocks, pins and drivers. */
#include <stdbool.h>
#include <string.h>

#include <lwip/netif.h>

#include "common/console/pl011.h"
#include "common/cpu/systick.h"
#include "common/hw.h"
#include "common/net/stellaris_eth.h"
#include "lm3s.h"
#include "seed.h"

#define BAUD 115200

#define RCGC1_UART_0   0x00000001u
#define RCGC2_GPIO_A   0x00000001u
#define RCGC2_GPIO_F   0x00000020u
#define RCGC2_ETHERNET 0x50000000u /* MAC and PHY */
#define UART_PINS      0x03u       /* PA0, PA1 */
#define ETHERNET_LEDS  0x0cu       /* PF2 link, PF3 activity */

const char hw_name[] = "lm3s6965evb";

static struct stellaris_eth eth;
static uint32_t clock_hz;

/* --- clocks, pins, console --- */

static void pins_to_peripheral(uint32_t port, uint32_t pins)
{
    LM3S_GPIO_AFSEL(port) |= pins;
    LM3S_GPIO_DEN(port) |= pins;
}

void hw_init(void)
{
    clock_hz = lm3s_clock_start();
    LM3S_RCGC1 |= RCGC1_UART_0;
    LM3S_RCGC2 |= RCGC2_GPIO_A | RCGC2_GPIO_F | RCGC2_ETHERNET;
    (void)LM3S_RCGC2; /* the data sheet requires three clocks before the first access */
    (void)LM3S_RCGC2;
    pins_to_peripheral(LM3S_GPIO_A, UART_PINS);
    pins_to_peripheral(LM3S_GPIO_F, ETHERNET_LEDS);
    pl011_init(LM3S_UART_0, clock_hz, BAUD);
    systick_init(clock_hz);
    lm3s_flash_clock(clock_hz);
}

void hw_console_write(const char *text, size_t len)
{
    pl011_write(LM3S_UART_0, text, len);
}

bool hw_console_read(char *c)
{
    return pl011_read(LM3S_UART_0, c);
}

/* --- Ethernet --- */

static void say(const char *text)
{
    hw_console_write(text, strlen(text));
}

/* The address from the board's maker, in the user registers; false when they are erased flash. */
static bool own_address(uint8_t mac[6])
{
    const uint32_t low = LM3S_USER_REG0, high = LM3S_USER_REG1;
    for (unsigned i = 0; i < 3; i++) {
        mac[i] = (uint8_t)(low >> 8 * i);
        mac[i + 3] = (uint8_t)(high >> 8 * i);
    }
    return (mac[0] & 1) == 0 && (low | high) != 0;
}

signed char hw_netif_init(struct netif *netif)
{
    uint8_t mac[6];
    if (!own_address(mac)) {
        say("ethernet: no address in USER_REG0 and 1\r\n");
        return ERR_IF;
    }
    netif->state = &eth;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    return stellaris_eth_start(netif, LM3S_ETHERNET, mac, clock_hz);
}

void hw_netif_poll(struct netif *netif)
{
    stellaris_eth_poll(netif);
}

/* --- entropy: the seed in flash, at the first call of a boot --- */

extern uint32_t lm3s_seed_pages[]; /* link.ld: two pages of flash */

static uintptr_t page_address(unsigned page)
{
    return (uintptr_t)lm3s_seed_pages + page * LM3S_FLASH_PAGE;
}

/* volatile: the flash controller changes the memory, unknown to the compiler. */
static void page_read(unsigned page, uint32_t words[SEED_WORDS])
{
    const volatile uint32_t *from = (const volatile uint32_t *)page_address(page);
    for (size_t i = 0; i < SEED_WORDS; i++) {
        words[i] = from[i];
    }
}

static bool page_erase(unsigned page)
{
    return lm3s_flash_erase(page_address(page));
}

static bool page_write(unsigned page, const uint32_t words[SEED_WORDS])
{
    return lm3s_flash_write(page_address(page), words, SEED_WORDS);
}

static bool renew(uint8_t key[32])
{
    static const struct seed_flash flash = {page_read, page_erase, page_write};
    const enum seed_result result = seed_renew(&flash, key);
    if (result == SEED_MISSING) {
        say("entropy: no seed in flash\r\n");
    } else if (result == SEED_STUCK) {
        say("entropy: the seed in flash can't be renewed\r\n");
    }
    return result == SEED_READY;
}

bool hw_entropy(uint8_t *buf, size_t len)
{
    static enum { NOT_TRIED, READY, REFUSED } state;
    static uint8_t key[32];
    if (state == NOT_TRIED) {
        state = renew(key) ? READY : REFUSED;
    }
    if (state == READY && !seed_output(key, buf, len)) {
        state = REFUSED;
    }
    return state == READY;
}
