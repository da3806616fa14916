/* SPDX-License-Identifier: MIT */
/*
 * midge's port to ESP-IDF: port/bsd on ESP-IDF's sockets, and the clocks, random numbers, name
 * servers, files, device key and trusted roots that only ESP-IDF has. README.md beside it leads to
 * the first request.
 *
 *     static struct midge_esp esp;
 *     struct midge_config config = {.port = &esp.port};
 *
 *     esp_netif_init, esp_event_loop_create_default, esp_wifi_init        as in any program
 *     err = midge_esp_open(&esp, NULL);       before esp_wifi_start, or when it is connected
 *     esp_wifi_start, and the station gets an address
 *     midge_esp_bundle(&config.tls);
 *     err = midge_open(&client, &config);
 *     ... requests ...
 *     midge_close(client);
 *     midge_esp_close(&esp);
 *
 * All of it is called by one task, which polls the client. Another task may call midge_wake; an
 * interrupt may not, as ESP-IDF's sockets do not work there: it notifies a task that does.
 */
#ifndef MIDGE_ESP_H
#define MIDGE_ESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <midge/config.h>
#include <midge/port.h>
#include <midge/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_esp_config {
    /* The most sockets that one poll takes, at least the connections of the client. 0:
       MIDGE_MAX_CONNECTIONS. */
    size_t max_socks;
    /* The file store: the namespace in NVS (at most 15 characters), which stays valid until
       midge_esp_close. NULL: no files. See "Files" below. */
    const char *files;
};

/* Private, but for port. */
struct midge_esp {
    struct midge_port port; /* for midge_config.port; device_key is the program's to set */
    const char *files;
    volatile uint8_t radio; /* that are started: bit 0 station, bit 1 access point */
    volatile bool is_random;
};

/*
 * Makes the port; config NULL: all of it 0. The Wi-Fi driver's events need the default event loop,
 * and the sockets need esp_netif_init. INVALID: esp is NULL; PORT: there is no default event loop
 * (esp_event_loop_create_default); NO_MEMORY: no memory, or no socket for wake (LWIP_MAX_SOCKETS);
 * other errors of midge_bsd_attach (port_bsd.h). After an error nothing has to be closed.
 */
int midge_esp_open(struct midge_esp *esp, const struct midge_esp_config *config);

/* Frees what it took. Its clients are closed before. */
void midge_esp_close(struct midge_esp *esp);

/*
 * Random numbers. Those of the chip (esp_fill_random) are good only while a source of noise is on:
 * the radio, or the SAR ADC. Without one the port answers MIDGE_ERR_ENTROPY, so midge_open fails.
 *
 * - Wi-Fi needs nothing: the port sees the driver start and stop (WIFI_EVENT_STA_START and the
 *   others), and asks at midge_esp_open whether a station is connected.
 * - Another source is the program's to tell, with is_true: after bootloader_random_enable (the SAR
 *   ADC; not together with Wi-Fi, Bluetooth or the ADC, and on an ESP32 not with I2S); after
 *   esp_bt_controller_enable or esp_openthread_init; on a chip without radio whose SAR ADC is on
 *   from the start (ESP32-P4). It tells false before that source goes off.
 *
 * The mbedTLS of ESP-IDF takes its own random numbers from the same place, and does not ask.
 */
void midge_esp_random(struct midge_esp *esp, bool is_true);

/*
 * Files: values (blobs) in NVS, for what is small and seldom written: a log of an update, sessions,
 * settings. The path is the key, at most 15 characters. A file that is read is copied to the heap
 * while it is open. One that is written is collected there, at most CONFIG_MIDGE_FILE_MAX bytes,
 * and stored at its commit: after a power cut it is the old one or the new one. Larger files belong
 * in a file system; a sink of the program's writes them there.
 */

/*
 * The device's key for midge_sessions_export (sessions.h), to be set as port.device_key.
 *
 * hmac: HMAC-SHA256 of a fixed text by the chip's HMAC unit, with the key in the eFuse block
 * KEY0 + CONFIG_MIDGE_HMAC_KEY, whose purpose is HMAC_UP. The key is burnt once (espefuse.py
 * burn_key BLOCK_KEYn FILE HMAC_UP) and read-protected, so no software reads it. Not on ESP32 and
 * ESP32-C2, which lack the unit. PORT: the block has no such key. UNSUPPORTED: without
 * CONFIG_MIDGE_DEVICE_KEY_HMAC.
 *
 * nvs: 32 random bytes, made at the first call and kept in the namespace "midge_key" of the default
 * NVS partition, which must be encrypted: otherwise each reader of the flash has them. UNSUPPORTED:
 * without CONFIG_NVS_ENCRYPTION. ENTROPY: it must be made, and there are no random numbers. READ:
 * NVS has another length under that name. PORT: another error of NVS.
 */
int midge_esp_key_hmac(void *ctx, uint8_t key[32]);
int midge_esp_key_nvs(void *ctx, uint8_t key[32]);

/*
 * Trusts the roots of ESP-IDF's certificate bundle (CONFIG_MBEDTLS_CERTIFICATE_BUNDLE), which are
 * in the program's flash: sets roots and roots_len. roots.h says what a bundle cannot check.
 * UNSUPPORTED: without that option, or without CONFIG_MIDGE_WITH_ROOT_BUNDLE, which needs
 * CONFIG_MBEDTLS_X509_TRUSTED_CERT_CALLBACK. A program without it gives its servers' roots as
 * tls.ca.
 */
int midge_esp_bundle(struct midge_tls *tls);

#ifdef __cplusplus
}
#endif
#endif
