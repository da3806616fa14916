/* SPDX-License-Identifier: MIT */
/*
 * Outputs for stdout stand in a line (struct output_line). The first one writes directly; the
 * others write to unnamed temporary files. When the first ends, the next one copies its temporary
 * file to stdout and becomes the first.
 */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <midge/err.h>

#include "descriptor.h"
#include "local_name.h"

#define COPY_SIZE 65536

/* --- plain descriptors --- */

static int write_all(int fd, const uint8_t *data, size_t len, int *native)
{
    int code = descriptor_write(fd, data, len);

    if (code == 0) {
        return MIDGE_OK;
    }
    *native = code;
    return MIDGE_ERR_WRITE;
}

static int open_spill(void)
{
    const char *folder = getenv("TMPDIR");
    FILE *named;
    int fd = open(folder != NULL ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0) {
        return fd;
    }
    named = tmpfile(); /* the file system lacks O_TMPFILE */
    if (named == NULL) {
        return -1;
    }
    fd = fcntl(fileno(named), F_DUPFD_CLOEXEC, 3);
    fclose(named);
    return fd;
}

/* --- stdout, in turn --- */

static int write_stdout(struct output *output, const uint8_t *data, size_t len)
{
    struct output_line *line = output->line;
    int err;

    if (line->native != 0) { /* the reader of stdout is gone for all outputs */
        output->native = line->native;
        return MIDGE_ERR_WRITE;
    }
    output->wrote = 1;
    err = write_all(STDOUT_FILENO, data, len, &line->native);
    output->native = line->native;
    return err;
}

static int write_spill(struct output *output, const uint8_t *data, size_t len)
{
    if (output->spill < 0) {
        output->spill = open_spill();
        if (output->spill < 0) {
            output->native = errno;
            return MIDGE_ERR_WRITE;
        }
        output->line->spills++;
    }
    return write_all(output->spill, data, len, &output->native);
}

static void close_spill(struct output *output)
{
    if (output->spill < 0) {
        return;
    }
    close(output->spill);
    output->spill = -1;
    output->line->spills--;
}

/* Called when it becomes first in line: copies the temporary file to stdout. */
static int unspill(struct output *output)
{
    uint8_t data[COPY_SIZE];
    ssize_t n;
    int err = MIDGE_OK;

    if (output->spill < 0) {
        return MIDGE_OK;
    }
    if (lseek(output->spill, 0, SEEK_SET) < 0) {
        err = MIDGE_ERR_WRITE;
    }
    while (err == MIDGE_OK && (n = read(output->spill, data, sizeof data)) != 0) {
        if (n < 0 && errno == EINTR) {
            continue;
        }
        err = n < 0 ? MIDGE_ERR_WRITE : write_stdout(output, data, (size_t)n);
    }
    if (err != MIDGE_OK && output->native == 0) {
        output->native = errno;
    }
    close_spill(output);
    return err;
}

/* Called when the first in line is over: writes its tail, removes all such outputs at the front,
   and the next one becomes the first. A failed copy may concern an output whose request ended well
   long ago, so run.c checks `native` at the end. */
static void advance(struct output_line *line)
{
    while (line->first != NULL && line->first->over) {
        struct output *first = line->first;
        if (first->tail.len > 0) {
            (void)write_stdout(first, (const uint8_t *)first->tail.data, first->tail.len);
        }
        line->first = first->next;
        if (line->first != NULL) {
            (void)unspill(line->first);
        }
    }
    if (line->first == NULL) {
        line->last = NULL;
    }
}

static int put_in_line(struct output *output, const uint8_t *data, size_t len)
{
    if (output->line->first == output && output->native == 0) {
        return write_stdout(output, data, len);
    }
    return output->native != 0 ? MIDGE_ERR_WRITE : write_spill(output, data, len);
}

static void join(struct output_line *line, struct output *output)
{
    if (line->last != NULL) {
        line->last->next = output;
    } else {
        line->first = output;
    }
    line->last = output;
}

/* --- files --- */

static int open_file(struct output *output)
{
    if (output->file != NULL) {
        return MIDGE_OK;
    }
    if (output->create_dirs) {
        output->native = local_name_make_folders(output->path);
    }
    if (output->native == 0 && output->kept.path != NULL) {
        output->native = kept_file_open(&output->kept);
        return output->native == 0 ? MIDGE_OK : MIDGE_ERR_WRITE;
    }
    if (output->native != 0) {
        return MIDGE_ERR_WRITE;
    }
    return output->port->file_open(output->port->ctx, output->path, MIDGE_FILE_REPLACE,
                                   &output->file, &output->native) == MIDGE_OK
               ? MIDGE_OK
               : MIDGE_ERR_WRITE;
}

static int put_in_file(struct output *output, const uint8_t *data, size_t len)
{
    int err = open_file(output);

    if (err != MIDGE_OK) {
        return err;
    }
    if (output->kept.path != NULL) {
        return write_all(output->kept.fd, data, len, &output->native);
    }
    err = output->port->file_write(output->port->ctx, output->file, data, len, &output->native);
    return err == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_WRITE;
}

/* An empty body without failure makes an empty file, unless it is the old one (304); after a
 * failure no file remains. */
static int end_file(struct output *output, int good)
{
    int err = MIDGE_OK, native = 0;

    if (good && !output->keeps_old) {
        err = open_file(output);
    }
    if (output->kept.path != NULL) {
        native = kept_file_end(&output->kept, good);
        output->native = output->native != 0 ? output->native : native;
        return output->native == 0 ? err : MIDGE_ERR_WRITE;
    }
    if (output->file == NULL) {
        return err;
    }
    err = output->port->file_finish(output->port->ctx, output->file, good, &native);
    output->file = NULL;
    if (output->native == 0) {
        output->native = native;
    }
    return err == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_WRITE;
}

/* --- the sink --- */

static void copy(struct output *output, const uint8_t *data, size_t len)
{
    size_t room = output->copy_max > output->copy.len ? output->copy_max - output->copy.len : 0;

    if (room > 0) {
        text_add(&output->copy, data, len < room ? len : room);
    }
}

static struct output *output_of(struct midge_sink *sink)
{
    return (struct output *)(void *)sink; /* the sink is its first member */
}

int output_put(struct output *output, const void *data, size_t len)
{
    if (len == 0) {
        return MIDGE_OK;
    }
    return output->path != NULL ? put_in_file(output, data, len) : put_in_line(output, data, len);
}

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct output *output = output_of(sink);
    int err;

    if (output->no_body) {
        return MIDGE_OK;
    }
    err = output_put(output, data, len);
    if (err == MIDGE_OK) {
        output->body_len += len;
        copy(output, data, len);
        if (output->hashes) {
            midge_sha256_update(&output->hash, data, len);
        }
    }
    return err;
}

static int sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct output *output = output_of(sink);
    int good = err == MIDGE_OK && complete != MIDGE_COMPLETE_NO;
    int is_short = good && output->wanted != UINT64_MAX && output->wanted != output->body_len;

    if (output->path != NULL) {
        err = end_file(output, good && !is_short);
        return err == MIDGE_OK && is_short ? MIDGE_ERR_PARTIAL : err;
    }
    if (is_short) {
        return MIDGE_ERR_PARTIAL;
    }
    return output->native != 0 ? MIDGE_ERR_WRITE : MIDGE_OK;
}

static void start_hash(struct output *output)
{
    if (output->hashes) {
        midge_sha256_init(&output->hash);
    }
}

/* The request will be repeated. */
static int sink_reset(struct midge_sink *sink)
{
    struct output *output = output_of(sink);

    if (output->wrote) {
        return MIDGE_ERR_WRITE;
    }
    if (output->kept.path != NULL && kept_file_reset(&output->kept) != 0) {
        return MIDGE_ERR_WRITE;
    }
    if (output->path != NULL) {
        (void)end_file(output, 0);
    }
    close_spill(output);
    output->native = 0;
    output->body_len = 0;
    output->copy.len = 0;
    start_hash(output);
    return MIDGE_OK;
}

void output_init(struct output *output, const struct midge_port *port, const char *path,
                 struct output_line *line, int hashes, int has_tail)
{
    *output = (struct output){
        .sink = {.write = sink_write, .finish = sink_finish, .reset = sink_reset},
        .port = port,
        .path = path,
        .line = line,
        .spill = -1,
        .kept = {.fd = -1},
        .wanted = UINT64_MAX,
        .hashes = hashes != 0,
        .in_line = path == NULL || has_tail,
    };
    start_hash(output);
    if (output->in_line) {
        join(line, output);
    }
}

void output_drop(struct output *output)
{
    (void)sink_finish(&output->sink, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
}

void output_end(struct output *output)
{
    output->over = 1;
    if (output->in_line) {
        advance(output->line);
    }
}
