/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "headers.h"

#include <string.h>
#include <strings.h>
#include <midge/version.h>

#include "compressed.h"
#include "cookies.h"
#include "data.h"
#include "etag.h"
#include "failure.h"

static void add(struct keep *keep, struct headers *headers, const char *name, const char *value)
{
    headers->at = keep_room(keep, headers->at, headers->n, sizeof *headers->at);
    headers->at[headers->n++] = (struct midge_header){.name = name, .value = value};
}

/* The length of the name in a line of -H. */
static size_t name_length(const char *line)
{
    return strcspn(line, ":;");
}

static int names(const char *line, const char *name)
{
    size_t len = name_length(line);

    return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* Adds the program's own header, unless -H changes or removes it. */
static void add_own(struct keep *keep, const struct headers *user, struct headers *headers,
                    const char *name, const char *value)
{
    for (size_t i = 0; i < user->n; i++) {
        if (strcasecmp(user->at[i].name, name) == 0) {
            return;
        }
    }
    add(keep, headers, name, value);
}

int is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", text[i]) != NULL) {
            return 0;
        }
    }
    return len > 0;
}

static char *trimmed(struct keep *keep, const char *text)
{
    size_t len;

    text = skip_blanks(text);
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    return keep_copy(keep, text, len);
}

int has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f) {
            return 1;
        }
    }
    return 0;
}

/* Refuses the headers that mark the beginning and end of a request: midge sets them, so that all
   readers agree. */
static int check_framing(const struct headers *headers, const char *line, size_t len)
{
    if (names(line, "Transfer-Encoding")) {
        return usage_error("option --header: %.*s can't be set", (int)len, line);
    }
    if (!names(line, "Host") && !names(line, "Content-Length")) {
        return 0;
    }
    for (size_t i = 0; i < headers->n; i++) {
        if (names(line, headers->at[i].name)) {
            return usage_error("option --header: %.*s is given twice", (int)len, line);
        }
    }
    return 0;
}

/* "Name: value"; "Name;" for an empty value; "Name:" removes the header. */
static int add_line(struct keep *keep, const char *line, struct headers *headers)
{
    size_t len = name_length(line);
    char *value;

    if (line[len] == '\0' || !is_token(line, len)) {
        return usage_error("option --header: '%s' is not 'Name: value'", line);
    }
    value = trimmed(keep, line + len + 1);
    if (line[len] == ';' && value[0] != '\0') {
        return usage_error("option --header: '%s' has something behind 'Name;'", line);
    }
    if (line[len] == ':' && value[0] == '\0') {
        if (names(line, "Host") || names(line, "Content-Length")) {
            return usage_error("option --header: %.*s can't be removed", (int)len, line);
        }
        add(keep, headers, keep_copy(keep, line, len), NULL); /* suppresses midge's default too */
        return 0;
    }
    if (check_framing(headers, line, len) != 0) {
        return EXIT_USAGE;
    }
    if (has_control(value)) {
        return usage_error("option --header: control character in the value of %.*s", (int)len,
                           line);
    }
    add(keep, headers, keep_copy(keep, line, len), value);
    return 0;
}

/* A file of -H @FILE has one header a line; empty lines are skipped. */
static int add_file(struct keep *keep, const char *path, struct headers *headers)
{
    struct text file = {.keep = keep};
    int code = data_read_file(path, &file);
    char *line, *rest;

    if (code != 0) {
        return usage_error("option --header: can't read %s: %s", path, strerror(code));
    }
    text_add(&file, "", 1);
    if (strlen(file.data) != file.len - 1) {
        return usage_error("option --header: a NUL byte in %s", path);
    }
    rest = file.data;
    for (code = 0; code == 0 && (line = strsep(&rest, "\n")) != NULL;) {
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\r') {
            line[--len] = '\0';
        }
        code = len > 0 ? add_line(keep, line, headers) : 0;
    }
    return code;
}

static int add_item(struct keep *keep, const char *text, struct headers *headers)
{
    return text[0] == '@' ? add_file(keep, text + 1, headers) : add_line(keep, text, headers);
}

static int check_values(const struct group *group, const char *cookies, const char *etag)
{
    const struct {
        const char *name, *value;
    } values[] = {{"user-agent", group->user_agent},
                  {"oauth2-bearer", group->bearer},
                  {"referer", group->referer},
                  {"cookie", cookies},
                  {"etag-compare", etag}};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i].value != NULL && has_control(values[i].value)) {
            return usage_error("option --%s: control character", values[i].name);
        }
    }
    return 0;
}

int headers_build(struct keep *keep, const struct group *group, int form, int json,
                  struct headers *headers)
{
    const char *agent = group->user_agent != NULL ? group->user_agent : "midge/" MIDGE_VERSION;
    const char *type = json ? "application/json" : "application/x-www-form-urlencoded";
    const char *cookies = cookies_text(keep, group), *etag = etag_wanted(keep, group);
    struct headers user = {0};
    int code = check_values(group, cookies, etag);

    for (size_t i = 0; code == 0 && i < group->headers.n; i++) {
        code = add_item(keep, group->headers.at[i].text, &user);
    }
    *headers = (struct headers){0};
    /* -A "" sends none, as curl does */
    add_own(keep, &user, headers, "User-Agent", agent[0] != '\0' ? agent : NULL);
    if (group->referer != NULL) {
        add_own(keep, &user, headers, "Referer", group->referer);
    }
    if (etag != NULL) {
        add_own(keep, &user, headers, "If-None-Match", etag);
    }
    if (cookies != NULL) {
        add_own(keep, &user, headers, "Cookie", cookies);
    }
    add_own(keep, &user, headers, "Accept", json ? "application/json" : "*/*");
    if (group->compressed && compressed_accept() != NULL) {
        add_own(keep, &user, headers, "Accept-Encoding", compressed_accept());
    }
    if (json || form) {
        add_own(keep, &user, headers, "Content-Type", type);
    }
    for (size_t i = 0; i < user.n; i++) {
        add(keep, headers, user.at[i].name, user.at[i].value);
    }
    return code;
}
