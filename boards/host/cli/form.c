/* SPDX-License-Identifier: MIT */
/* The fields of a group are made once, so that stdin is read once; each fetch has the files open by
   itself, and its own boundary. Stdin is read into memory, as curl does: its length is known. */
#define _GNU_SOURCE
#include "form.h"

#include <string.h>
#include <strings.h>
#include <midge/err.h>

#include "data.h"
#include "failure.h"
#include "form_words.h"

#if !MIDGE_WITH_MULTIPART /* -F is refused then */
#define midge_multipart_init(multipart, port, parts, n) MIDGE_ERR_UNSUPPORTED
#endif

static void set_literal(struct keep *keep, const char *argument, struct form_field *field)
{
    const char *value = strchr(argument, '=') + 1;

    *field = (struct form_field){
        .name = keep_copy(keep, argument, (size_t)(value - argument) - 1),
        .data = value,
        .len = strlen(value),
    };
}

static int add_field(struct keep *keep, const struct item *item, struct form_field *field)
{
    const char *equals = strchr(item->text, '=');

    if (item->kind != ITEM_FORM_STRING) {
        return form_words(keep, item->text, field);
    }
    if (equals == NULL || equals == item->text) {
        return usage_error("option --form-string: '%s' is not name=value", item->text);
    }
    set_literal(keep, item->text, field);
    return 0;
}

static int read_stdin(struct keep *keep, struct form_field *field)
{
    struct text text = {.keep = keep};
    int native;

    if (field->path == NULL || strcmp(field->path, "-") != 0) {
        return 0;
    }
    text_puts(&text, "");
    native = data_read_file("-", &text);
    field->path = NULL;
    field->data = text.data;
    field->len = text.len;
    return native;
}

int form_parse(struct keep *keep, const struct items *items, struct form_fields *fields)
{
    int code = 0;

    fields->at = keep_alloc(keep, items->n * sizeof *fields->at);
    for (; code == 0 && fields->n < items->n; fields->n++) {
        code = add_field(keep, &items->at[fields->n], &fields->at[fields->n]);
    }
    for (size_t i = 0; code == 0 && fields->native == 0 && i < fields->n; i++) {
        fields->native = read_stdin(keep, &fields->at[i]);
    }
    return code;
}

/* --- headers --- */

static int is_type(const struct midge_header *header)
{
    return strcasecmp(header->name, "Content-Type") == 0;
}

/* People often write the type without its boundary. */
int form_check_headers(const struct headers *headers)
{
    for (size_t i = 0; i < headers->n; i++) {
        const struct midge_header *header = &headers->at[i];
        if (is_type(header) && header->value != NULL &&
            strcasecmp(header->value, "multipart/form-data") != 0) {
            return usage_error("option --header: -F sets the Content-Type, it can't be '%s'",
                               header->value);
        }
    }
    return 0;
}

void form_headers(struct keep *keep, struct form *form, struct headers *headers)
{
    struct midge_header *at = keep_alloc(keep, (headers->n + 1) * sizeof *at);
    int removed = 0;
    size_t n = 0;

    for (size_t i = 0; i < headers->n; i++) {
        if (!is_type(&headers->at[i])) {
            at[n++] = headers->at[i];
        } else if (headers->at[i].value == NULL) {
            removed = 1;
        }
    }
    if (!removed) {
        at[n++] = (struct midge_header){"Content-Type", form->multipart.content_type};
    }
    *headers = (struct headers){.at = at, .n = n};
}

/* --- one fetch --- */

static void close_files(struct form *form, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (form->parts[i].source != NULL) {
            form->parts[i].source->finish(form->parts[i].source);
        }
    }
}

static int open_part(struct form *form, size_t i, const struct midge_port *port)
{
    const struct form_field *field = &form->fields->at[i];
    int err;

    form->parts[i] = (struct midge_part){
        .name = field->name,
        .filename = field->filename,
        .type = field->type,
        .data = field->data,
        .len = field->len,
    };
    if (field->path == NULL) {
        return MIDGE_OK;
    }
    err = midge_file_source_init(&form->files[i], port, field->path);
    if (err != MIDGE_OK) {
        form->failed = field->path;
        form->native = form->files[i].native;
        return MIDGE_ERR_READ;
    }
    form->parts[i].source = &form->files[i].source;
    return MIDGE_OK;
}

int form_open(struct keep *keep, struct form *form, const struct midge_port *port)
{
    const struct form_fields *fields = form->fields;
    size_t n = 0;
    int err = MIDGE_OK;

    if (fields->native != 0) {
        form->failed = "stdin";
        form->native = fields->native;
        return MIDGE_ERR_READ;
    }
    if (form->parts == NULL) {
        form->parts = keep_alloc(keep, fields->n * sizeof *form->parts);
        form->files = keep_alloc(keep, fields->n * sizeof *form->files);
    }
    for (; err == MIDGE_OK && n < fields->n; n++) {
        err = open_part(form, n, port);
    }
    if (err == MIDGE_OK) {
        err = midge_multipart_init(&form->multipart, port, form->parts, n);
    }
    if (err != MIDGE_OK) {
        close_files(form, n);
    }
    return err;
}

void form_drop(struct form *form)
{
    form->multipart.source.finish(&form->multipart.source);
}

const char *form_failed(const struct form *form)
{
    const size_t at = form->multipart.at;

    if (form->failed != NULL || form->fields == NULL || at >= form->fields->n) {
        return form->failed;
    }
    return form->fields->at[at].path;
}

int form_native(const struct form *form)
{
    int native = form->native;

    for (size_t i = 0; native == 0 && form->files != NULL && i < form->fields->n; i++) {
        native = form->files[i].native;
    }
    return native;
}
