/* SPDX-License-Identifier: MIT */
/*
 * The image passes three sinks: one that refuses answers that are no image, the download
 * (download.c), which asks for the rest after a cut, and one that programs the store.
 *
 *     state      waits for                      on ok                    on error
 *     NONE       midge_update_open              WAIT_IMAGE, WAIT_CHECK   NONE
 *     WAIT_IMAGE the bytes of the image         WAIT_CHECK               NONE if the store failed
 *     WAIT_CHECK midge_update_install           CHECK                    NONE
 *     CHECK      midge_update_install again     NONE: boot was called    NONE
 *
 * The image is never judged by bytes that came from the network: a reset may lie in between, and
 * memory may have been programmed wrongly. It is read back from the store and hashed as a whole.
 */
#include "midge/update.h"

#if MIDGE_WITH_UPDATE

#include <string.h>

#include "base/check.h"
#include "body/update_log.h"
#include "codec/encoding.h"
#include "codec/manifest.h"

enum { NONE, WAIT_IMAGE, WAIT_CHECK, CHECK };

/* --- the store --- */

/* Makes the block ready in which the next bytes lie. */
static int prepare_block(struct midge_update *u)
{
    int err = MIDGE_OK;
    if (u->stored == 0) {
        err = midge__update_log_begin(u);
    }
    if (err == MIDGE_OK && u->stored % u->store->block == 0) {
        err = u->store->erase(u->store, u->stored);
    }
    return err;
}

/* Programs the page; after the last byte of a block, and of the image, that is noted. */
static int program_page(struct midge_update *u)
{
    const size_t unit = u->store->unit;
    const size_t len = (u->fill + unit - 1) / unit * unit;
    int err = prepare_block(u);
    if (err == MIDGE_OK) {
        memset((uint8_t *)u->page + u->fill, 0xff, len - u->fill);
        err = u->store->program(u->store, u->stored, u->page, len);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    u->stored += u->fill;
    u->fill = 0;
    const bool is_noted = u->stored % u->store->block == 0 || u->stored == u->image.size;
    return is_noted ? midge__update_log_add(u) : MIDGE_OK;
}

/* Takes some of the bytes; *taken of them. */
static int fill_page(struct midge_update *u, const uint8_t *data, size_t len, size_t *taken)
{
    const size_t room = sizeof u->page - u->fill;
    *taken = len < room ? len : room;
    memcpy((uint8_t *)u->page + u->fill, data, *taken);
    u->fill = (uint16_t)(u->fill + *taken);
    const bool is_full = u->fill == sizeof u->page || u->stored + u->fill == u->image.size;
    return is_full ? program_page(u) : MIDGE_OK;
}

/* --- the sink behind the download: programs --- */

static struct midge_update *of_flash(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_update, flash);
}

static int flash_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_update *u = of_flash(sink);
    const uint32_t left = u->image.size - u->stored - u->fill;
    int err = u->state == WAIT_IMAGE ? MIDGE_OK : MIDGE_ERR_INVALID;
    if (err == MIDGE_OK && len > left) {
        err = MIDGE_ERR_IMAGE;
    }
    while (err == MIDGE_OK && len > 0) {
        size_t taken;
        err = fill_page(u, data, len, &taken);
        data += taken;
        len -= taken;
    }
    if (err != MIDGE_OK) {
        u->state = NONE;
    }
    return err;
}

static int flash_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct midge_update *u = of_flash(sink);
    (void)complete;
    if (err != MIDGE_OK || u->state != WAIT_IMAGE) {
        return err;
    }
    if (u->stored != u->image.size) {
        return MIDGE_ERR_IMAGE;
    }
    u->state = WAIT_CHECK;
    return MIDGE_OK;
}

/* The progress in the store stays until the first page of the new image comes. */
static int flash_reset(struct midge_sink *sink)
{
    struct midge_update *u = of_flash(sink);
    u->stored = 0;
    u->fill = 0;
    return MIDGE_OK;
}

/* --- the sink in front of it: refuses what is no image --- */

static struct midge_update *of_sink(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_update, sink);
}

/* Before the download takes a byte, which would reset the sink behind it. */
static int judge_answer(const struct midge_update *u)
{
    const struct midge_download *d = &u->download;
    if (d->is_other) {
        return MIDGE_ERR_HTTP_STATUS;
    }
    return d->total == MIDGE_RANGE_UNKNOWN || d->total == u->image.size ? MIDGE_OK
                                                                        : MIDGE_ERR_IMAGE;
}

static int write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_update *u = of_sink(sink);
    const int err = judge_answer(u);
    return err != MIDGE_OK ? err : u->download.sink.write(&u->download.sink, data, len);
}

static int finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct midge_update *u = of_sink(sink);
    const int own = err == MIDGE_OK ? judge_answer(u) : err;
    const int did = u->download.sink.finish(&u->download.sink, own, complete);
    return own == MIDGE_OK ? did : own;
}

static int reset(struct midge_sink *sink)
{
    struct midge_update *u = of_sink(sink);
    return u->download.sink.reset(&u->download.sink);
}

/* --- open --- */

static int verify(struct midge_client *client, const struct midge_update_device *device,
                  struct midge_span text, const uint8_t *signature, size_t len)
{
    if (device->verify != NULL) {
        const int err = device->verify(device->ctx, text.ptr, text.len, signature, len);
        return err > 0 ? MIDGE_ERR_SIGNATURE : err;
    }
    struct midge_sha256 hash;
    uint8_t digest[32];
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, text.ptr, text.len);
    midge_sha256_final(&hash, digest);
    return midge_verify_p256(client, device->key, device->key_len, digest, signature, len);
}

/* Is the image for this device? */
static int judge(const struct midge__manifest *manifest, const struct midge_update_device *device)
{
    if (!midge__span_eq(manifest->product, midge__span_of(device->product))) {
        return MIDGE_ERR_PRODUCT;
    }
    if (!midge__span_eq(manifest->hardware, midge__span_of(device->hardware))) {
        return MIDGE_ERR_HARDWARE;
    }
    if (manifest->image.version < device->version) {
        return MIDGE_ERR_ROLLBACK;
    }
    return manifest->image.version > device->version || device->reinstall ? MIDGE_OK
                                                                          : MIDGE_ERR_INSTALLED;
}

static int read_manifest(struct midge_update *u, struct midge_client *client,
                         const struct midge_update_device *device, struct midge_span text)
{
    uint8_t signature[MIDGE_UPDATE_SIGNATURE];
    struct midge_span signed_text;
    struct midge__manifest manifest;
    size_t len;
    if (!midge__manifest_split(text, &signed_text, signature, &len)) {
        return MIDGE_ERR_MANIFEST;
    }
    int err = verify(client, device, signed_text, signature, len);
    if (err == MIDGE_OK && !midge__manifest_read(signed_text, &manifest)) {
        err = MIDGE_ERR_MANIFEST;
    }
    if (err == MIDGE_OK) {
        err = judge(&manifest, device);
    }
    if (err == MIDGE_OK) {
        u->image = manifest.image;
    }
    return err;
}

static int read_store(struct midge_update *u, struct midge_update_store *store)
{
    u->store = store;
    if (u->image.size > store->size - store->block) {
        return MIDGE_ERR_TOO_LARGE;
    }
    const int err = midge__update_log_read(u);
    if (err == MIDGE_OK) {
        u->download.len = u->stored;
        u->state = u->stored == u->image.size ? WAIT_CHECK : WAIT_IMAGE;
    }
    return err;
}

static bool is_store(const struct midge_update_store *store)
{
    return store != NULL && store->read != NULL && store->erase != NULL && store->program != NULL &&
           store->boot != NULL && midge__update_log_fits(store);
}

int midge_update_open(struct midge_update *update, struct midge_client *client,
                      const struct midge_update_device *device, struct midge_update_store *store,
                      const char *manifest, size_t len)
{
    if (update == NULL || client == NULL || device == NULL || device->product == NULL ||
        device->hardware == NULL || manifest == NULL || !is_store(store)) {
        return MIDGE_ERR_INVALID;
    }
    memset(update, 0, sizeof *update);
    update->sink = (struct midge_sink){
        .write = write, .finish = finish, .reset = reset, .head = midge__encoding_refuse};
    update->flash =
        (struct midge_sink){.write = flash_write, .finish = flash_finish, .reset = flash_reset};
    midge_download_init(&update->download, &update->flash);
    const int err = read_manifest(update, client, device, midge__span(manifest, len));
    return err != MIDGE_OK ? err : read_store(update, store);
}

uint32_t midge_update_left(const struct midge_update *update)
{
    return update->state == WAIT_IMAGE ? update->image.size - update->stored - update->fill : 0;
}

/* --- install --- */

static int read_step(struct midge_update *u)
{
    const uint32_t left = u->image.size - u->stored;
    const uint32_t end = u->stored + (left < MIDGE_UPDATE_STEP ? left : MIDGE_UPDATE_STEP);
    while (u->stored < end) {
        const size_t n = end - u->stored < sizeof u->page ? end - u->stored : sizeof u->page;
        const int err = u->store->read(u->store, u->stored, u->page, n);
        if (err != MIDGE_OK) {
            return err;
        }
        midge_sha256_update(&u->hash, u->page, n);
        u->stored += (uint32_t)n;
    }
    return u->stored < u->image.size ? MIDGE_ERR_AGAIN : MIDGE_OK;
}

static int judge_image(struct midge_update *u)
{
    uint8_t digest[32];
    midge_sha256_final(&u->hash, digest);
    if (memcmp(digest, u->image.sha256, sizeof digest) == 0) {
        return MIDGE_OK;
    }
    const int err = midge__update_log_erase(u);
    return err != MIDGE_OK ? err : MIDGE_ERR_IMAGE;
}

int midge_update_install(struct midge_update *update)
{
    if (update->state != WAIT_CHECK && update->state != CHECK) {
        return MIDGE_ERR_INVALID;
    }
    if (update->state == WAIT_CHECK) {
        update->state = CHECK;
        update->stored = 0;
        midge_sha256_init(&update->hash);
    }
    int err = read_step(update);
    if (err == MIDGE_ERR_AGAIN) {
        return err;
    }
    update->state = NONE;
    if (err == MIDGE_OK) {
        err = judge_image(update);
    }
    return err != MIDGE_OK ? err : update->store->boot(update->store, &update->image);
}

#endif
