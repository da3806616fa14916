/* SPDX-License-Identifier: MIT */
/*
 * Is Wi-Fi's radio on, so that the chip's random numbers are true ones? The driver says so by
 * events, which come in the task of the default event loop:
 *
 *     WIFI_EVENT_STA_START, _STOP   bit 0 of esp->radio
 *     WIFI_EVENT_AP_START, _STOP    bit 1
 *
 * A driver that was started before is seen by its connection; one that is started, but not
 * connected yet, counts from its next start only.
 */
#include "esp_internal.h"

#include <sdkconfig.h>

#if CONFIG_ESP_WIFI_ENABLED

#include <esp_event.h>
#include <esp_wifi.h>

enum { STATION = 1, ACCESS_POINT = 2 };

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    struct midge_esp *esp = arg;
    (void)base;
    (void)data;
    switch (id) {
    case WIFI_EVENT_STA_START:
        esp->radio |= STATION;
        break;
    case WIFI_EVENT_STA_STOP:
        esp->radio &= (uint8_t)~STATION;
        break;
    case WIFI_EVENT_AP_START:
        esp->radio |= ACCESS_POINT;
        break;
    case WIFI_EVENT_AP_STOP:
        esp->radio &= (uint8_t)~ACCESS_POINT;
        break;
    default:
        break;
    }
}

/* The driver answers the first question, too, when it was never initialized. */
static bool is_connected(void)
{
    wifi_mode_t mode;
    wifi_ap_record_t unused;
    return esp_wifi_get_mode(&mode) == ESP_OK && esp_wifi_sta_get_ap_info(&unused) == ESP_OK;
}

bool midge__esp_radio_open(struct midge_esp *esp)
{
    if (esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, esp) != ESP_OK) {
        return false;
    }
    if (is_connected()) {
        esp->radio |= STATION;
    }
    return true;
}

void midge__esp_radio_close(struct midge_esp *esp)
{
    (void)esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi);
    esp->radio = 0;
}

#else

bool midge__esp_radio_open(struct midge_esp *esp)
{
    (void)esp;
    return true;
}

void midge__esp_radio_close(struct midge_esp *esp)
{
    (void)esp;
}

#endif
