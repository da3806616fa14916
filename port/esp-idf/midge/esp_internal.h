/* SPDX-License-Identifier: MIT */
/* Private to the port to ESP-IDF: the calls that its files have in common. */
#ifndef MIDGE_ESP_INTERNAL_H
#define MIDGE_ESP_INTERNAL_H

#include <midge_esp.h>

/* esp_radio.c: follows the Wi-Fi driver. False: there is no default event loop. */
bool midge__esp_radio_open(struct midge_esp *esp);
void midge__esp_radio_close(struct midge_esp *esp);

/* esp_servers.c: for midge_bsd_config. */
unsigned midge__esp_servers(void *home, struct midge_addr *servers, unsigned cap);
unsigned midge__esp_families(void *home);

/* esp_files.c: sets the port's calls for files. */
void midge__esp_files(struct midge_esp *esp);

#endif
