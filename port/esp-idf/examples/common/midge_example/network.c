/* SPDX-License-Identifier: MIT */
/*
 * A Wi-Fi station that stays connected.
 *
 *     event                    what is done
 *     STA_START                connect
 *     STA_DISCONNECTED         connect again; before the first address at most TRIES times
 *     STA_GOT_IP               the program begins
 *
 * Power saving is off: it delays each received packet by up to a beacon interval, and the radio is
 * the source of the random numbers.
 */
#include "example.h"

#include <stdio.h>
#include <string.h>

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_netif_sntp.h>
#include <esp_wifi.h>
#include <freertos/FreeRTOS.h>
#include <freertos/event_groups.h>
#include <sdkconfig.h>

#define ADDRESS_MS 60000
#define TIME_MS    15000

enum { HAS_ADDRESS = 1, GAVE_UP = 2 };

static EventGroupHandle_t news;
static int tries;
static bool was_up;

/* --- Wi-Fi --- */

/* In the event loop's task. */
static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg;
    (void)base;
    (void)data;
    if (id != WIFI_EVENT_STA_START && id != WIFI_EVENT_STA_DISCONNECTED) {
        return;
    }
    if (was_up || ++tries <= CONFIG_EXAMPLE_WIFI_TRIES) {
        (void)esp_wifi_connect();
    } else {
        xEventGroupSetBits(news, GAVE_UP);
    }
}

static void on_address(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    const ip_event_got_ip_t *got = data;
    (void)arg;
    (void)base;
    (void)id;
    printf("wifi: address " IPSTR "\n", IP2STR(&got->ip_info.ip));
    was_up = true;
    xEventGroupSetBits(news, HAS_ADDRESS);
}

static bool configure(void)
{
    wifi_config_t config = {0};
    const size_t name = strlen(CONFIG_EXAMPLE_WIFI_SSID);
    const size_t password = strlen(CONFIG_EXAMPLE_WIFI_PASSWORD);
    if (name == 0 || name > sizeof config.sta.ssid || password > sizeof config.sta.password) {
        printf(
            "wifi: set the network's name and password: idf.py menuconfig, \"midge: example\"\n");
        return false;
    }
    memcpy(config.sta.ssid, CONFIG_EXAMPLE_WIFI_SSID, name);
    memcpy(config.sta.password, CONFIG_EXAMPLE_WIFI_PASSWORD, password);
    config.sta.threshold.authmode = password > 0 ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
    return esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK &&
           esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK;
}

static bool start(void)
{
    const wifi_init_config_t driver = WIFI_INIT_CONFIG_DEFAULT();
    if (esp_netif_create_default_wifi_sta() == NULL || esp_wifi_init(&driver) != ESP_OK ||
        !configure()) {
        return false;
    }
    return esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL) == ESP_OK &&
           esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL) == ESP_OK &&
           esp_wifi_start() == ESP_OK && esp_wifi_set_ps(WIFI_PS_NONE) == ESP_OK;
}

bool example_wifi(void)
{
    news = xEventGroupCreate();
    if (news == NULL || !start()) {
        printf("wifi: the driver did not start\n");
        return false;
    }
    const EventBits_t bits = xEventGroupWaitBits(news, HAS_ADDRESS | GAVE_UP, pdFALSE, pdFALSE,
                                                 pdMS_TO_TICKS(ADDRESS_MS));
    if ((bits & HAS_ADDRESS) == 0) {
        printf("wifi: no address from \"%s\": %s\n", CONFIG_EXAMPLE_WIFI_SSID,
               (bits & GAVE_UP) != 0 ? "no connection" : "DHCP does not answer");
    }
    return (bits & HAS_ADDRESS) != 0;
}

/* --- the time --- */

bool example_time(void)
{
    const esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(CONFIG_EXAMPLE_TIME_SERVER);
    if (sizeof CONFIG_EXAMPLE_TIME_SERVER == 1) {
        return false;
    }
    return esp_netif_sntp_init(&config) == ESP_OK &&
           esp_netif_sntp_sync_wait(pdMS_TO_TICKS(TIME_MS)) == ESP_OK;
}
