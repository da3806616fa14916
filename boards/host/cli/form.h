/* SPDX-License-Identifier: MIT */
/* A form with files: -F and --form-string. */
#ifndef MIDGE_CLI_FORM_H
#define MIDGE_CLI_FORM_H

#include <midge/multipart.h>

#include "headers.h"
#include "options.h"

/* One -F. path NULL: the value is the bytes. */
struct form_field {
    const char *name, *filename, *type, *path;
    const char *data;
    size_t len;
};

/* Those of a group. */
struct form_fields {
    struct form_field *at;
    size_t n;
    int native; /* errno: stdin could not be read */
};

/* The form of one fetch, with files of its own. */
struct form {
    const struct form_fields *fields;
    struct midge_multipart multipart;
    struct midge_part *parts;
    struct midge_file_source *files;
    const char *failed; /* the file that could not be opened, NULL none */
    int native;         /* why: errno */
};

/* 0, or EXIT_USAGE after one line on stderr. Reads stdin, if a field is that. */
int form_parse(struct keep *keep, const struct items *items, struct form_fields *fields);
/* The same headers with the form's Content-Type. 0, or EXIT_USAGE: -H has another one. */
int form_check_headers(const struct headers *headers);
void form_headers(struct keep *keep, struct form *form, struct headers *headers);
/* Opens the files. MIDGE_OK; READ with failed and native set; another error. */
int form_open(struct keep *keep, struct form *form, const struct midge_port *port);
/* Closes the files. */
void form_drop(struct form *form);
/* The file that could not be opened or read, NULL none. */
const char *form_failed(const struct form *form);
/* errno of a failed read, 0 none. */
int form_native(const struct form *form);

#endif
