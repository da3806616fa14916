/* SPDX-License-Identifier: MIT */
#ifndef ESP_RANDOM_H
#define ESP_RANDOM_H
#include <stddef.h>
void esp_fill_random(void *buf, size_t len);
#endif
