/* SPDX-License-Identifier: MIT */
/*
 * A store of an update (midge/update.h) in memory, which behaves as NOR flash: an erase sets all
 * bits of a block, programming only clears bits, and a unit is programmed once. `faults` counts
 * each use that a real flash would not forgive.
 *
 * Power is lost after `left` bytes of writing: the byte being written has some of its bits, an
 * erase leaves old bytes, new ones and others between. Then on_cut is called, which may not return
 * (a board resets there); all calls fail until fake_flash_power.
 */
#ifndef FAKE_FLASH_H
#define FAKE_FLASH_H

#include <stdbool.h>
#include <string.h>

#include <midge/update.h>

#define FAKE_FLASH_FOREVER UINT32_MAX
enum { FAKE_FLASH_ERASE = 64, FAKE_FLASH_BOOT = 8 }; /* costs as so many bytes */

struct fake_flash {
    struct midge_update_store store;
    uint8_t *bytes;
    uint32_t left;
    uint32_t random;
    bool off;
    void (*on_cut)(struct fake_flash *flash);
    int fail;         /* this is answered, and nothing is done, */
    unsigned fail_in; /* in this call of those that write: 1 is the next one; 0: none */
    unsigned faults, reads, erases, programs, boots;
    struct midge_image booted; /* by the last boot */
};

static inline uint32_t fake_flash_random(struct fake_flash *flash)
{
    flash->random = flash->random * UINT32_C(1664525) + UINT32_C(1013904223);
    return flash->random >> 8;
}

static inline struct fake_flash *fake_flash_of(struct midge_update_store *store)
{
    return (struct fake_flash *)(void *)store;
}

/* Power for so many more bytes of writing. */
static inline void fake_flash_power(struct fake_flash *flash, uint32_t left)
{
    flash->left = left;
    flash->off = false;
}

/* Takes n bytes' worth of power; false: it is lost within them. */
static inline bool fake_flash_spend(struct fake_flash *flash, uint32_t n)
{
    if (flash->left == FAKE_FLASH_FOREVER) {
        return true;
    }
    flash->off = flash->left < n;
    flash->left -= flash->off ? flash->left : n;
    return !flash->off;
}

static inline int fake_flash_cut(struct fake_flash *flash)
{
    if (flash->on_cut != NULL) {
        flash->on_cut(flash);
    }
    return MIDGE_ERR_WRITE;
}

/* May a write of len bytes begin here? */
static inline int fake_flash_begin(struct fake_flash *flash, bool good)
{
    flash->faults += !good;
    const int fail = flash->fail_in == 1 ? flash->fail : MIDGE_OK;
    flash->fail_in -= flash->fail_in > 0;
    return !good || flash->off ? MIDGE_ERR_WRITE : fail;
}

static inline bool fake_flash_inside(const struct fake_flash *flash, uint32_t at, size_t len)
{
    return at <= flash->store.size && len <= flash->store.size - at;
}

static inline int fake_flash_read(struct midge_update_store *store, uint32_t at, void *data,
                                  size_t len)
{
    struct fake_flash *flash = fake_flash_of(store);
    flash->reads++;
    if (!fake_flash_inside(flash, at, len)) {
        flash->faults++;
        return MIDGE_ERR_READ;
    }
    memcpy(data, flash->bytes + at, len);
    return flash->off ? MIDGE_ERR_READ : MIDGE_OK;
}

static inline int fake_flash_erase(struct midge_update_store *store, uint32_t at)
{
    struct fake_flash *flash = fake_flash_of(store);
    const int err = fake_flash_begin(flash, fake_flash_inside(flash, at, store->block) &&
                                                at % store->block == 0);
    if (err != MIDGE_OK) {
        return err;
    }
    flash->erases++;
    if (fake_flash_spend(flash, FAKE_FLASH_ERASE)) {
        memset(flash->bytes + at, 0xff, store->block);
        return MIDGE_OK;
    }
    const uint32_t clean = fake_flash_random(flash) % (store->block + 1);
    for (uint32_t i = 0; i < store->block; i++) {
        const uint32_t how = fake_flash_random(flash);
        const uint8_t bits = i < clean || how % 2 > 0 ? 0xff : (uint8_t)(how >> 8);
        flash->bytes[at + i] |= how % 8 < 6 ? bits : 0;
    }
    return fake_flash_cut(flash);
}

static inline bool fake_flash_blank(const struct fake_flash *flash, uint32_t at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (flash->bytes[at + i] != 0xff) {
            return false;
        }
    }
    return true;
}

static inline int fake_flash_program(struct midge_update_store *store, uint32_t at,
                                     const void *data, size_t len)
{
    struct fake_flash *flash = fake_flash_of(store);
    const uint8_t *bytes = data;
    const int err = fake_flash_begin(
        flash, len > 0 && len <= MIDGE_UPDATE_PAGE && fake_flash_inside(flash, at, len) &&
                   at % store->unit == 0 && len % store->unit == 0 && (uintptr_t)data % 4 == 0 &&
                   at / store->block == (at + len - 1) / store->block &&
                   fake_flash_blank(flash, at, len));
    if (err != MIDGE_OK) {
        return err;
    }
    flash->programs++;
    for (size_t i = 0; i < len; i++) {
        if (!fake_flash_spend(flash, 1)) {
            flash->bytes[at + i] &= (uint8_t)(bytes[i] | fake_flash_random(flash));
            return fake_flash_cut(flash);
        }
        flash->bytes[at + i] &= bytes[i];
    }
    return MIDGE_OK;
}

/* The switch is made or not, when power is lost meanwhile. */
static inline int fake_flash_boot(struct midge_update_store *store, const struct midge_image *image)
{
    struct fake_flash *flash = fake_flash_of(store);
    const int err = fake_flash_begin(flash, true);
    if (err != MIDGE_OK) {
        return err;
    }
    const bool whole = fake_flash_spend(flash, FAKE_FLASH_BOOT);
    if (whole || fake_flash_random(flash) % 2 > 0) {
        flash->boots++;
        flash->booted = *image;
    }
    return whole ? MIDGE_OK : fake_flash_cut(flash);
}

/* bytes: size of them, kept as they are. */
static inline void fake_flash_init(struct fake_flash *flash, uint8_t *bytes, uint32_t size,
                                   uint32_t block, uint16_t unit)
{
    *flash = (struct fake_flash){.store = {.read = fake_flash_read,
                                           .erase = fake_flash_erase,
                                           .program = fake_flash_program,
                                           .boot = fake_flash_boot,
                                           .size = size,
                                           .block = block,
                                           .unit = unit},
                                 .bytes = bytes,
                                 .left = FAKE_FLASH_FOREVER,
                                 .random = 1};
}

#endif
