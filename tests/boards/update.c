/* SPDX-License-Identifier: MIT */
/*
 * Updates while power is lost, as the app of a board (in place of boards/apps):
 *
 *     update BASE KEY ROUNDS SEED
 *
 * BASE/manifest/INSTALLED/HOW and BASE/image/VERSION/HOW give manifests and images
 * (test_update.py); with HOW 0 they are good, with 1 also wrong. KEY: the vendor's, in hexadecimal.
 *
 * The flash is RAM that a reset keeps. A loss of power is a reset of the machine, by its own reset
 * request: in the middle of a write, of an erase, of the boot switch, or after some turns of the
 * client. At each start the loader below looks at the switch and compares the image with the one
 * that the version must have: BAD otherwise. After ROUNDS losses one update must end well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>

#include "../unit/fake_flash.h"
#include "board.h"

#define MAGIC UINT32_C(0x75706474)
enum { BLOCK = 1024, SIZE = 10 * BLOCK, KEY = 91, TRIES = 3, LAST_TRIES = 100 };

/* A reset keeps this. */
static struct {
    uint32_t magic, random;
    uint32_t installed;
    uint32_t boot, boot_check; /* the switch: a version, and its complement */
    uint32_t cuts, in_turns, in_switch, starts, resumed, errors, updates, bad;
    uint32_t open_us; /* the longest midge_update_open */
    uint8_t flash[SIZE];
} kept __attribute__((section(".noinit"), aligned(8)));

static struct fake_flash flash;
static struct midge_update update;
static struct midge_client *client;
static struct board *the_board;
static uint32_t turns; /* until power is lost; 0: it is not */
static bool in_switch; /* it is lost in the switch */
static uint8_t key[KEY];
static const char *base;
static char manifest[MIDGE_UPDATE_MANIFEST], url[96];

static void say(const char *line)
{
    board_write(the_board, BOARD_OUT, line, strlen(line));
}

static uint32_t chance(uint32_t n)
{
    kept.random = kept.random * UINT32_C(1664525) + UINT32_C(1013904223);
    return (kept.random >> 8) % n;
}

/* --- the machine --- */

_Noreturn static void reset(void)
{
    *(volatile uint32_t *)0xE000ED0C = 0x05FA0004; /* AIRCR: SYSRESETREQ */
    for (;;) {
    }
}

static void lose_power(struct fake_flash *unused)
{
    (void)unused;
    kept.cuts++;
    reset();
}

/* Two words: a loss of power between them leaves no switch. */
static int write_switch(struct midge_update_store *store, const struct midge_image *image)
{
    struct fake_flash *f = fake_flash_of(store);
    const bool whole = fake_flash_spend(f, FAKE_FLASH_BOOT) && !in_switch;
    const uint32_t words = whole ? 2 : chance(3);
    if (words > 0) {
        kept.boot = image->version;
    }
    if (words > 1) {
        kept.boot_check = ~image->version;
    }
    if (!whole) {
        kept.in_switch++;
        lose_power(f);
    }
    return MIDGE_OK;
}

/* --- the loader --- */

static uint32_t size_of(uint32_t version)
{
    return 5000 + version * 37 % 4000;
}

static uint8_t byte_of(uint32_t version, uint32_t i)
{
    return (uint8_t)(i * 7 + version * 13 + (i >> 8) * 31);
}

static void complain(const char *text, uint32_t version)
{
    char line[100];
    kept.bad++;
    (void)snprintf(line, sizeof line, "update: BAD: %s, version %lu\n", text,
                   (unsigned long)version);
    say(line);
}

static void load(void)
{
    const uint32_t version = kept.boot;
    if (version != ~kept.boot_check || version == kept.installed) {
        return;
    }
    if (version < kept.installed) {
        complain("older", version);
    }
    for (uint32_t i = 0; i < size_of(version); i++) {
        if (kept.flash[i] != byte_of(version, i)) {
            complain("wrong image", version);
            break;
        }
    }
    kept.installed = version;
    kept.updates++;
}

/* --- the update --- */

static int get(const char *path, uint32_t number, bool wrong, struct midge_sink *sink,
               struct midge_hook *hook, struct midge_result *result)
{
    static const struct midge_retry rules = {.max = 2, .first_ms = 1, .all_errors = 1};
    const struct midge_request request = {
        .url = url, .sink = sink, .hooks = hook, .retry = &rules, .timeouts = {.total_ms = 30000}};
    midge_id id;
    (void)snprintf(url, sizeof url, "%s/%s/%lu/%d", base, path, (unsigned long)number, wrong);
    int err = midge_start(client, &request, &id);
    while (err == MIDGE_OK && (err = midge_take(client, id, result)) == MIDGE_ERR_AGAIN) {
        if (turns > 0 && --turns == 0) {
            kept.in_turns++;
            lose_power(NULL);
        }
        err = midge_poll(client, 10) < 0 ? MIDGE_ERR_PORT : MIDGE_OK;
    }
    return err == MIDGE_OK ? result->error : err;
}

static int try_update(bool wrong)
{
    const struct midge_update_device device = {.product = "thermostat",
                                               .hardware = "rev-c",
                                               .version = kept.installed,
                                               .key = key,
                                               .key_len = sizeof key};
    struct midge_buffer buffer;
    struct midge_result result;
    midge_buffer_init(&buffer, manifest, sizeof manifest);
    int err = get("manifest", kept.installed, wrong, &buffer.sink, NULL, &result);
    if (err == MIDGE_OK) {
        struct midge_port *port = the_board->port;
        const uint64_t from = port->clock_us(port->ctx);
        err = midge_update_open(&update, client, &device, &flash.store, manifest, buffer.len);
        const uint32_t us = (uint32_t)(port->clock_us(port->ctx) - from);
        kept.open_us = us > kept.open_us ? us : kept.open_us;
    }
    if (err == MIDGE_OK && midge_update_left(&update) > 0) {
        kept.resumed += update.download.len > 0;
        err =
            get("image", update.image.version, wrong, &update.sink, &update.download.hook, &result);
    }
    if (err == MIDGE_OK) {
        while ((err = midge_update_install(&update)) == MIDGE_ERR_AGAIN) {
        }
    }
    return err;
}

static int report(uint32_t rounds)
{
    char line[200];
    (void)snprintf(
        line, sizeof line,
        "update: %lu losses of power (%lu between turns, %lu in the switch), %lu "
        "starts, %lu resumed, %lu errors, %lu updates, %lu bad; opened in %lu us\n",
        (unsigned long)kept.cuts, (unsigned long)kept.in_turns, (unsigned long)kept.in_switch,
        (unsigned long)kept.starts, (unsigned long)kept.resumed, (unsigned long)kept.errors,
        (unsigned long)kept.updates, (unsigned long)kept.bad, (unsigned long)kept.open_us);
    say(line);
    return kept.bad == 0 && kept.cuts >= rounds ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}

static void power_on(bool for_ever)
{
    fake_flash_init(&flash, kept.flash, SIZE, BLOCK, (uint16_t)(1U << kept.installed % 9));
    flash.store.boot = write_switch;
    flash.on_cut = lose_power;
    flash.random = kept.random;
    turns = 0;
    in_switch = !for_ever && chance(4) == 0;
    if (!for_ever && chance(4) == 0) {
        turns = 1 + chance(30);
    } else if (!for_ever && !in_switch) {
        flash.left = chance(9000);
    }
}

/* One start; it comes back only if the update has ended well, at the last one. */
static int run(uint32_t rounds)
{
    const bool last = kept.cuts >= rounds;
    const uint32_t updates = kept.updates;
    power_on(last);
    for (unsigned n = last ? LAST_TRIES : TRIES; n > 0; n--) {
        const int err = try_update(!last);
        if (flash.faults > 0) {
            complain("a fault of the flash", flash.faults);
        }
        load();
        if (err == MIDGE_OK && last) {
            return kept.updates == updates + 1 ? report(rounds) : BOARD_EXIT_FAILED;
        }
        kept.errors += err != MIDGE_OK;
        if (err == MIDGE_OK) {
            break;
        }
    }
    if (last) {
        complain("the last update did not end well", kept.installed);
        return report(rounds);
    }
    reset();
}

static bool read_key(const char *hex)
{
    for (size_t i = 0; i < sizeof key; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i] != '\0' ? hex[2 * i + 1] : '\0', '\0'};
        if (strlen(digits) < 2) {
            return false;
        }
        key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

int board_app(struct board *board, int argc, char **argv)
{
    const struct midge_config config = {.max_connections = 1};
    the_board = board;
    if (argc != 5 || !read_key(argv[2])) {
        return BOARD_EXIT_USAGE;
    }
    if (kept.magic != MAGIC) {
        memset(&kept, 0, sizeof kept);
        kept.magic = MAGIC;
        kept.installed = 1;
        kept.random = (uint32_t)strtoul(argv[4], NULL, 10);
    }
    kept.starts++;
    load();
    if (board_open(board, &config, 0, &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    base = argv[1];
    const int code = run((uint32_t)strtoul(argv[3], NULL, 10));
    board_close(board, client);
    return code;
}
