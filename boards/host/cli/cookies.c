/* SPDX-License-Identifier: MIT */
/*
 * One jar for the run. Its file has the form of Netscape, which curl and browsers' tools use: a
 * line for each cookie, seven fields with tabs between them:
 *
 *     domain  TRUE (the names below it too) or FALSE  path  TRUE (Secure)  expires  name  value
 *
 * "#HttpOnly_" before the domain is a flag, other lines with '#' are comments; expires 0: with the
 * session. SameSite has no place in it.
 *
 * A file of -b may also have "Set-Cookie:" lines, as that of -D. Only those with a Domain say which
 * host they are of; others are skipped.
 */
#define _GNU_SOURCE
#include "cookies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>

#include "data.h"
#include "descriptor.h"
#include "failure.h"
#include "host/suffix.h"
#include "run.h"

#define JAR_BYTES ((size_t)1 << 20)
#define FIELDS    7
#define HTTP_ONLY "#HttpOnly_"
#define SET       "Set-Cookie:"

/* A text has '='; otherwise it is a file, and "" only starts the jar. */
static int is_text(const struct item *item)
{
    return strchr(item->text, '=') != NULL;
}

const char *cookies_text(struct keep *keep, const struct group *group)
{
    struct text all = {.keep = keep};

    for (size_t i = 0; i < group->cookies.n; i++) {
        if (is_text(&group->cookies.at[i])) {
            text_puts(&all, all.len > 0 ? "; " : "");
            text_puts(&all, group->cookies.at[i].text);
        }
    }
    return all.data;
}

static int has_jar(const struct group *group)
{
    int found = group->cookie_jar != NULL;

    for (size_t i = 0; i < group->cookies.n; i++) {
        found |= !is_text(&group->cookies.at[i]);
    }
    return found;
}

/* --- reading --- */

static int is_true(const char *text)
{
    return strcmp(text, "TRUE") == 0;
}

static int put_fields(struct midge_cookies *jar, char **field, int http_only)
{
    const struct midge_cookie cookie = {.domain = field[0] + (field[0][0] == '.'),
                                        .host_only = !is_true(field[1]),
                                        .path = field[2],
                                        .secure = (uint8_t)is_true(field[3]),
                                        .expires = strtoll(field[4], NULL, 10),
                                        .name = field[5],
                                        .value = field[6],
                                        .http_only = (uint8_t)http_only};

    return midge_cookies_put(jar, &cookie);
}

/* As if the host that Domain names had sent it. */
static void read_header(struct run *run, const char *value)
{
    const char *domain = strcasestr(value, "domain=");

    if (domain != NULL) {
        domain += strlen("domain=");
        domain += *domain == '.';
        (void)midge_cookies_set(
            &run->cookies,
            keep_format(run->keep, "https://%.*s/", (int)strcspn(domain, "; \t"), domain), value);
    }
}

/* A line that is no cookie is skipped, as curl does. */
static void read_line(struct run *run, char *line)
{
    const size_t prefix = sizeof HTTP_ONLY - 1;
    const int http_only = strncmp(line, HTTP_ONLY, prefix) == 0;
    char *field[FIELDS] = {NULL}, *rest = line + (http_only ? prefix : 0);
    size_t n = 0;

    line[strcspn(line, "\r")] = '\0';
    if (*rest == '#') {
        return;
    }
    if (strncasecmp(line, SET, strlen(SET)) == 0) {
        read_header(run, line + strlen(SET));
        return;
    }
    while (n < FIELDS && rest != NULL) {
        field[n++] = strsep(&rest, "\t");
    }
    if (n == FIELDS - 1) { /* no value, and the tab before it got lost */
        field[n++] = "";
    }
    if (n == FIELDS && rest == NULL) {
        (void)put_fields(&run->cookies, field, http_only);
    }
}

static void read_file(struct run *run, const char *path)
{
    struct text file = {.keep = run->keep};
    int code = data_read_file(path, &file);
    char *line, *rest;

    if (code != 0 && run->options->verbose) { /* it may be made by -c */
        fprintf(stderr, "* no cookies from %s: %s\n", path, strerror(code));
    }
    text_add(&file, "", 1);
    rest = file.data;
    while (code == 0 && (line = strsep(&rest, "\n")) != NULL) {
        read_line(run, line);
    }
}

void cookies_open(struct run *run)
{
    const struct options *options = run->options;

    for (size_t i = 0; i < options->n_groups; i++) {
        const struct group *group = &options->groups[i];
        if (has_jar(group) && run->cookies.memory == NULL) {
            midge_cookies_init(&run->cookies, &run->shim.port, keep_alloc(run->keep, JAR_BYTES),
                               JAR_BYTES);
            run->cookies.is_public_suffix = suffix_list();
        }
        for (size_t k = 0; k < group->cookies.n; k++) {
            const struct item *item = &group->cookies.at[k];
            if (!is_text(item) && item->text[0] != '\0') {
                read_file(run, item->text);
            }
        }
    }
}

/* The jar is the last hook: it belongs to all fetches. */
void cookies_apply(struct fetch *fetch)
{
    if (has_jar(fetch->group)) {
        fetch_add_hook(fetch, &fetch->run->cookies.hook);
    }
}

/* --- writing --- */

static void add_cookie(struct text *out, const struct midge_cookie *cookie)
{
    text_format(out, "%s%s%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", cookie->http_only ? HTTP_ONLY : "",
                cookie->host_only ? "" : ".", cookie->domain, cookie->host_only ? "FALSE" : "TRUE",
                cookie->path, cookie->secure ? "TRUE" : "FALSE", (long long)cookie->expires,
                cookie->name, cookie->value);
}

/* A tab would be the end of a field. */
static int fits(const struct midge_cookie *cookie)
{
    return cookie->name[0] != '\0' && strpbrk(cookie->name, "\t") == NULL &&
           strpbrk(cookie->value, "\t") == NULL && strpbrk(cookie->path, "\t") == NULL;
}

int cookies_save(struct run *run, int code)
{
    struct text all = {.keep = run->keep};
    struct midge_cookie cookie;
    size_t at = 0;

    if (run->cookies.memory == NULL || code == EXIT_USAGE) {
        return code;
    }
    text_puts(&all, "# Netscape HTTP Cookie File\n# Written by midge; do not edit it.\n\n");
    while (midge_cookies_next(&run->cookies, &at, &cookie)) {
        if (fits(&cookie)) {
            add_cookie(&all, &cookie);
        }
    }
    for (size_t i = 0; i < run->options->n_groups; i++) {
        const char *path = run->options->groups[i].cookie_jar;
        int native = path != NULL ? descriptor_replace(run->keep, path, &all) : 0;
        if (native != 0) {
            fprintf(stderr, "midge: (23) can't write %s: %s\n", path, strerror(native));
            code = code != 0 ? code : EXIT_WRITE;
        }
    }
    midge_cookies_clear(&run->cookies, 0);
    return code;
}
