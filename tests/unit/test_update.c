/* SPDX-License-Identifier: MIT */
/* Updates without a network: manifests, the store, its progress, and a loss of power at each byte
   that is written to it. tests/sim/test_update.c has the servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/chance.h"
#include "unit/fake_flash.h"
#include "unit/update_manifests.h"

enum { SIZE = 4096, BLOCK = 512 };

static uint8_t bytes[SIZE];
static struct fake_flash flash;
static struct midge_update update;
static struct midge_update_device device;
static struct midge_client *client = (struct midge_client *)(void *)bytes; /* not looked at */
static char seen_text[MIDGE_UPDATE_MANIFEST];
static size_t seen_len;
static int verdict;

/* Signatures are tests/sim/test_update.c's. */
static int verify(void *ctx, const void *text, size_t len, const uint8_t *signature,
                  size_t signature_len)
{
    assert_ptr_equal(ctx, &verdict);
    assert_true(signature_len > 0 && signature != NULL && len < sizeof seen_text);
    memcpy(seen_text, text, len);
    seen_len = len;
    return verdict;
}

static int setup(void **state)
{
    (void)state;
    memset(bytes, 0xa5, sizeof bytes);
    fake_flash_init(&flash, bytes, SIZE, BLOCK, 8);
    device = (struct midge_update_device){.product = "thermostat",
                                          .hardware = "rev-c",
                                          .version = 16,
                                          .verify = verify,
                                          .ctx = &verdict};
    verdict = MIDGE_OK;
    return 0;
}

static int open_text(const char *text, size_t len)
{
    char *copy = malloc(len + 1); /* exactly so long, for the sanitizers */
    memcpy(copy, text, len);
    copy = realloc(copy, len > 0 ? len : 1);
    const int err = midge_update_open(&update, client, &device, &flash.store, copy, len);
    free(copy);
    return err;
}

static int open_it(const char *text)
{
    return open_text(text, strlen(text));
}

/* Gives the image from where it is left off, in pieces of so many bytes. */
static int give(uint32_t version, size_t piece)
{
    uint8_t image[UPDATE_SIZE];
    int err = MIDGE_OK;
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        image[i] = update_image(version, i);
    }
    for (size_t at = (size_t)update.download.len; err == MIDGE_OK && at < UPDATE_SIZE;) {
        const size_t n = UPDATE_SIZE - at < piece ? UPDATE_SIZE - at : piece;
        err = update.sink.write(&update.sink, image + at, n);
        at += n;
    }
    return update.sink.finish(&update.sink, err,
                              err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
}

static int install(void)
{
    int err;
    while ((err = midge_update_install(&update)) == MIDGE_ERR_AGAIN) {
    }
    return err;
}

static bool has_image(uint32_t version)
{
    for (uint32_t i = 0; i < UPDATE_SIZE; i++) {
        if (bytes[i] != update_image(version, i)) {
            return false;
        }
    }
    return true;
}

/* --- manifests --- */

static void good(void **state)
{
    (void)state;
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(update.image.version, 17);
    assert_int_equal(update.image.size, UPDATE_SIZE);
    assert_int_equal(update.image.sha256[0], 0xa1);
    assert_int_equal(update.image.sha256[31], 0x0a);
    assert_int_equal(midge_update_left(&update), UPDATE_SIZE);
    assert_int_equal(seen_len, strstr(UPDATE_GOOD, "signature") - UPDATE_GOOD);
    assert_memory_equal(seen_text, UPDATE_GOOD, seen_len);
    assert_int_equal(flash.erases + flash.programs, 0);
}

static void refused(void **state)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {
        {UPDATE_OTHER_PRODUCT, MIDGE_ERR_PRODUCT}, {UPDATE_OTHER_HARDWARE, MIDGE_ERR_HARDWARE},
        {UPDATE_OLD, MIDGE_ERR_ROLLBACK},          {UPDATE_SAME, MIDGE_ERR_INSTALLED},
        {UPDATE_TOO_LARGE, MIDGE_ERR_TOO_LARGE},   {UPDATE_ODD_FORM, MIDGE_ERR_MANIFEST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(open_it(cases[i].text), cases[i].error);
        assert_int_equal(midge_update_left(&update), 0);
        assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
    }
    device.reinstall = 1;
    assert_int_equal(open_it(UPDATE_SAME), MIDGE_OK);
    assert_int_equal(open_it(UPDATE_OLD), MIDGE_ERR_ROLLBACK);
    verdict = MIDGE_ERR_SIGNATURE; /* comes before all that the text says */
    assert_int_equal(open_it(UPDATE_OTHER_PRODUCT), MIDGE_ERR_SIGNATURE);
    assert_int_equal(open_it(UPDATE_ODD_FORM), MIDGE_ERR_SIGNATURE);
    verdict = 1; /* not an answer of verify */
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_ERR_SIGNATURE);
    assert_int_equal(flash.erases + flash.programs + flash.boots, 0);
}

/* Each cut, each byte changed, each byte more: the manifest of another form is refused. What is
   left are other values. */
static void forms(void **state)
{
    static const char text[] = UPDATE_GOOD;
    char copy[sizeof text + 1];
    unsigned accepted = 0;
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_int_equal(open_text(text, len), MIDGE_ERR_MANIFEST);
    }
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (unsigned c = at % 7; c < 256; c += 7) {
            memcpy(copy, text, sizeof text);
            copy[at] = (char)c;
            accepted += open_text(copy, sizeof text - 1) == MIDGE_OK;
            memmove(copy + at + 1, text + at, sizeof text - at);
            accepted += open_text(copy, sizeof text) == MIDGE_OK;
        }
    }
    /* A seventh of: 22 hexadecimal digits for each of 64 + 140; digits of version and size. */
    assert_in_range(accepted, 550, 750);
}

static void odd_forms(void **state)
{
#define HEAD  "midge-update 1\nproduct: thermostat\nhardware: rev-c\n"
#define TAIL  "sha256: a1f4910348b3ff6c0f890d8ce41a874c73d4c21d968d81a5d8f840a59f565d0a\n"
#define SIGN  "signature: 00\n"
#define NAME8 "12345678"
    static const char *const odd[] = {
        "",
        "\n",
        "signature: 00",
        SIGN,
        HEAD "version: 17\nsize: 0\n" TAIL SIGN,
        HEAD "version: 17\nsize: 4294967296\n" TAIL SIGN,
        HEAD "version: 17\nsize: 99999999999999999999999\n" TAIL SIGN,
        HEAD "version: -17\nsize: 9\n" TAIL SIGN,
        HEAD "version: 017\nsize: 9\n" TAIL SIGN,
        HEAD "version: \nsize: 9\n" TAIL SIGN,
        HEAD "version: 17 \nsize: 9\n" TAIL SIGN,
        HEAD "version: 17\r\nsize: 9\r\n" TAIL SIGN,
        HEAD "size: 9\nversion: 17\n" TAIL SIGN,
        HEAD "version: 17\nversion: 17\nsize: 9\n" TAIL SIGN,
        HEAD "version: 17\nsize: 9\nnote: x\n" TAIL SIGN,
        HEAD "version: 17\nsize: 9\n" TAIL TAIL SIGN,
        HEAD "version: 17\nsize: 9\n" TAIL SIGN SIGN,
        HEAD "version: 17\nsize: 9\n" TAIL "signature: \n",
        HEAD "version: 17\nsize: 9\n" TAIL "signature: 000\n",
        HEAD "version: 17\nsize: 9\n" TAIL "signature: 0g\n",
        HEAD "version: 17\nsize: 9\n" TAIL "signature: 00\n\n",
        HEAD "version: 17\nsize: 9\nsha256: a1\n" SIGN,
        "midge-update 2\nproduct: thermostat\nhardware: rev-c\nversion: 17\nsize: 9\n" TAIL SIGN,
        "midge-update 1\nproduct: \nhardware: rev-c\nversion: 17\nsize: 9\n" TAIL SIGN,
        "midge-update 1\nproduct: ther\tmostat\nhardware: rev-c\nversion: 17\nsize: 9\n" TAIL SIGN,
        "midge-update 1\nproduct: " NAME8 NAME8 NAME8 NAME8 NAME8 NAME8 NAME8 NAME8
        "\nhardware: rev-c\nversion: 17\nsize: 9\n" TAIL SIGN,
    };
    char big[MIDGE_UPDATE_MANIFEST + 100];
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        assert_int_equal(open_it(odd[i]), MIDGE_ERR_MANIFEST);
    }
    for (unsigned hex = 2; hex < 900; hex += 2) { /* signatures of each length */
        (void)snprintf(big, sizeof big, HEAD "version: 17\nsize: 9\n" TAIL "signature: %0*d\n",
                       (int)hex, 0);
        const bool fits = hex <= 2 * MIDGE_UPDATE_SIGNATURE && strlen(big) <= MIDGE_UPDATE_MANIFEST;
        assert_int_equal(open_it(big), fits ? MIDGE_OK : MIDGE_ERR_MANIFEST);
    }
}

static void wrong_use(void **state)
{
    struct midge_update_store *s = &flash.store;
    const struct midge_update_store whole = flash.store;
    const size_t len = strlen(UPDATE_GOOD);
    (void)state;
    assert_int_equal(midge_update_open(NULL, client, &device, s, UPDATE_GOOD, len),
                     MIDGE_ERR_INVALID);
    assert_int_equal(midge_update_open(&update, NULL, &device, s, UPDATE_GOOD, len),
                     MIDGE_ERR_INVALID);
    assert_int_equal(midge_update_open(&update, client, NULL, s, UPDATE_GOOD, len),
                     MIDGE_ERR_INVALID);
    assert_int_equal(midge_update_open(&update, client, &device, NULL, UPDATE_GOOD, len),
                     MIDGE_ERR_INVALID);
    assert_int_equal(midge_update_open(&update, client, &device, s, NULL, 0), MIDGE_ERR_INVALID);
#define WITHOUT(field, value)                                                                      \
    *s = whole;                                                                                    \
    s->field = value;                                                                              \
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_ERR_INVALID)
    WITHOUT(read, NULL);
    WITHOUT(erase, NULL);
    WITHOUT(program, NULL);
    WITHOUT(boot, NULL);
    WITHOUT(unit, 0);
    WITHOUT(unit, 3);
    WITHOUT(unit, 512);
    WITHOUT(block, 0);
    WITHOUT(block, 300);
    WITHOUT(size, BLOCK);
    WITHOUT(size, SIZE - 1);
    WITHOUT(size, 0);
    *s = whole;
    s->block = 256;
    s->unit = 256; /* no room for a record */
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_ERR_INVALID);
}

/* --- the store --- */

static void each_piece(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 700; piece += piece < 20 ? 1 : 37) {
        for (uint16_t unit = 1; unit <= 256; unit = (uint16_t)(2 * unit)) {
            fake_flash_init(&flash, bytes, SIZE, BLOCK, unit);
            assert_int_equal(open_it(piece % 2 ? UPDATE_GOOD : UPDATE_NEXT), MIDGE_OK);
            assert_int_equal(give(piece % 2 ? 17 : 18, piece), MIDGE_OK);
            assert_int_equal(midge_update_left(&update), 0);
            assert_int_equal(install(), MIDGE_OK);
            assert_int_equal(flash.boots, 1);
            assert_int_equal(flash.booted.version, piece % 2 ? 17 : 18);
            assert_true(has_image(piece % 2 ? 17 : 18));
            assert_int_equal(flash.faults, 0);
        }
        memset(bytes, 0, sizeof bytes);
    }
}

/* Another image of the same size, and one byte wrong. */
static void wrong_image(void **state)
{
    (void)state;
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(give(3, 100), MIDGE_OK);
    assert_int_equal(install(), MIDGE_ERR_IMAGE);
    assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(midge_update_left(&update), UPDATE_SIZE); /* all is forgotten */
    for (uint32_t at = 0; at < UPDATE_SIZE; at += 97) {
        assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
        assert_int_equal(give(17, 100), MIDGE_OK);
        bytes[at] ^= 4; /* behind midge's back: only reading back can detect that */
        assert_int_equal(install(), MIDGE_ERR_IMAGE);
    }
    assert_int_equal(flash.boots, 0);
    assert_int_equal(open_it(UPDATE_WRONG_HASH), MIDGE_OK);
    assert_int_equal(give(17, 100), MIDGE_OK);
    assert_int_equal(install(), MIDGE_ERR_IMAGE);
}

static void wrong_length(void **state)
{
    static const uint8_t more[5000];
    (void)state;
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(update.sink.write(&update.sink, more, UPDATE_SIZE + 1), MIDGE_ERR_IMAGE);
    assert_int_equal(update.sink.finish(&update.sink, MIDGE_ERR_IMAGE, MIDGE_COMPLETE_NO),
                     MIDGE_ERR_IMAGE);
    assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(update.sink.write(&update.sink, more, UPDATE_SIZE - 1), MIDGE_OK);
    assert_int_equal(update.sink.finish(&update.sink, MIDGE_OK, MIDGE_COMPLETE_YES),
                     MIDGE_ERR_IMAGE);
    assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
    assert_int_equal(open_it(UPDATE_WRONG_SIZE), MIDGE_OK);
    assert_int_equal(give(17, 100), MIDGE_ERR_IMAGE);
    assert_int_equal(flash.boots, 0);
}

/* Whichever write of the store fails: the error is passed on, and the next try ends well. */
static void store_fails(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        setup(NULL);
        assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
        flash.fail = -1234;
        flash.fail_in = n;
        const int end = give(17, 300);
        if (end == MIDGE_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(end, -1234);
        assert_int_equal(update.sink.write(&update.sink, bytes, 1), MIDGE_ERR_INVALID);
        assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
        assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
        assert_int_equal(give(17, 100), MIDGE_OK);
        assert_int_equal(install(), MIDGE_OK);
        assert_int_equal(flash.faults, 0);
    }
    flash.fail = -77; /* of boot */
    flash.fail_in = 1;
    assert_int_equal(install(), -77);
    assert_int_equal(flash.boots, 0);
    assert_int_equal(midge_update_install(&update), MIDGE_ERR_INVALID);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(midge_update_left(&update), 0);
    assert_int_equal(install(), MIDGE_OK);
}

/* --- power --- */

static unsigned cuts;

/* One life of the device, with a server that gives the rest of the version. True: it has booted. */
static bool live(const char *manifest, uint32_t version, uint32_t power, const char *validator)
{
    fake_flash_power(&flash, power);
    int err = open_it(manifest);
    if (err == MIDGE_OK && midge_update_left(&update) > 0) {
        (void)snprintf(update.download.validator, sizeof update.download.validator, "%s",
                       validator);
        err = give(version, 1 + power % 300);
    }
    if (err == MIDGE_OK) {
        err = install();
    }
    cuts += flash.off;
    assert_int_equal(flash.faults, 0);
    if (flash.boots > 0) { /* the switch is written only for the whole image */
        assert_int_equal(flash.booted.version, version);
        assert_true(has_image(version));
    }
    assert_true(err == MIDGE_OK || flash.off);
    return err == MIDGE_OK;
}

/* A loss of power at each byte that is written, and a second one somewhere. */
static void each_byte(void **state)
{
    (void)state;
    cuts = 0;
    for (uint16_t unit = 1; unit <= 256; unit = (uint16_t)(unit * 16)) {
        for (uint32_t at = 0;; at++) {
            setup(NULL);
            fake_flash_init(&flash, bytes, SIZE, BLOCK, unit);
            flash.random = at * 3 + unit;
            if (live(UPDATE_GOOD, 17, at, "\"v17\"")) {
                break;
            }
            (void)live(UPDATE_GOOD, 17, flash.random % 4000, "\"v17\"");
            assert_true(live(UPDATE_GOOD, 17, FAKE_FLASH_FOREVER, "\"v17\""));
        }
    }
    print_message("%u losses of power\n", cuts);
    assert_true(cuts > 4 * UPDATE_SIZE);
}

/* Many lives in a row, of short power; a newer image comes in between. */
static void many_cuts(void **state)
{
    unsigned resumed = 0;
    (void)state;
    cuts = 0;
    for (seed = 1; seed < 400; seed++) {
        setup(NULL);
        const uint64_t begun = seed;
        const uint16_t unit = (uint16_t)(1U << chance(9));
        fake_flash_init(&flash, bytes, SIZE, BLOCK, unit);
        flash.random = (uint32_t)seed;
        for (unsigned n = chance(12); n > 0; n--) {
            if (live(UPDATE_GOOD, 17, chance(1500), "\"v17\"")) {
                break;
            }
        }
        fake_flash_power(&flash, FAKE_FLASH_FOREVER);
        flash.boots = 0;
        for (unsigned n = 0; !live(UPDATE_NEXT, 18, 400 + chance(1500), "\"v18\""); n++) {
            resumed += update.download.len > 0;
            assert_true(n < 1000);
        }
        seed = begun;
    }
    print_message("%u losses of power, %u lives with progress\n", cuts, resumed);
    assert_true(resumed > cuts / 4);
}

/* Without a validator the rest cannot be asked for, but an image that is complete is. */
static void without_validator(void **state)
{
    (void)state;
    assert_false(live(UPDATE_GOOD, 17, 2500, ""));
    fake_flash_power(&flash, FAKE_FLASH_FOREVER);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(midge_update_left(&update), UPDATE_SIZE);
    assert_int_equal(give(17, 100), MIDGE_OK);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_int_equal(midge_update_left(&update), 0);
    assert_int_equal(install(), MIDGE_OK);
}

static void resumes(void **state)
{
    (void)state;
    assert_false(live(UPDATE_GOOD, 17, 2500, "\"v17\""));
    fake_flash_power(&flash, FAKE_FLASH_FOREVER);
    assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
    assert_in_range(midge_update_left(&update), 1, UPDATE_SIZE - 3 * BLOCK);
    assert_string_equal(update.download.validator, "\"v17\"");
    assert_int_equal(open_it(UPDATE_NEXT), MIDGE_OK); /* another image */
    assert_int_equal(midge_update_left(&update), UPDATE_SIZE);
    assert_string_equal(update.download.validator, "");
}

/* A bit that is wrong in the last block never counts as progress. */
static void wrong_bits(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 200 * 8; bit++) {
        setup(NULL);
        (void)live(UPDATE_GOOD, 17, 2500, "\"v17\"");
        fake_flash_power(&flash, FAKE_FLASH_FOREVER);
        bytes[SIZE - BLOCK + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(open_it(UPDATE_GOOD), MIDGE_OK);
        assert_true(update.stored % BLOCK == 0 && update.stored <= 3 * BLOCK);
        assert_int_equal(give(17, 1000), MIDGE_OK);
        assert_int_equal(install(), MIDGE_OK);
        assert_true(has_image(17));
        assert_int_equal(flash.faults, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good, setup),
        cmocka_unit_test_setup(refused, setup),
        cmocka_unit_test_setup(forms, setup),
        cmocka_unit_test_setup(odd_forms, setup),
        cmocka_unit_test_setup(wrong_use, setup),
        cmocka_unit_test_setup(each_piece, setup),
        cmocka_unit_test_setup(wrong_image, setup),
        cmocka_unit_test_setup(wrong_length, setup),
        cmocka_unit_test_setup(store_fails, setup),
        cmocka_unit_test_setup(each_byte, setup),
        cmocka_unit_test_setup(many_cuts, setup),
        cmocka_unit_test_setup(without_validator, setup),
        cmocka_unit_test_setup(resumes, setup),
        cmocka_unit_test_setup(wrong_bits, setup),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
