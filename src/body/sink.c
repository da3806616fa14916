/* SPDX-License-Identifier: MIT */
/* Ready-made sinks: the caller's memory, the client's memory, a file, nothing. A file is opened at
   the first byte or at a good end; a bad end discards it. */
#include <string.h>

#include "base/check.h"
#include "midge/body.h"
#include "midge/client.h"

/* First piece of a blob: most JSON answers fit, and doubling from less only costs copies. */
#define BLOB_FIRST 256U

static int keep(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)err;
    (void)complete;
    return MIDGE_OK;
}

/* --- the caller's memory --- */

static int buffer_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_buffer *buffer = MIDGE_CONTAINER_OF(sink, struct midge_buffer, sink);
    if (buffer->cap == 0 || len > buffer->cap - 1 - buffer->len) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
    return MIDGE_OK;
}

static int buffer_reset(struct midge_sink *sink)
{
    struct midge_buffer *buffer = MIDGE_CONTAINER_OF(sink, struct midge_buffer, sink);
    buffer->len = 0;
    if (buffer->cap > 0) {
        buffer->data[0] = '\0';
    }
    return MIDGE_OK;
}

void midge_buffer_init(struct midge_buffer *buffer, void *storage, size_t cap)
{
    *buffer = (struct midge_buffer){
        .sink = {.write = buffer_write, .finish = keep, .reset = buffer_reset},
        .data = storage,
        .cap = storage != NULL ? cap : 0,
    };
    buffer_reset(&buffer->sink);
}

/* --- the client's memory --- */

/* The next capacity for `need` bytes (at most max): doubled, so that copies stay linear. */
static size_t blob_next_cap(const struct midge_blob *blob, size_t need)
{
    size_t cap = blob->cap > blob->max / 2 ? blob->max : blob->cap * 2;
    if (cap < BLOB_FIRST) {
        cap = BLOB_FIRST;
    }
    if (cap < need) {
        cap = need;
    }
    return cap < blob->max ? cap : blob->max;
}

static int blob_grow(struct midge_blob *blob, size_t need)
{
    size_t cap = blob_next_cap(blob, need);
    uint8_t *data = midge_alloc(blob->client, cap);
    if (data == NULL && cap > need) {
        /* In a nearly full block the bytes needed now may still fit. */
        cap = need;
        data = midge_alloc(blob->client, cap);
    }
    if (data == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (blob->len > 0) {
        memcpy(data, blob->data, blob->len);
    }
    if (blob->data != NULL) {
        midge_free(blob->client, blob->data);
    }
    blob->data = data;
    blob->cap = cap;
    return MIDGE_OK;
}

static int blob_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_blob *blob = MIDGE_CONTAINER_OF(sink, struct midge_blob, sink);
    if (blob->max == 0 || len > blob->max - 1 - blob->len) {
        return MIDGE_ERR_TOO_LARGE;
    }
    size_t need = blob->len + len + 1;
    int err = need > blob->cap ? blob_grow(blob, need) : MIDGE_OK;
    if (err != MIDGE_OK) {
        return err;
    }
    memcpy(blob->data + blob->len, data, len);
    blob->len += len;
    blob->data[blob->len] = '\0';
    return MIDGE_OK;
}

static int blob_reset(struct midge_sink *sink)
{
    midge_blob_free(MIDGE_CONTAINER_OF(sink, struct midge_blob, sink));
    return MIDGE_OK;
}

void midge_blob_init(struct midge_blob *blob, struct midge_client *client, size_t max)
{
    *blob = (struct midge_blob){
        .sink = {.write = blob_write, .finish = keep, .reset = blob_reset},
        .client = client,
        .max = max,
    };
}

void midge_blob_free(struct midge_blob *blob)
{
    if (blob->data != NULL) {
        midge_free(blob->client, blob->data);
    }
    blob->data = NULL;
    blob->len = 0;
    blob->cap = 0;
}

/* --- a file --- */

/* For a request, failures of the port are "writing the body failed"; only two codes are more
   exact. */
static int file_error(int err)
{
    return err == MIDGE_ERR_UNSUPPORTED || err == MIDGE_ERR_NO_MEMORY ? err : MIDGE_ERR_WRITE;
}

static int file_open(struct midge_file_sink *sink)
{
    if (sink->port->file_open == NULL) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    int err = sink->port->file_open(sink->port->ctx, sink->path, MIDGE_FILE_REPLACE, &sink->file,
                                    &sink->native);
    if (err != MIDGE_OK) {
        sink->file = NULL;
        return file_error(err);
    }
    return MIDGE_OK;
}

int midge_file_sink_open(struct midge_file_sink *sink)
{
    return sink->file == NULL ? file_open(sink) : MIDGE_OK;
}

static int file_close(struct midge_file_sink *sink, int commit, int *native)
{
    midge_file file = sink->file;
    sink->file = NULL;
    int err = sink->port->file_finish(sink->port->ctx, file, commit, native);
    return err != MIDGE_OK ? file_error(err) : MIDGE_OK;
}

static void file_discard(struct midge_file_sink *sink)
{
    int ignored = 0; /* the native code of the first failure is more useful */
    if (sink->file != NULL) {
        (void)file_close(sink, 0, &ignored);
    }
}

static int file_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct midge_file_sink *sink = MIDGE_CONTAINER_OF(base, struct midge_file_sink, sink);
    int err = midge_file_sink_open(sink);
    if (err != MIDGE_OK) {
        return err;
    }
    err = sink->port->file_write(sink->port->ctx, sink->file, data, len, &sink->native);
    if (err != MIDGE_OK) {
        return file_error(err);
    }
    sink->len += len;
    return MIDGE_OK;
}

static int file_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct midge_file_sink *sink = MIDGE_CONTAINER_OF(base, struct midge_file_sink, sink);
    int good =
        complete == MIDGE_COMPLETE_YES || (complete == MIDGE_COMPLETE_UNVERIFIED && !sink->strict);
    if (err != MIDGE_OK || !good) {
        file_discard(sink);
        /* Strict: the request succeeded but there is no file, which must be an error. */
        return err == MIDGE_OK ? MIDGE_ERR_PARTIAL : MIDGE_OK;
    }
    err = midge_file_sink_open(sink); /* an empty body is an empty file */
    return err != MIDGE_OK ? err : file_close(sink, 1, &sink->native);
}

/* Known weakness: bytes written to a device or pipe can't be discarded, so a repeated request
   writes them twice. Only the port knows that the target is one; it would have to refuse the
   discard. */
static int file_reset(struct midge_sink *base)
{
    struct midge_file_sink *sink = MIDGE_CONTAINER_OF(base, struct midge_file_sink, sink);
    file_discard(sink);
    sink->len = 0;
    sink->native = 0;
    return MIDGE_OK;
}

void midge_file_sink_init(struct midge_file_sink *sink, const struct midge_port *port,
                          const char *path)
{
    *sink = (struct midge_file_sink){
        .sink = {.write = file_write, .finish = file_finish, .reset = file_reset},
        .port = port,
        .path = path,
    };
}

/* --- nothing --- */

static int null_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    (void)data;
    MIDGE_CONTAINER_OF(base, struct midge_null_sink, sink)->len += len;
    return MIDGE_OK;
}

static int null_reset(struct midge_sink *base)
{
    MIDGE_CONTAINER_OF(base, struct midge_null_sink, sink)->len = 0;
    return MIDGE_OK;
}

void midge_null_sink_init(struct midge_null_sink *sink)
{
    *sink = (struct midge_null_sink){
        .sink = {.write = null_write, .finish = keep, .reset = null_reset},
    };
}
