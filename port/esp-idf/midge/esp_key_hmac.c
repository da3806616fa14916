/* SPDX-License-Identifier: MIT */
/* The device's key from the HMAC unit: the key in the eFuses never leaves it. The text tells this
   use from others of the same block. */
#include <midge_esp.h>

#include <sdkconfig.h>

#include <midge/err.h>

#if CONFIG_MIDGE_DEVICE_KEY_HMAC

#include <esp_hmac.h>

int midge_esp_key_hmac(void *ctx, uint8_t key[32])
{
    static const char purpose[] = "midge: sessions, 1";
    (void)ctx;
    const esp_err_t err = esp_hmac_calculate((hmac_key_id_t)(HMAC_KEY0 + CONFIG_MIDGE_HMAC_KEY),
                                             purpose, sizeof purpose - 1, key);
    return err == ESP_OK ? MIDGE_OK : MIDGE_ERR_PORT;
}

#else

int midge_esp_key_hmac(void *ctx, uint8_t key[32])
{
    (void)ctx;
    (void)key;
    return MIDGE_ERR_UNSUPPORTED;
}

#endif
