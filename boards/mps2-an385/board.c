/* SPDX-License-Identifier: MIT */
/* The MPS2 and MPS3 machines; each is a row of machines.cmake. */
#include <stdbool.h>
#include <string.h>

#include "common/console/cmsdk_uart.h"
#include "common/cpu/systick.h"
#include "common/hw.h"
#include "common/net/lan9118.h"
#include "common/services/services.h"

#define BAUD 115200

const char hw_name[] = MACHINE_NAME;

void hw_init(void)
{
    cmsdk_uart_init(MACHINE_UART, MACHINE_HZ, BAUD);
    systick_init(MACHINE_HZ);
}

void hw_console_write(const char *text, size_t len)
{
    cmsdk_uart_write(MACHINE_UART, text, len);
}

bool hw_console_read(char *c)
{
    return cmsdk_uart_read(MACHINE_UART, c);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    if (found == NULL) {
        return -1;
    }
    const int value = (int)(found - digits);
    return value < 16 ? value : value - 6;
}

/* "02:00:5e:12:34:56"; false for a group address. */
static bool parse_mac(const char *text, uint8_t mac[6])
{
    if (strlen(text) != 17) {
        return false;
    }
    for (size_t i = 0; i < 6; i++) {
        const int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);
        const char after = text[3 * i + 2];
        if (high < 0 || low < 0 || after != (i < 5 ? ':' : '\0')) {
            return false;
        }
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return (mac[0] & 1) == 0;
}

/* The MAC address: MAC=… of the settings; else the chip's own; else a fixed one, which allows one
   such board in a network. Its first byte 02 means: locally administered, not a group. */
signed char hw_netif_init(struct netif *netif)
{
    static const uint8_t fallback[6] = {0x02, 0x6D, 0x69, 0x64, 0x67, 0x65};
    static const char bad_mac[] = "network: MAC= is no address for one machine\r\n";
    uint8_t mac[6];
    const char *text = services_env("MAC");
    const bool given = text != NULL && parse_mac(text, mac);
    if (text != NULL && !given) {
        hw_console_write(bad_mac, strlen(bad_mac));
    }
    return lan9118_init(netif, MACHINE_ETHERNET, given ? mac : NULL, fallback);
}

void hw_netif_poll(struct netif *netif)
{
    lan9118_poll(netif);
}

/* None of these machines has an entropy source. */
bool hw_entropy(uint8_t *buf, size_t len)
{
    (void)buf;
    (void)len;
    return false;
}
