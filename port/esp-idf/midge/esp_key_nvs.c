/* SPDX-License-Identifier: MIT */
/*
 * The device's key from encrypted NVS. It is made once, and stored before it is used: a key that is
 * not stored would seal sessions that no later start can open.
 */
#include <midge_esp.h>

#include <sdkconfig.h>

#include <midge/err.h>

#if CONFIG_NVS_ENCRYPTION

#include <string.h>

#include <nvs.h>

#include <midge/port_bsd.h>

#define NAMESPACE "midge_key"
#define NAME      "sessions"

enum { KEY_BYTES = 32 };

static int make(const struct midge_esp *esp, nvs_handle_t nvs, uint8_t key[KEY_BYTES])
{
    const int err = esp->port.entropy(esp->port.ctx, key, KEY_BYTES);
    if (err != MIDGE_OK) {
        return err;
    }
    const bool stored =
        nvs_set_blob(nvs, NAME, key, KEY_BYTES) == ESP_OK && nvs_commit(nvs) == ESP_OK;
    return stored ? MIDGE_OK : MIDGE_ERR_PORT;
}

static int read_or_make(const struct midge_esp *esp, nvs_handle_t nvs, uint8_t key[KEY_BYTES])
{
    size_t len = KEY_BYTES;
    switch (nvs_get_blob(nvs, NAME, key, &len)) {
    case ESP_OK:
        return len == KEY_BYTES ? MIDGE_OK : MIDGE_ERR_READ;
    case ESP_ERR_NVS_INVALID_LENGTH:
        return MIDGE_ERR_READ;
    case ESP_ERR_NVS_NOT_FOUND:
        return make(esp, nvs, key);
    default:
        return MIDGE_ERR_PORT;
    }
}

int midge_esp_key_nvs(void *ctx, uint8_t key[32])
{
    nvs_handle_t nvs;
    if (nvs_open(NAMESPACE, NVS_READWRITE, &nvs) != ESP_OK) {
        return MIDGE_ERR_PORT;
    }
    const int err = read_or_make(midge_bsd_home(ctx), nvs, key);
    nvs_close(nvs);
    if (err != MIDGE_OK) {
        memset(key, 0, KEY_BYTES);
    }
    return err;
}

#else

int midge_esp_key_nvs(void *ctx, uint8_t key[32])
{
    (void)ctx;
    (void)key;
    return MIDGE_ERR_UNSUPPORTED;
}

#endif
