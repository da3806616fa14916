/* SPDX-License-Identifier: MIT */
/* Ready-made sources: the caller's bytes, a file. */
#include <string.h>

#include "base/check.h"
#include "midge/body.h"
#include "midge/err.h"

/* --- the caller's bytes --- */

static int buffer_read(struct midge_source *base, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge_buffer_source *source =
        MIDGE_CONTAINER_OF(base, struct midge_buffer_source, source);
    size_t left = source->len - source->at;
    *n = left < cap ? left : cap;
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    memcpy(buf, source->data + source->at, *n);
    source->at += *n;
    return MIDGE_OK;
}

static int buffer_rewind(struct midge_source *base)
{
    MIDGE_CONTAINER_OF(base, struct midge_buffer_source, source)->at = 0;
    return MIDGE_OK;
}

void midge_buffer_source_init(struct midge_buffer_source *source, const void *data, size_t len)
{
    *source = (struct midge_buffer_source){
        .source = {.read = buffer_read, .rewind = buffer_rewind, .length = (int64_t)len},
        .data = data,
        .len = len,
    };
}

/* --- a file --- */

/* For a request, failures of the port are "reading a body or file failed"; only two codes are
   more exact. */
static int read_error(int err)
{
    return err == MIDGE_ERR_UNSUPPORTED || err == MIDGE_ERR_NO_MEMORY ? err : MIDGE_ERR_READ;
}

/* The result at the end of the file: correct for a pipe, too early for an announced length.
 */
static int file_at_end(const struct midge_file_source *source)
{
    return source->source.length < 0 ? MIDGE_ERR_EOF : MIDGE_ERR_READ;
}

/* Gives exactly the announced length: a file that has grown is cut there, a shorter one fails. */
static int file_read(struct midge_source *base, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge_file_source *source = MIDGE_CONTAINER_OF(base, struct midge_file_source, source);
    *n = 0;
    if (source->file == NULL) {
        return MIDGE_ERR_READ;
    }
    if (source->left == 0) {
        return MIDGE_ERR_EOF;
    }
    size_t want = source->left < cap ? (size_t)source->left : cap;
    int err =
        source->port->file_read(source->port->ctx, source->file, buf, want, n, &source->native);
    if (err == MIDGE_OK && *n > 0) {
        source->left -= *n;
        return MIDGE_OK;
    }
    return err == MIDGE_OK || err == MIDGE_ERR_EOF ? file_at_end(source) : read_error(err);
}

static int file_rewind(struct midge_source *base)
{
    struct midge_file_source *source = MIDGE_CONTAINER_OF(base, struct midge_file_source, source);
    if (source->file == NULL || source->port->file_seek(source->port->ctx, source->file, 0) != 0) {
        return MIDGE_ERR_READ;
    }
    source->left = (uint64_t)base->length;
    return MIDGE_OK;
}

static void close_file(struct midge_source *base)
{
    struct midge_file_source *source = MIDGE_CONTAINER_OF(base, struct midge_file_source, source);
    int ignored = 0; /* a failed close loses nothing: the file was only read */
    if (source->file != NULL) {
        (void)source->port->file_finish(source->port->ctx, source->file, 0, &ignored);
    }
    source->file = NULL;
}

/* A pipe has no size: it is sent chunked, and only once. */
static int file_length(struct midge_file_source *source)
{
    int err = source->port->file_size(source->port->ctx, source->file, &source->left);
    if (err == MIDGE_ERR_UNSUPPORTED) {
        source->left = INT64_MAX;
        source->source.length = -1;
        source->source.rewind = NULL;
        return MIDGE_OK;
    }
    if (err != MIDGE_OK || source->left > INT64_MAX) {
        return MIDGE_ERR_READ;
    }
    source->source.length = (int64_t)source->left;
    return MIDGE_OK;
}

int midge_file_source_init(struct midge_file_source *source, const struct midge_port *port,
                           const char *path)
{
    *source = (struct midge_file_source){
        .source = {.read = file_read, .rewind = file_rewind, .finish = close_file},
        .port = port,
    };
    if (port->file_open == NULL) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    int err = port->file_open(port->ctx, path, MIDGE_FILE_READ, &source->file, &source->native);
    if (err != MIDGE_OK) {
        source->file = NULL;
        return read_error(err);
    }
    err = file_length(source);
    if (err != MIDGE_OK) {
        close_file(&source->source);
    }
    return err;
}
