/* SPDX-License-Identifier: MIT */
/* The file store: files are bytes in memory, by path. A REPLACE is seen when it is committed. */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../native.h"

struct midge_open_file {
    char *path;
    enum midge_file_mode mode;
    struct sim_bytes bytes; /* what was read from, or is being written */
    size_t at;
    int failed; /* errno of a write that failed */
};

static struct sim_file *find(const struct midge_sim *sim, const char *path)
{
    struct sim_file *at = sim->files;
    while (at != NULL && strcmp(at->path, path) != 0) {
        at = at->next;
    }
    return at;
}

/* Counts the call; its errno, or 0. */
static int call(struct midge_sim *sim, const char *name, size_t bytes, int *native)
{
    int error = midge__sim_call(sim, MIDGE_SIM_FILE, bytes);
    midge__native(native, error);
    midge__sim_trace(sim, "file %s, %zu bytes, error %d", name, bytes, error);
    return error;
}

int midge__sim_file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                         int *native)
{
    struct midge_sim *sim = ctx;
    int error = call(sim, "open", 0, native);
    const struct sim_file *found = find(sim, path);
    if (error == 0 && mode == MIDGE_FILE_READ && found == NULL) {
        error = ENOENT;
        midge__native(native, error);
    }
    if (error != 0) {
        bool full = error == EMFILE || error == ENFILE || error == ENOMEM;
        return full                      ? MIDGE_ERR_NO_MEMORY
               : mode == MIDGE_FILE_READ ? MIDGE_ERR_READ
                                         : MIDGE_ERR_WRITE;
    }
    struct midge_open_file *open = midge__sim_new(sizeof *open);
    open->path = midge__sim_copy(path);
    open->mode = mode;
    if (mode == MIDGE_FILE_READ) {
        midge__sim_bytes_put(&open->bytes, found->bytes.data, found->bytes.len);
    }
    sim->open_files++;
    *file = open;
    return MIDGE_OK;
}

int midge__sim_file_size(void *ctx, midge_file file, uint64_t *size)
{
    if (call(ctx, "size", 0, NULL) != 0) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    *size = file->bytes.len;
    return MIDGE_OK;
}

int midge__sim_file_seek(void *ctx, midge_file file, uint64_t offset)
{
    if (call(ctx, "seek", 0, NULL) != 0) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    file->at = offset < file->bytes.len ? (size_t)offset : file->bytes.len;
    return MIDGE_OK;
}

int midge__sim_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                         int *native)
{
    *n = 0;
    if (call(ctx, "read", cap, native) != 0) {
        return MIDGE_ERR_READ;
    }
    size_t left = file->bytes.len - file->at;
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    memcpy(buf, file->bytes.data + file->bytes.begin + file->at, *n);
    file->at += *n;
    return MIDGE_OK;
}

int midge__sim_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    int error = call(ctx, "write", len, native);
    if (error != 0) {
        file->failed = error;
        return MIDGE_ERR_WRITE;
    }
    midge__sim_bytes_put(&file->bytes, buf, len);
    return MIDGE_OK;
}

static void commit_file(struct midge_sim *sim, struct midge_open_file *open)
{
    struct sim_file *found = find(sim, open->path);
    if (found == NULL) {
        found = midge__sim_new(sizeof *found);
        found->path = midge__sim_copy(open->path);
        found->next = sim->files;
        sim->files = found;
    }
    midge__sim_bytes_free(&found->bytes);
    found->bytes = open->bytes;
    open->bytes = (struct sim_bytes){0};
}

int midge__sim_file_finish(void *ctx, midge_file file, int commit, int *native)
{
    struct midge_sim *sim = ctx;
    int error = call(sim, "finish", 0, native);
    bool replaces = commit && file->mode == MIDGE_FILE_REPLACE;
    if (replaces && error == 0) {
        error = file->failed;
        midge__native(native, error);
    }
    if (replaces && error == 0) {
        commit_file(sim, file);
    }
    midge__sim_bytes_free(&file->bytes);
    free(file->path);
    free(file);
    sim->open_files--;
    return replaces && error != 0 ? MIDGE_ERR_WRITE : MIDGE_OK;
}

void midge__sim_files_free(struct midge_sim *sim)
{
    for (struct sim_file *file; (file = sim->files) != NULL;) {
        sim->files = file->next;
        midge__sim_bytes_free(&file->bytes);
        free(file->path);
        free(file);
    }
}

/* --- the test's own access --- */

void midge_sim_put_file(struct midge_sim *sim, const char *path, const void *data, size_t len)
{
    struct midge_open_file open = {.path = midge__sim_copy(path)};
    midge__sim_bytes_put(&open.bytes, data, len);
    commit_file(sim, &open);
    free(open.path);
}

const uint8_t *midge_sim_get_file(const struct midge_sim *sim, const char *path, size_t *len)
{
    const struct sim_file *found = find(sim, path);
    *len = found != NULL ? found->bytes.len : 0;
    return found == NULL ? NULL : (found->bytes.len > 0 ? found->bytes.data : (const uint8_t *)"");
}
