/* SPDX-License-Identifier: MIT */
/*
 * Updates: the last byte chooses. A manifest that is accepted has lengths inside its text, and
 * written anew from its values it is the same text. A store with these bytes at its end, wherever
 * power is lost: a good server ends the update with the right image, and the flash was used well.
 */
#include "fuzz.h"

#include "codec/manifest.h"
#include "unit/fake_flash.h"
#include "unit/update_manifests.h"

enum { SIZE = 4096, BLOCK = 512 };

/* --- manifests --- */

static void lower(char *text)
{
    for (char *hex = strstr(text, "\nsha256: "); hex != NULL && *hex != '\0'; hex++) {
        *hex = *hex >= 'A' && *hex <= 'F' ? (char)(*hex + 32) : *hex;
    }
}

static void check_manifest(struct fuzz_in in)
{
    char *text = fuzz_copy(in.at, in.len);
    uint8_t signature[MIDGE_UPDATE_SIGNATURE];
    struct midge_span signed_text;
    struct midge__manifest m;
    struct fuzz_text again = {0};
    size_t len;
    if (midge__manifest_split(midge__span(text, in.len), &signed_text, signature, &len)) {
        FUZZ_CHECK(signed_text.ptr == text && signed_text.len < in.len);
        FUZZ_CHECK(len > 0 && len <= sizeof signature);
        if (midge__manifest_read(signed_text, &m)) {
            fuzz_printf(&again, "midge-update 1\nproduct: %.*s\nhardware: %.*s\n",
                        (int)m.product.len, m.product.ptr, (int)m.hardware.len, m.hardware.ptr);
            fuzz_printf(&again, "version: %u\nsize: %u\nsha256: ", (unsigned)m.image.version,
                        (unsigned)m.image.size);
            for (size_t i = 0; i < sizeof m.image.sha256; i++) {
                fuzz_printf(&again, "%02x", m.image.sha256[i]);
            }
            fuzz_puts(&again, "\n");
            char *copy = fuzz_string(signed_text.ptr, signed_text.len);
            lower(strstr(copy, "\nsize: ")); /* not the names, which may have such a text */
            FUZZ_CHECK(again.len == signed_text.len && memcmp(again.ptr, copy, again.len) == 0);
            free(copy);
        }
    }
    fuzz_free(&again);
    free(text);
}

/* --- the store --- */

static int verify(void *ctx, const void *text, size_t len, const uint8_t *signature,
                  size_t signature_len)
{
    (void)ctx, (void)text, (void)len, (void)signature, (void)signature_len;
    return MIDGE_OK;
}

/* One life; the answer of its last step. */
static int live(struct fake_flash *flash, uint32_t power)
{
    static const struct midge_update_device device = {
        .product = "thermostat", .hardware = "rev-c", .verify = verify};
    static struct midge_update update;
    uint8_t image[UPDATE_SIZE];
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        image[i] = update_image(17, i);
    }
    fake_flash_power(flash, power);
    int err = midge_update_open(&update, (struct midge_client *)(void *)flash, &device,
                                &flash->store, UPDATE_GOOD, strlen(UPDATE_GOOD));
    FUZZ_CHECK(err != MIDGE_OK || update.download.len <= UPDATE_SIZE);
    if (err == MIDGE_OK && midge_update_left(&update) > 0) {
        const size_t from = (size_t)update.download.len;
        memcpy(update.download.validator, "\"1\"", 4);
        err = update.sink.write(&update.sink, image + from, UPDATE_SIZE - from);
        err = update.sink.finish(&update.sink, err, MIDGE_COMPLETE_YES);
    }
    while (err == MIDGE_OK && (err = midge_update_install(&update)) == MIDGE_ERR_AGAIN) {
        err = MIDGE_OK;
    }
    return err;
}

static void check_store(struct fuzz_in in, unsigned unit)
{
    static uint8_t bytes[SIZE];
    struct fake_flash flash;
    const size_t n = in.len < BLOCK ? in.len : BLOCK;
    memset(bytes, 0xff, sizeof bytes);
    fake_flash_init(&flash, bytes, SIZE, BLOCK, (uint16_t)(1U << unit % 9));
    flash.random = in.len > 3 ? (uint32_t)(in.at[0] << 16 | in.at[1] << 8 | in.at[2]) : 1;
    (void)live(&flash, flash.random % 5000);
    fake_flash_power(&flash, FAKE_FLASH_FOREVER);
    for (size_t i = 0; i < n; i++) { /* bits that changed, or all of another program */
        bytes[SIZE - BLOCK + i] = unit > 63 ? in.at[i] : bytes[SIZE - BLOCK + i] ^ in.at[i];
    }
    flash.boots = 0;
    int err = MIDGE_ERR_IMAGE;
    for (unsigned tries = 0; err == MIDGE_ERR_IMAGE && tries < 2; tries++) {
        err = live(&flash, FAKE_FLASH_FOREVER);
        FUZZ_CHECK(err == MIDGE_OK || flash.boots == 0);
    }
    FUZZ_CHECK(err == MIDGE_OK && flash.boots == 1 && flash.faults == 0);
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        FUZZ_CHECK(bytes[i] == update_image(17, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned choice = fuzz_choice(&in);
    if (choice % 2 == 0) {
        check_manifest(in);
    } else {
        check_store(in, choice / 2);
    }
    return 0;
}
