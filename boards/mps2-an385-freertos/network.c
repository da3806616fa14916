/* SPDX-License-Identifier: MIT */
/*
 * lwIP under FreeRTOS: lwIP's task, a task for the driver, an address.
 *
 * The driver's functions call lwIP's core, so they run with lwIP's lock, or, without core locking,
 * in lwIP's task by a message. This chip is polled with each tick; a driver with an interrupt would
 * notify the same task from it.
 */
#include <stdlib.h>
#include <string.h>

#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>
#include <tcp_isn.h>

#include "common/hw.h"
#include "common/services/services.h"
#include "rtos.h"

#define NETWORK_MS   15000 /* for link and address */
#define DRIVER_WORDS 384

static struct netif ethernet;
uint16_t rtos_dns_port = 53;

/* lwIP's ids, and ports of names. Without entropy lwIP must not run: an attacker could guess. */
unsigned rtos_random(void)
{
    unsigned value = 0;

    if (!services_entropy((uint8_t *)&value, sizeof value)) {
        rtos_assert(__FILE__, __LINE__);
    }
    return value;
}

/* --- the driver --- */

static void poll_chip(void *arg)
{
    hw_netif_poll(arg);
}

static void driver_task(void *arg)
{
#if LWIP_TCPIP_CORE_LOCKING
    for (;;) {
        LOCK_TCPIP_CORE();
        poll_chip(arg);
        UNLOCK_TCPIP_CORE();
        vTaskDelay(1);
    }
#else
    struct tcpip_callback_msg *message = tcpip_callbackmsg_new(poll_chip, arg);

    for (;;) {
        (void)tcpip_callbackmsg_trycallback(message); /* full: lwIP's task will run soon anyway */
        vTaskDelay(1);
    }
#endif
}

/* --- in lwIP's task --- */

static bool address(const char *name, ip4_addr_t *out)
{
    const char *text = services_env(name);

    return text != NULL && ip4addr_aton(text, out) != 0;
}

/* ADDRESS[:PORT], after DHCP, which sets its own */
static void name_server(void *arg)
{
    const char *text = services_env("DNS");
    const size_t len = text != NULL ? strcspn(text, ":") : 0;
    char host[16];
    ip_addr_t server;

    (void)arg;
    if (len == 0 || len >= sizeof host) {
        return;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    if (ipaddr_aton(host, &server)) {
        dns_setserver(0, &server);
    }
    if (text[len] == ':') {
        rtos_dns_port = (uint16_t)strtoul(text + len + 1, NULL, 10);
    }
}

static bool added;

static void start(void *arg)
{
    ip4_addr_t ip = {0}, mask = {0}, gateway = {0};
    uint8_t secret[16];
    const bool is_static = address("IP", &ip);

    if (is_static) {
        IP4_ADDR(&mask, 255, 255, 255, 0);
        (void)address("GATEWAY", &gateway);
    }
    added = services_entropy(secret, sizeof secret) &&
            netif_add(&ethernet, &ip, &mask, &gateway, NULL, hw_netif_init, ethernet_input) != NULL;
    if (added) {
        lwip_init_tcp_isn(0, secret);
        netif_set_default(&ethernet);
        netif_set_up(&ethernet);
        if (!is_static) {
            (void)dhcp_start(&ethernet);
        }
    }
    xSemaphoreGive(arg);
}

/* --- --- */

static bool ready(void)
{
    bool is;

    taskENTER_CRITICAL();
    is = netif_is_link_up(&ethernet) && !ip4_addr_isany_val(*netif_ip4_addr(&ethernet));
    taskEXIT_CRITICAL();
    return is;
}

bool network_up(void)
{
    const SemaphoreHandle_t started = xSemaphoreCreateBinary();
    const uint64_t begin = hw_millis();

    tcpip_init(start, started);
    xSemaphoreTake(started, portMAX_DELAY);
    vSemaphoreDelete(started);
    if (!added) {
        say("network: no entropy, or the Ethernet chip does not answer\n");
        return false;
    }
    xTaskCreate(driver_task, "driver", DRIVER_WORDS, &ethernet, PRIORITY_DRIVER, NULL);
    while (!ready()) {
        if (hw_millis() - begin > NETWORK_MS) {
            say("network: no link, or no answer by DHCP\n");
            return false;
        }
        vTaskDelay(1);
    }
    (void)tcpip_callback(name_server, NULL);
    say("network: %s after %u ms\n", ip4addr_ntoa(netif_ip4_addr(&ethernet)),
        (unsigned)(hw_millis() - begin));
    return true;
}
