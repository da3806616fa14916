/* SPDX-License-Identifier: MIT */
/*
 * The file store on the flash that the program runs from. flash_safe_execute stops the other core
 * and the interrupts while the flash gives no code; reading is by the memory map, whose cache
 * pico-sdk empties after each change.
 */
#include <string.h>

#include <hardware/flash.h>
#include <midge/err.h>
#include <midge/port_pico.h>
#include <pico/flash.h>

#include "store.h"

#define PATIENCE_MS 1000 /* for the other core to stop */

_Static_assert(STORE_SECTOR == FLASH_SECTOR_SIZE && STORE_PAGE == FLASH_PAGE_SIZE,
               "the store has the flash's units");

static struct store store;

/* --- the flash --- */

struct order {
    uint32_t offset;
    const uint8_t *page;
};

static void erase_now(void *param)
{
    const struct order *order = param;
    flash_range_erase(order->offset, FLASH_SECTOR_SIZE);
}

static void program_now(void *param)
{
    const struct order *order = param;
    flash_range_program(order->offset, order->page, FLASH_PAGE_SIZE);
}

static bool flash_erase(uint32_t offset)
{
    struct order order = {.offset = offset};
    return flash_safe_execute(erase_now, &order, PATIENCE_MS) == PICO_OK;
}

static bool flash_program(uint32_t offset, const uint8_t page[STORE_PAGE])
{
    struct order order = {.offset = offset, .page = page};
    return flash_safe_execute(program_now, &order, PATIENCE_MS) == PICO_OK;
}

static void flash_read(uint32_t offset, uint8_t *buf, size_t len)
{
    memcpy(buf, (const void *)(uintptr_t)(XIP_BASE + offset), len);
}

static const struct store_flash flash = {flash_erase, flash_program, flash_read};

/* --- the port's calls --- */

static int file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                     int *native)
{
    (void)ctx;
    return store_open(&store, path, mode, file, native);
}

static int file_size(void *ctx, midge_file file, uint64_t *size)
{
    (void)ctx;
    return store_size(file, size);
}

static int file_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    return store_seek(file, offset);
}

static int file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    return store_read(&store, file, buf, cap, n, native);
}

static int file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    (void)ctx;
    return store_write(&store, file, buf, len, native);
}

static int file_finish(void *ctx, midge_file file, int commit, int *native)
{
    (void)ctx;
    return store_finish(&store, file, commit, native);
}

static bool is_region(const struct midge_pico_store *place)
{
    const uint64_t bytes = (uint64_t)2 * place->files * place->area_bytes;
    return place->files > 0 && place->area_bytes > 0 && place->area_bytes % STORE_SECTOR == 0 &&
           place->offset % STORE_SECTOR == 0 && place->offset + bytes <= PICO_FLASH_SIZE_BYTES;
}

int midge_pico_files(struct midge_port *port, const struct midge_pico_store *place)
{
    if (!is_region(place)) {
        return MIDGE_ERR_INVALID;
    }
    store = (struct store){.flash = &flash, .place = *place};
    port->file_open = file_open;
    port->file_size = file_size;
    port->file_seek = file_seek;
    port->file_read = file_read;
    port->file_write = file_write;
    port->file_finish = file_finish;
    return MIDGE_OK;
}
