/* SPDX-License-Identifier: MIT */
/*
 * W5500-EVB-Pico and W5500-EVB-Pico2 under boards/common, on pico-sdk: the functions of
 * common/hw.h. The stack is both scratch banks, 8 KB, as the second core is not started.
 */
#include <stdbool.h>
#include <string.h>

#include <hardware/gpio.h>
#include <hardware/spi.h>
#include <hardware/sync.h>
#include <hardware/uart.h>
#include <midge/err.h>
#include <midge/port_pico.h>
#include <pico/time.h>
#include <pico/unique_id.h>

#include "common/hw.h"
#include "w5500_netif.h"

#define BAUD     115200
#define SPI_HZ   33000000 /* the most that the W5500's data sheet guarantees (5.5.4) */
#define RESET_US 1000     /* 500 are needed (5.5.1) */
#define PLL_MS   2        /* 1 is needed */

const char hw_name[] = W5500_BOARD_NAME;

/* --- clocks, console --- */

void hw_init(void)
{
    uart_init(uart_default, BAUD);
    gpio_set_function(PICO_DEFAULT_UART_TX_PIN, GPIO_FUNC_UART);
    gpio_set_function(PICO_DEFAULT_UART_RX_PIN, GPIO_FUNC_UART);
    gpio_pull_up(PICO_DEFAULT_UART_RX_PIN); /* nothing comes in while no cable is there */
}

uint64_t hw_millis(void)
{
    return time_us_64() / 1000;
}

uint64_t hw_micros(void)
{
    return time_us_64();
}

/* An interrupt that came just before ends this at once: it has set the core's event. */
void hw_idle(void)
{
    (void)best_effort_wfe_or_timeout(make_timeout_time_ms(1));
}

void hw_console_write(const char *text, size_t len)
{
    uart_write_blocking(uart_default, (const uint8_t *)text, len);
}

bool hw_console_read(char *c)
{
    if (!uart_is_readable(uart_default)) {
        return false;
    }
    *c = uart_getc(uart_default);
    return true;
}

_Noreturn void hw_halt(void)
{
    (void)save_and_disable_interrupts();
    for (;;) {
        __wfi();
    }
}

bool hw_entropy(uint8_t *buf, size_t len)
{
    return midge_pico_entropy(buf, len) == MIDGE_OK;
}

/* --- Ethernet --- */

#define CHIP SPI_INSTANCE(W5500_SPI)

static void chip_select(void *ctx, bool on)
{
    (void)ctx;
    gpio_put(W5500_CS_PIN, !on);
}

static void chip_put(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    (void)spi_write_blocking(CHIP, bytes, len);
}

static void chip_get(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    (void)spi_read_blocking(CHIP, 0, bytes, len);
}

static const struct w5500_bus bus = {.select = chip_select, .put = chip_put, .get = chip_get};

static void output_pin(uint pin)
{
    gpio_init(pin);
    gpio_put(pin, true);
    gpio_set_dir(pin, GPIO_OUT);
}

/* Received frames end hw_idle. */
static void on_frame(uint pin, uint32_t events)
{
    (void)pin;
    (void)events;
}

static void start_pins(void)
{
    (void)spi_init(CHIP, SPI_HZ);
    gpio_set_function(W5500_MISO_PIN, GPIO_FUNC_SPI);
    gpio_set_function(W5500_SCK_PIN, GPIO_FUNC_SPI);
    gpio_set_function(W5500_MOSI_PIN, GPIO_FUNC_SPI);
    output_pin(W5500_CS_PIN);
    output_pin(W5500_RST_PIN);
    gpio_put(W5500_RST_PIN, false);
    sleep_us(RESET_US);
    gpio_put(W5500_RST_PIN, true);
    sleep_ms(PLL_MS);
    gpio_init(W5500_INT_PIN);
    gpio_set_irq_enabled_with_callback(W5500_INT_PIN, GPIO_IRQ_EDGE_FALL, true, on_frame);
}

/* The board has no address of its own: one from the flash's serial number. Its first byte 02 means:
   locally administered, not a group. */
static void make_mac(uint8_t mac[6])
{
    pico_unique_board_id_t id;
    pico_get_unique_board_id(&id);
    mac[0] = 0x02;
    memcpy(mac + 1, id.id + sizeof id.id - 5, 5);
}

signed char hw_netif_init(struct netif *netif)
{
    uint8_t mac[6];
    make_mac(mac);
    start_pins();
    return w5500_netif_start(netif, &bus, mac);
}

void hw_netif_poll(struct netif *netif)
{
    w5500_netif_poll(netif, (uint32_t)hw_millis());
}
