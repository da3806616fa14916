/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "headers.h"

#include <string.h>
#include <strings.h>
#include <midge/version.h>

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
static void add_own(struct keep *keep, const struct group *group, struct headers *headers,
                    const char *name, const char *value)
{
    for (size_t i = 0; i < group->headers.n; i++) {
        if (names(group->headers.at[i].text, name)) {
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

static int has_control(const char *text)
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

    if (line[0] == '@') {
        return usage_error("option --header: a file ('%s') is not supported", line);
    }
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

int headers_build(struct keep *keep, const struct group *group, int form, int json,
                  struct headers *headers)
{
    const char *agent = group->user_agent != NULL ? group->user_agent : "midge/" MIDGE_VERSION;

    *headers = (struct headers){0};
    if (has_control(agent)) {
        return usage_error("option --user-agent: control character");
    }
    if (group->bearer != NULL && has_control(group->bearer)) {
        return usage_error("option --oauth2-bearer: control character");
    }
    /* -A "" sends none, as curl does */
    add_own(keep, group, headers, "User-Agent", agent[0] != '\0' ? agent : NULL);
    add_own(keep, group, headers, "Accept", json ? "application/json" : "*/*");
    if (json) {
        add_own(keep, group, headers, "Content-Type", "application/json");
    } else if (form) {
        add_own(keep, group, headers, "Content-Type", "application/x-www-form-urlencoded");
    }
    for (size_t i = 0; i < group->headers.n; i++) {
        int code = add_line(keep, group->headers.at[i].text, headers);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}
