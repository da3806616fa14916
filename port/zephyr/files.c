/* SPDX-License-Identifier: MIT */
/*
 * The file store, in Zephyr's settings subsystem: a file is one value, named midge/PATH. It is read
 * as a whole when it is opened, and written as a whole by finish, which the backend does in one
 * piece: after a power cut the old value or the new one is there. Two files may be open at once.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/settings/settings.h>

#include "zephyr_port.h"

#define PREFIX     "midge/"
#define NAME_BYTES 64 /* SETTINGS_MAX_NAME_LEN, by default */

struct midge_open_file {
    bool is_open, is_written;
    bool failed; /* a write did not fit: finish must not commit */
    size_t len, at;
    char name[NAME_BYTES + 1];
    uint8_t bytes[CONFIG_MIDGE_ZEPHYR_FILE_BYTES];
};

static struct midge_open_file files[2];

int midge__zephyr_files_init(void)
{
    return settings_subsys_init() == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}

/* --- Open --- */

static struct midge_open_file *find_free(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        if (!files[i].is_open) {
            return &files[i];
        }
    }
    return NULL;
}

/* A name may have no '=', which ends it in some backends. */
static bool make_name(char name[NAME_BYTES + 1], const char *path)
{
    const int len = snprintf(name, NAME_BYTES + 1, PREFIX "%s", path);

    return path[0] != '\0' && len > 0 && len <= NAME_BYTES && strchr(path, '=') == NULL;
}

struct loading {
    struct midge_open_file *file;
    int error; /* a positive errno; ENOENT until the value comes */
};

/* Called for the value itself (key NULL or "") and for those whose names begin with it. A backend
   that appends calls it for old values too: the last one counts. */
static int on_value(const char *key, size_t len, settings_read_cb read, void *read_arg, void *param)
{
    struct loading *loading = param;
    struct midge_open_file *f = loading->file;

    if (key != NULL && key[0] != '\0') {
        return 0;
    }
    if (len > sizeof f->bytes) {
        loading->error = EFBIG;
        return 0;
    }
    const ssize_t got = read(read_arg, f->bytes, len);
    loading->error = got < 0 ? (int)-got : 0;
    f->len = got < 0 ? 0 : (size_t)got;
    return 0;
}

/* 0 or an errno. An empty value is a deleted one. */
static int load(struct midge_open_file *f)
{
    struct loading loading = {.file = f, .error = ENOENT};
    const int err = settings_load_subtree_direct(f->name, on_value, &loading);

    if (err != 0) {
        return err < 0 ? -err : err;
    }
    return loading.error == 0 && f->len == 0 ? ENOENT : loading.error;
}

int midge__zephyr_file_open(void *ctx, const char *path, enum midge_file_mode mode,
                            midge_file *file, int *native)
{
    const int failed = mode == MIDGE_FILE_READ ? MIDGE_ERR_READ : MIDGE_ERR_WRITE;
    struct midge_open_file *f = find_free();

    (void)ctx;
    *native = 0;
    if (f == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    f->is_written = mode != MIDGE_FILE_READ;
    f->failed = false;
    f->len = 0;
    f->at = 0;
    *native = !make_name(f->name, path) ? EINVAL : f->is_written ? 0 : load(f);
    if (*native != 0) {
        return failed;
    }
    f->is_open = true;
    *file = f;
    return MIDGE_OK;
}

/* --- Read and write --- */

int midge__zephyr_file_size(void *ctx, midge_file file, uint64_t *size)
{
    (void)ctx;
    *size = file->len;
    return MIDGE_OK;
}

int midge__zephyr_file_seek(void *ctx, midge_file file, uint64_t offset)
{
    (void)ctx;
    if (file->is_written) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    file->at = offset < file->len ? (size_t)offset : file->len;
    return MIDGE_OK;
}

int midge__zephyr_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                            int *native)
{
    const size_t left = file->len - file->at;

    (void)ctx;
    *native = 0;
    *n = cap < left ? cap : left;
    if (*n == 0) {
        return MIDGE_ERR_EOF;
    }
    memcpy(buf, file->bytes + file->at, *n);
    file->at += *n;
    return MIDGE_OK;
}

int midge__zephyr_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len,
                             int *native)
{
    (void)ctx;
    *native = 0;
    if (!file->is_written || len > sizeof file->bytes - file->len) {
        file->failed = true;
        *native = EFBIG;
        return MIDGE_ERR_WRITE;
    }
    memcpy(file->bytes + file->len, buf, len);
    file->len += len;
    return MIDGE_OK;
}

/* An empty file is no value: settings take that for deleted. */
int midge__zephyr_file_finish(void *ctx, midge_file file, int commit, int *native)
{
    int err = 0;

    (void)ctx;
    if (file->is_written && commit) {
        err = file->failed     ? -EFBIG
              : file->len == 0 ? settings_delete(file->name)
                               : settings_save_one(file->name, file->bytes, file->len);
    }
    file->is_open = false;
    *native = err < 0 ? -err : err;
    return err == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
}
