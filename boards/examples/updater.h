/* SPDX-License-Identifier: MIT */
/*
 * Firmware updates as a task (midge/update.h): it asks for the manifest, fetches the image if it is
 * new, and installs it. tests/sim/test_updater.c runs it.
 *
 *     static struct updater updater = {.device = …, .store = &flash.store, .manifest_url = …,
 *                                      .image_url = …};
 *     midge_spawn(client, updater_task, &updater, &id);       once a day, and after each reset
 *
 * The task's error says how it ended: OK: reset now, the loader starts the new image. INSTALLED:
 * nothing is new. After all others, try again later.
 */
#ifndef UPDATER_H
#define UPDATER_H

#include <midge/midge.h>

struct updater {
    struct midge_update_device device;
    struct midge_update_store *store;
    const char *manifest_url, *image_url;

    /* The task's own: */
    struct midge_update update;
    struct midge_buffer buffer;
    char manifest[MIDGE_UPDATE_MANIFEST + 1];
    midge_id id;
    int err;
    struct midge_result result;
};

int updater_task(struct midge_task *task, void *state);

/* A store in flash that the processor sees as memory. The two functions are the driver's; they
   return 0 if all went well. The switch is one unit in the block behind the store: a version and
   its complement. If it is missing or torn, the loader starts the image that it started before. */
struct updater_flash {
    struct midge_update_store store;
    const uint8_t *memory; /* where the processor sees it */
    uint32_t switch_at;    /* the offset of the switch */
    int (*erase)(uint32_t at);
    int (*program)(uint32_t at, const void *data, size_t len);
};

/* size, block, unit: as in struct midge_update_store; the switch lies behind size. */
void updater_flash_init(struct updater_flash *flash, uint32_t size, uint32_t block, uint16_t unit);

#endif
