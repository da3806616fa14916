/* SPDX-License-Identifier: MIT */
/*
 * The file of ftp(1), as curl reads it: words with white space between them,
 *
 *     machine api.example login me password "my secret"
 *     default login anonymous password x
 *
 * The first entry of the host, or the default before it, counts. A word may be in quotes, with \"
 * \\ \n \r \t. Where a keyword may stand, '#' begins a comment. "account" and "macdef" are skipped.
 */
#define _GNU_SOURCE
#include "netrc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <midge/url.h>

#include "data.h"
#include "run.h"

#define BLANKS " \t\r\n"

struct reader {
    struct keep *keep;
    const char *at;
};

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

static const char *quoted_word(struct reader *reader)
{
    struct text word = {.keep = reader->keep};

    text_puts(&word, "");
    for (reader->at++; *reader->at != '\0' && *reader->at != '"'; reader->at++) {
        int escaped = reader->at[0] == '\\' && reader->at[1] != '\0';
        char c = escaped ? unescaped(*++reader->at) : *reader->at;
        text_add(&word, &c, 1);
    }
    reader->at += *reader->at == '"';
    return word.data;
}

/* NULL at the end. */
static const char *next_word(struct reader *reader)
{
    const char *start;

    reader->at += strspn(reader->at, BLANKS);
    if (*reader->at == '"') {
        return quoted_word(reader);
    }
    start = reader->at;
    reader->at += strcspn(start, BLANKS);
    return reader->at > start ? keep_copy(reader->keep, start, (size_t)(reader->at - start)) : NULL;
}

static void skip_to(struct reader *reader, const char *end)
{
    const char *found = strstr(reader->at, end);

    reader->at = found != NULL ? found : reader->at + strlen(reader->at);
}

/* Where the value of a keyword is stored; `none` if it is not needed. NULL: it has no value. */
static const char **place_of(const char *keyword, const char **user, const char **password,
                             const char **none)
{
    if (strcmp(keyword, "login") == 0) {
        return user;
    }
    if (strcmp(keyword, "password") == 0) {
        return password;
    }
    return strcmp(keyword, "account") == 0 ? none : NULL;
}

/* Reads the words of one entry, up to the next. Returns that one's keyword, NULL at the end. */
static const char *read_entry(struct reader *reader, const char **user, const char **password)
{
    const char *keyword, *none;

    *user = *password = NULL;
    while ((keyword = next_word(reader)) != NULL) {
        const char **place = place_of(keyword, user, password, &none);
        if (strcmp(keyword, "machine") == 0 || strcmp(keyword, "default") == 0) {
            return keyword;
        }
        if (place != NULL) {
            *place = next_word(reader);
        } else if (keyword[0] == '#') {
            reader->at -= strlen(keyword); /* it may end with its line */
            skip_to(reader, "\n");
        } else if (strcmp(keyword, "macdef") == 0) {
            skip_to(reader, "\n\n");
        }
    }
    return NULL;
}

static int find(struct reader *reader, const char *host, const char **user, const char **password)
{
    const char *keyword = read_entry(reader, user, password);

    while (keyword != NULL) {
        const char *name = strcmp(keyword, "machine") == 0 ? next_word(reader) : host;
        keyword = read_entry(reader, user, password);
        if (name != NULL && strcasecmp(name, host) == 0 && (*user != NULL || *password != NULL)) {
            *user = *user != NULL ? *user : "";
            *password = *password != NULL ? *password : "";
            return 1;
        }
    }
    return 0;
}

/* Without a file no host has an entry, as with Debian's curl. */
static const char *read_file(struct keep *keep, const struct group *group)
{
    const char *home = getenv("HOME"), *path = group->netrc_file;
    struct text file = {.keep = keep};

    if (path == NULL) {
        path = keep_format(keep, "%s/.netrc", home != NULL ? home : "");
    }
    text_puts(&file, "");
    (void)data_read_file(path, &file);
    text_add(&file, "", 1);
    return file.data;
}

int netrc_find(struct fetch *fetch, const char **user, const char **password)
{
    struct keep *keep = fetch->run->keep;
    struct reader reader = {.keep = keep};
    struct midge_url url;

    if ((!fetch->group->netrc && fetch->group->netrc_file == NULL) ||
        midge_url_parse(&url, fetch->url, strlen(fetch->url), 0) != MIDGE_OK) {
        return 0;
    }
    reader.at = read_file(keep, fetch->group);
    return find(&reader, keep_copy(keep, url.host.ptr, url.host.len), user, password);
}
