/* SPDX-License-Identifier: MIT */
/* Declarations of ESP-IDF's public calls that port/esp-idf uses, as its documentation has them, so
   that its sources compile without ESP-IDF. Values are ESP-IDF's where a program sees them. */
#ifndef ESP_ERR_H
#define ESP_ERR_H
typedef int esp_err_t;
#define ESP_OK   0
#define ESP_FAIL (-1)
#endif
