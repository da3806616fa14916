/* SPDX-License-Identifier: MIT */
/* Of Arduino's build of ESP-IDF, as far as port/esp-idf asks for it. */
#define CONFIG_ESP_WIFI_ENABLED 1
#define CONFIG_LWIP_MAX_SOCKETS 16
