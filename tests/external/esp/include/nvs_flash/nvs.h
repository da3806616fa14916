/* SPDX-License-Identifier: MIT */
#ifndef NVS_H
#define NVS_H
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
typedef uint32_t nvs_handle_t;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
#define NVS_KEY_NAME_MAX_SIZE         16 /* with NUL */
#define ESP_ERR_NVS_NOT_FOUND         0x1102
#define ESP_ERR_NVS_NOT_ENOUGH_SPACE  0x1105
#define ESP_ERR_NVS_INVALID_LENGTH    0x110c
#define ESP_ERR_NVS_NO_FREE_PAGES     0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110
esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t mode, nvs_handle_t *handle);
void nvs_close(nvs_handle_t handle);
/* value NULL: only the length. *length: of the buffer, then of the blob. */
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *length);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length);
esp_err_t nvs_commit(nvs_handle_t handle);
#endif
