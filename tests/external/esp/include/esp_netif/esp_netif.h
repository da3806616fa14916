/* SPDX-License-Identifier: MIT */
#ifndef ESP_NETIF_H
#define ESP_NETIF_H
#include <stdbool.h>
#include <stdint.h>

#include "esp_event.h"
typedef struct esp_netif_obj esp_netif_t;
typedef struct {
    uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
    esp_ip4_addr_t ip, netmask, gw;
} esp_netif_ip_info_t;
typedef struct {
    esp_netif_t *esp_netif;
    esp_netif_ip_info_t ip_info;
    bool ip_changed;
} ip_event_got_ip_t;
typedef enum { IP_EVENT_STA_GOT_IP, IP_EVENT_STA_LOST_IP } ip_event_t;
extern esp_event_base_t const IP_EVENT;
#define IPSTR "%d.%d.%d.%d"
#define IP2STR(ip)                                                                                 \
    (int)((ip)->addr & 255), (int)((ip)->addr >> 8 & 255), (int)((ip)->addr >> 16 & 255),          \
        (int)((ip)->addr >> 24 & 255)
esp_err_t esp_netif_init(void);
#endif
