/* SPDX-License-Identifier: MIT */
/*
 * As in curl, --cert FILE:PASSWORD has the password behind the first colon that no backslash
 * precedes, and without --key the key is in the certificate's file. The library finds out by itself
 * whether a file is PEM or DER; a type that is given must be the file's.
 */
#define _GNU_SOURCE
#include "credential.h"

#include <string.h>
#include <strings.h>
#include <midge/err.h>

#include "data.h"

/* --- the option's value --- */

/* Copies the file's name, without the backslashes before colons and backslashes; *password is the
   rest behind the first other colon, NULL: there is none. */
static const char *split(struct keep *keep, const char *value, const char **password)
{
    char *name = keep_alloc(keep, strlen(value) + 1), *to = name;

    *password = NULL;
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == ':') {
            *password = at + 1;
            break;
        }
        at += at[0] == '\\' && (at[1] == ':' || at[1] == '\\');
        *to++ = *at;
    }
    *to = '\0';
    return name;
}

/* --- files --- */

static int is_type(const struct text *text, const char *type)
{
    int is_pem = memmem(text->data, text->len, "-----BEGIN ", 11) != NULL;

    return type == NULL || is_pem == (strcasecmp(type, "PEM") == 0);
}

static const char *read_file(struct keep *keep, const char *of, const char *path, const char *type,
                             struct text *text, int *native)
{
    *text = (struct text){.keep = keep};
    *native = data_read_file(path, text);
    if (*native != 0) {
        return keep_format(keep, "can't read the %s file %s", of, path);
    }
    if (text->len == 0) {
        return keep_format(keep, "the %s file %s is empty", of, path);
    }
    return is_type(text, type) ? NULL
                               : keep_format(keep, "the %s file %s is not %s", of, path, type);
}

static const char *read_both(struct credential *credential, const struct options *options,
                             int *native)
{
    struct keep *keep = options->keep;
    struct text certificate, key;
    const char *password, *path = split(keep, options->cert, &password);
    const char *what =
        read_file(keep, "client certificate", path, options->cert_type, &certificate, native);

    if (what == NULL) {
        what = read_file(keep, "client key", options->key != NULL ? options->key : path,
                         options->key != NULL ? options->key_type : NULL, &key, native);
    }
    if (what == NULL) {
        credential->is =
            (struct midge_credential){.certificate = certificate.data,
                                      .certificate_len = certificate.len,
                                      .key = key.data,
                                      .key_len = key.len,
                                      .password = options->pass != NULL ? options->pass : password,
                                      .why = &credential->why};
    }
    return what;
}

int credential_read(struct credential *credential, const struct options *options, int *native,
                    const char **what)
{
    *credential = (struct credential){.why = NULL};
    if (options->cert == NULL && options->key == NULL) {
        return MIDGE_OK;
    }
    const char *why = options->cert == NULL ? "option --key needs --cert"
                                            : read_both(credential, options, native);
    if (why != NULL) {
        *what = why;
    }
    return why == NULL ? MIDGE_OK : MIDGE_ERR_CREDENTIAL;
}
