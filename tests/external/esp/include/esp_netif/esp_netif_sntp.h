/* SPDX-License-Identifier: MIT */
#ifndef ESP_NETIF_SNTP_H
#define ESP_NETIF_SNTP_H
#include <stdbool.h>
#include <stddef.h>

#include "esp_err.h"
#include "freertos/FreeRTOS.h"
typedef struct {
    bool smooth_sync, server_from_dhcp, wait_for_sync, start;
    void *sync_cb;
    bool renew_servers_after_new_IP;
    int ip_event_to_renew;
    size_t index_of_first_server, num_of_servers;
    const char *servers[1];
} esp_sntp_config_t;
#define ESP_NETIF_SNTP_DEFAULT_CONFIG(server)                                                      \
    {                                                                                              \
        .wait_for_sync = true, .start = true, .num_of_servers = 1, .servers = { server }           \
    }
esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config);
esp_err_t esp_netif_sntp_sync_wait(TickType_t timeout);
#endif
