/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "data.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <midge/url.h>

#include "descriptor.h"

#define READ_SIZE 65536

static int read_all(int fd, struct text *text)
{
    for (;;) {
        ssize_t n = read(fd, text_room(text, READ_SIZE), READ_SIZE);
        if (n < 0 && !descriptor_again(fd, POLLIN)) {
            return errno;
        }
        if (n == 0) {
            return 0;
        }
        if (n < 0) {
            continue;
        }
        text->len += (size_t)n;
    }
}

int data_read_file(const char *path, struct text *text)
{
    int fd = STDIN_FILENO, err;

    if (strcmp(path, "-") != 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
        return errno;
    }
    err = read_all(fd, text);
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    return err;
}

static int read_named(struct data *data, const char *path, struct text *text)
{
    data->native = data_read_file(path, text);
    if (data->native == 0) {
        return 0;
    }
    data->failed = path;
    return -1;
}

/* For -d, files come from editors: line ends are not data. */
static void strip_line_ends(struct text *text)
{
    size_t kept = 0;

    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] != '\r' && text->data[i] != '\n' && text->data[i] != '\0') {
            text->data[kept++] = text->data[i];
        }
    }
    text->len = kept;
}

static void add_encoded(struct text *out, const char *bytes, size_t len)
{
    size_t added = 0;
    char *room = text_room(out, len * 3);

    if (len > 0 && midge_url_encode(room, len * 3 + 1, &added, bytes, len) == 0) {
        out->len += added;
    }
}

/* text, =text, name=text, @FILE, name@FILE: the name is sent unchanged. */
static int add_urlencoded(struct data *data, const char *argument, struct text *out)
{
    size_t name_len = strcspn(argument, strchr(argument, '=') != NULL ? "=" : "@");
    const char *value = argument + name_len;
    struct text file = {.keep = out->keep};

    if (*value == '\0') {
        add_encoded(out, argument, name_len);
        return 0;
    }
    if (*value == '@' && read_named(data, value + 1, &file) != 0) {
        return -1;
    }
    if (name_len > 0) {
        text_add(out, argument, name_len);
        text_add(out, "=", 1);
    }
    if (*value == '@') {
        add_encoded(out, file.data, file.len);
    } else {
        add_encoded(out, value + 1, strlen(value + 1));
    }
    return 0;
}

static int add_piece(struct data *data, const struct item *item, struct text *out)
{
    struct text file = {.keep = out->keep};

    if (item->kind == ITEM_DATA_URLENCODE) {
        return add_urlencoded(data, item->text, out);
    }
    if (item->text[0] != '@' || item->kind == ITEM_DATA_RAW) {
        text_puts(out, item->text);
        return 0;
    }
    if (read_named(data, item->text + 1, &file) != 0) {
        return -1;
    }
    if (item->kind == ITEM_DATA) {
        strip_line_ends(&file);
    }
    text_add(out, file.data, file.len);
    return 0;
}

int data_build(struct keep *keep, const struct items *items, struct data *data)
{
    data->text = (struct text){.keep = keep};
    text_puts(&data->text, "");
    for (size_t i = 0; i < items->n; i++) {
        const struct item *item = &items->at[i];
        if (item->kind == ITEM_JSON) {
            data->is_json = 1;
        } else if (i > 0) {
            text_add(&data->text, "&", 1);
        }
        if (add_piece(data, item, &data->text) != 0) {
            return -1;
        }
    }
    return 0;
}
