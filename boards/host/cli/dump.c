/* SPDX-License-Identifier: MIT */
/*
 * Heads for a file are kept and written at the end, so that they stand in the order of the URLs.
 * Those for stdout come before the body if that goes there too, else in the output's tail. Groups
 * that name the same file share it.
 */
#define _GNU_SOURCE
#include "dump.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <midge/err.h>

#include "descriptor.h"
#include "failure.h"
#include "local_name.h"
#include "run.h"

struct dump {
    const char *path;
    int fd;
};

static int failed(const char *path, int native)
{
    fprintf(stderr, "midge: (%d) can't write the headers to %s: %s\n", EXIT_WRITE, path,
            strerror(native));
    return EXIT_WRITE;
}

static int to_stdout(const char *path)
{
    return strcmp(path, "-") == 0 || descriptor_is_stdout(path);
}

static int is_open(const struct run *run, const char *path)
{
    for (size_t i = 0; i < run->n_dumps; i++) {
        if (strcmp(run->dumps[i].path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

int dump_open(struct run *run)
{
    for (size_t i = 0; i < run->options->n_groups; i++) {
        const char *path = run->options->groups[i].dump_header;
        int fd;
        if (path == NULL || to_stdout(path) || is_open(run, path)) {
            continue;
        }
        int native = run->options->groups[i].create_dirs ? local_name_make_folders(path) : 0;
        fd = native == 0 ? descriptor_open(path) : -1;
        if (fd < 0) {
            return failed(path, native != 0 ? native : errno);
        }
        run->dumps = keep_room(run->keep, run->dumps, run->n_dumps, sizeof *run->dumps);
        run->dumps[run->n_dumps++] = (struct dump){.path = path, .fd = fd};
    }
    return 0;
}

int dump_head(struct fetch *fetch, const struct text *head)
{
    const char *path = fetch->group->dump_header;

    if (path == NULL) {
        return MIDGE_OK;
    }
    if (!to_stdout(path)) {
        fetch->heads.keep = fetch->run->keep;
        text_add(&fetch->heads, head->data, head->len);
        return MIDGE_OK;
    }
    if (fetch->local_name == NULL) {
        return output_put(&fetch->output, head->data, head->len);
    }
    text_add(&fetch->output.tail, head->data, head->len);
    return MIDGE_OK;
}

void dump_trailer(struct fetch *fetch, const char *name, size_t name_len, const char *value,
                  size_t value_len)
{
    struct text line = {.keep = fetch->run->keep};

    text_format(&line, "%.*s: %.*s\r\n", (int)name_len, name, (int)value_len, value);
    (void)dump_head(fetch, &line); /* if stdout fails, the fetch does */
    if (fetch->group->include) {
        (void)output_put(&fetch->output, line.data, line.len);
    }
}

static int write_one(const struct run *run, const struct dump *dump)
{
    struct text all = {.keep = run->keep};
    int native;

    text_puts(&all, "");
    for (size_t i = 0; i < run->plan.n; i++) {
        const struct fetch *fetch = &run->plan.fetches[i];
        const char *path = fetch->group->dump_header;
        if (path != NULL && fetch->heads.len > 0 && strcmp(path, dump->path) == 0) {
            text_add(&all, fetch->heads.data, fetch->heads.len);
        }
    }
    native = descriptor_save(dump->fd, all.data, all.len);
    return native == 0 ? 0 : failed(dump->path, native);
}

int dump_close(struct run *run)
{
    int code = 0;

    for (size_t i = 0; i < run->n_dumps; i++) {
        int one = write_one(run, &run->dumps[i]);
        code = code == 0 ? one : code;
    }
    run->n_dumps = 0;
    return code;
}
