/* SPDX-License-Identifier: MIT */
/*
 * The port's files as blobs in NVS.
 *
 *     read      the blob is copied to the heap at open; finish frees the copy
 *     replace   bytes are collected on the heap; finish stores them as a whole, which NVS does so
 *               that a power cut leaves the old blob or the new one
 *
 * Numbers of NVS' errors are not given as native: messages would take them for errnos.
 */
#include "esp_internal.h"

#include <stdlib.h>
#include <string.h>

#include <nvs.h>
#include <sdkconfig.h>

#include <midge/err.h>
#include <midge/port_bsd.h>

#include "port/native.h"

#define FIRST_BYTES 256u /* of a file that is written; then twice as many each time */

struct midge_open_file {
    nvs_handle_t nvs;
    uint8_t *bytes; /* NULL: none */
    size_t len, cap, at;
    bool writes, failed;
    char key[NVS_KEY_NAME_MAX_SIZE];
};

/* --- opening --- */

static void discard(struct midge_open_file *file)
{
    nvs_close(file->nvs);
    free(file->bytes);
    free(file);
}

/* Copies the blob. A length that changes between the two calls is an error, too. */
static int load(struct midge_open_file *file)
{
    size_t len = 0;
    if (nvs_get_blob(file->nvs, file->key, NULL, &len) != ESP_OK) {
        return MIDGE_ERR_READ;
    }
    file->bytes = malloc(len > 0 ? len : 1);
    if (file->bytes == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    file->len = len;
    if (len > 0 &&
        (nvs_get_blob(file->nvs, file->key, file->bytes, &len) != ESP_OK || len != file->len)) {
        return MIDGE_ERR_READ;
    }
    return MIDGE_OK;
}

static bool open_namespace(const struct midge_esp *esp, struct midge_open_file *file)
{
    const nvs_open_mode_t mode = file->writes ? NVS_READWRITE : NVS_READONLY;
    return nvs_open(esp->files, mode, &file->nvs) == ESP_OK;
}

static int file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *out,
                     int *native)
{
    const bool writes = mode == MIDGE_FILE_REPLACE;
    const size_t len = strlen(path);
    const int refused = writes ? MIDGE_ERR_WRITE : MIDGE_ERR_READ;
    midge__native(native, 0);
    if (len == 0 || len >= NVS_KEY_NAME_MAX_SIZE) {
        return refused;
    }
    struct midge_open_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    file->writes = writes;
    memcpy(file->key, path, len);
    if (!open_namespace(midge_bsd_home(ctx), file)) {
        free(file);
        return refused;
    }
    const int err = writes ? MIDGE_OK : load(file);
    if (err != MIDGE_OK) {
        discard(file);
        return err;
    }
    *out = file;
    return MIDGE_OK;
}

/* --- reading --- */

static int file_size(void *ctx, midge_file file, uint64_t *size)
{
    (void)ctx;
    *size = file->len;
    return MIDGE_OK;
}

static int file_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    if (file->writes) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    file->at = offset < file->len ? (size_t)offset : file->len;
    return MIDGE_OK;
}

static int file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    const size_t left = file->len - file->at;
    (void)ctx;
    midge__native(native, 0);
    if (file->writes) {
        return MIDGE_ERR_READ;
    }
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    memcpy(buf, file->bytes + file->at, *n);
    file->at += *n;
    return MIDGE_OK;
}

/* --- writing --- */

static bool grow(struct midge_open_file *file, size_t need)
{
    size_t cap = file->cap > 0 ? file->cap : FIRST_BYTES;
    if (need <= file->cap) {
        return true;
    }
    while (cap < need) {
        cap *= 2;
    }
    uint8_t *bytes = realloc(file->bytes, cap);
    if (bytes == NULL) {
        return false;
    }
    file->bytes = bytes;
    file->cap = cap;
    return true;
}

static int file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    (void)ctx;
    midge__native(native, 0);
    if (!file->writes || file->failed || len > CONFIG_MIDGE_FILE_MAX - file->len ||
        !grow(file, file->len + len)) {
        file->failed = true;
        return MIDGE_ERR_WRITE;
    }
    if (len > 0) {
        memcpy(file->bytes + file->len, buf, len);
        file->len += len;
    }
    return MIDGE_OK;
}

static bool store(const struct midge_open_file *file)
{
    static const uint8_t none[1];
    const void *bytes = file->len > 0 ? file->bytes : none;
    return nvs_set_blob(file->nvs, file->key, bytes, file->len) == ESP_OK &&
           nvs_commit(file->nvs) == ESP_OK;
}

static int file_finish(void *ctx, midge_file file, int commit, int *native)
{
    (void)ctx;
    midge__native(native, 0);
    const bool good = !file->writes || commit == 0 || (!file->failed && store(file));
    discard(file);
    return good ? MIDGE_OK : MIDGE_ERR_WRITE;
}

void midge__esp_files(struct midge_esp *esp)
{
    struct midge_port *port = &esp->port;
    port->file_open = file_open;
    port->file_size = file_size;
    port->file_seek = file_seek;
    port->file_read = file_read;
    port->file_write = file_write;
    port->file_finish = file_finish;
}
