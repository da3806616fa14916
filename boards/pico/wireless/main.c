/* SPDX-License-Identifier: MIT */
/*
 * Pico W and Pico 2 W: joins a wireless network, fetches WIFI_URLS all at once while the LED
 * blinks, and says how it went. The same source for cyw43_arch's poll mode and its background mode.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <midge/midge.h>
#include <midge/port_pico.h>
#include <midge/port_pico_w.h>
#include <pico/cyw43_arch.h>
#include <pico/stdlib.h>

#include "examples/superloop.h"

#define CONNECT_MS 30000
#define BLOCK      81920 /* bytes of the client's memory */
#define URLS       8

extern const uint8_t board_ca[], board_ca_end[]; /* CMake's MIDGE_BOARD_CA */

static uint64_t block[BLOCK / sizeof(uint64_t)];
static struct midge_port port;

static void led(int on)
{
    cyw43_arch_gpio_put(CYW43_WL_GPIO_LED_PIN, on);
}

static bool join(void)
{
    if (cyw43_arch_init() != 0) {
        puts("wireless: the chip does not start");
        return false;
    }
    cyw43_arch_enable_sta_mode();
    const int err = cyw43_arch_wifi_connect_timeout_ms(WIFI_SSID, WIFI_PASSWORD,
                                                       CYW43_AUTH_WPA2_AES_PSK, CONNECT_MS);
    if (err != 0) {
        printf("wireless: %s can't be joined (%d)\n", WIFI_SSID, err);
    }
    return err == 0;
}

/* Cuts the URLs at their blanks. */
static size_t split(char *words, struct midge_request *requests)
{
    size_t n = 0;
    while (*words != '\0' && n < URLS) {
        const size_t len = strcspn(words, " ");
        const bool more = words[len] != '\0';
        if (len > 0) {
            requests[n++] = (struct midge_request){.url = words};
        }
        words[len] = '\0';
        words += len + more;
    }
    return n;
}

static void fetch(void)
{
    static char words[] = WIFI_URLS;
    static struct midge_request requests[URLS];
    const struct midge_config config = {
        .port = &port,
        .memory = block,
        .memory_size = sizeof block,
        .turn_crypto = 1,
        .tls = {.ca = board_ca, .ca_len = (size_t)(board_ca_end - board_ca)}};
    struct superloop_report report;
    struct midge_client *client;
    const size_t n = split(words, requests);
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        err = superloop(client, requests, n, led, &report);
        midge_close(client);
    }
    if (err != MIDGE_OK) {
        printf("midge: %s\n", midge_err_text(err));
        return;
    }
    printf("%u requests, %u failed, longest turn %lu us\n", (unsigned)report.ended,
           (unsigned)report.failed, (unsigned long)report.longest_us);
}

int main(void)
{
    stdio_init_all();
    midge_pico_port(&port);
    midge_pico_w_attach(&port); /* before cyw43_arch_init, which starts lwIP */
    if (join()) {
        fetch();
        cyw43_arch_deinit();
    }
    for (;;) {
        sleep_ms(1000);
    }
}
