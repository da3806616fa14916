/* SPDX-License-Identifier: MIT */
/* Each step that can wait is an await; the image is read back in pieces, between which other
   requests go on. */
#include "updater.h"

#include <string.h>

/* --- the store --- */

static struct updater_flash *flash_of(struct midge_update_store *store)
{
    return (struct updater_flash *)(void *)store;
}

static int flash_read(struct midge_update_store *store, uint32_t at, void *data, size_t len)
{
    memcpy(data, flash_of(store)->memory + at, len);
    return MIDGE_OK;
}

static int flash_erase(struct midge_update_store *store, uint32_t at)
{
    return flash_of(store)->erase(at) == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}

static int flash_program(struct midge_update_store *store, uint32_t at, const void *data,
                         size_t len)
{
    return flash_of(store)->program(at, data, len) == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}

/* A loss of power leaves no switch, or half of it: both mean the old image. */
static int flash_boot(struct midge_update_store *store, const struct midge_image *image)
{
    const uint32_t at = flash_of(store)->switch_at;
    uint32_t unit[MIDGE_UPDATE_PAGE / 4] = {image->version, ~image->version};
    const size_t len = store->unit > 8 ? store->unit : 8;
    const int err = flash_erase(store, at);
    return err != MIDGE_OK ? err : flash_program(store, at, unit, len);
}

void updater_flash_init(struct updater_flash *flash, uint32_t size, uint32_t block, uint16_t unit)
{
    flash->store = (struct midge_update_store){.read = flash_read,
                                               .erase = flash_erase,
                                               .program = flash_program,
                                               .boot = flash_boot,
                                               .size = size,
                                               .block = block,
                                               .unit = unit};
    flash->switch_at = size;
}

/* --- the task --- */

static int ask_for_manifest(struct updater *u, struct midge_client *client)
{
    midge_buffer_init(&u->buffer, u->manifest, sizeof u->manifest);
    const struct midge_request get = {.url = u->manifest_url, .sink = &u->buffer.sink};
    return midge_start(client, &get, &u->id);
}

static int judge_manifest(struct updater *u, struct midge_client *client)
{
    if (u->result.error != MIDGE_OK || u->result.status != 200) {
        return u->result.error != MIDGE_OK ? u->result.error : MIDGE_ERR_HTTP_STATUS;
    }
    return midge_update_open(&u->update, client, &u->device, u->store, u->manifest, u->buffer.len);
}

static int ask_for_image(struct updater *u, struct midge_client *client)
{
    static const struct midge_retry rules = {.max = 10, .first_ms = 1000, .all_errors = 1};
    const struct midge_request get = {.url = u->image_url,
                                      .sink = &u->update.sink,
                                      .hooks = &u->update.download.hook,
                                      .retry = &rules};
    return midge_start(client, &get, &u->id);
}

int updater_task(struct midge_task *task, void *state)
{
    struct updater *u = state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    MIDGE_AWAIT_ROOM(task, u->err, ask_for_manifest(u, client));
    if (u->err == MIDGE_OK) {
        MIDGE_AWAIT(task, u->id, &u->result);
        u->err = judge_manifest(u, client);
    }
    if (u->err == MIDGE_OK && midge_update_left(&u->update) > 0) {
        MIDGE_AWAIT_ROOM(task, u->err, ask_for_image(u, client));
        if (u->err == MIDGE_OK) {
            MIDGE_AWAIT(task, u->id, &u->result);
            u->err = u->result.error;
        }
    }
    while (u->err == MIDGE_OK && (u->err = midge_update_install(&u->update)) == MIDGE_ERR_AGAIN) {
        MIDGE_AWAIT_ROOM(task, u->err, midge_sleep(client, 0, &u->id));
        if (u->err == MIDGE_OK) {
            MIDGE_AWAIT(task, u->id, &u->result);
            u->err = u->result.error;
        }
    }
    return midge_task_return(task, u->err, 0);
    MIDGE_END(task);
}
