/* SPDX-License-Identifier: MIT */
/* For tests/unit/test_esp.c. */
#define CONFIG_ESP_WIFI_ENABLED      1
#define CONFIG_NVS_ENCRYPTION        1
#define CONFIG_MIDGE_DEVICE_KEY_HMAC 1
#define CONFIG_MIDGE_HMAC_KEY        3
#define CONFIG_MIDGE_FILE_MAX        4096
