/* SPDX-License-Identifier: MIT */
/*
 * One option a line, as curl writes them:
 *
 *     # a comment
 *     url = "https://example.com/"     white space, "=" or ":" before the value
 *     --header "X-Quote: \"a\""        \\ \" \t \n \r \v within quotes
 *     -o file                          a value without quotes ends at white space
 *     next
 *
 * The name of an option may lack its dashes. A line becomes one word, "--name=value" or "-nvalue",
 * so that a value for an option that takes none is an error and no URL.
 */
#define _GNU_SOURCE
#include "config_file.h"

#include <limits.h>
#include <string.h>

#include "data.h"
#include "failure.h"

struct words {
    struct keep *keep;
    char **at;
    size_t n;
};

static void add_word(struct words *words, char *word)
{
    words->at = keep_room(words->keep, words->at, words->n, sizeof *words->at);
    words->at[words->n++] = word;
}

static char unescaped(char c)
{
    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

/* Takes the quoted text at *rest, in place. NULL: it has no end. */
static char *quoted(char **rest)
{
    char *from = *rest + 1, *to = from, *text = from;

    while (*from != '\0' && *from != '"') {
        if (*from == '\\' && from[1] != '\0') {
            *to++ = unescaped(from[1]);
            from += 2;
        } else {
            *to++ = *from++;
        }
    }
    if (*from == '\0') {
        return NULL;
    }
    *rest = from + 1;
    *to = '\0';
    return text;
}

static int only_comment(const char *rest)
{
    rest += strspn(rest, " \t\r");
    return *rest == '\0' || *rest == '#';
}

/* The value, whose first byte *rest is. NULL: it is malformed. */
static char *value_of(char *rest)
{
    char *value = rest;
    size_t len;

    if (*rest == '"') {
        value = quoted(&rest);
        return value != NULL && only_comment(rest) ? value : NULL;
    }
    len = strcspn(rest, " \t\r");
    if (!only_comment(rest + len)) {
        return NULL;
    }
    value[len] = '\0';
    return value;
}

/* Returns 0 for a malformed line. */
static int take_line(struct words *words, char *line)
{
    size_t len;
    char *name, *rest, *value;
    int is_long;

    line += strspn(line, " \t\r");
    if (*line == '\0' || *line == '#') {
        return 1;
    }
    len = strcspn(line, " \t\r=:");
    rest = line + len;
    rest += strspn(rest, " \t\r");
    if (*rest == '=' || *rest == ':') {
        rest++;
        rest += strspn(rest, " \t\r");
    }
    name = keep_format(words->keep, "%s%.*s", line[0] == '-' ? "" : "--", (int)len, line);
    if (*rest == '\0' || *rest == '#') {
        add_word(words, name);
        return 1;
    }
    value = value_of(rest);
    if (value == NULL) {
        return 0;
    }
    is_long = name[1] == '-';
    if (is_long || *value != '\0') {
        add_word(words, keep_format(words->keep, "%s%s%s", name, is_long ? "=" : "", value));
    } else { /* "-A" and "" */
        add_word(words, name);
        add_word(words, value);
    }
    return 1;
}

int config_read(struct keep *keep, const char *path, int *argc, char ***argv)
{
    struct text file = {.keep = keep};
    struct words words = {.keep = keep};
    int code = data_read_file(path, &file);
    unsigned number = 1;
    char *line, *rest;

    if (code != 0) {
        (void)usage_error("option --config: can't read %s: %s", path, strerror(code));
        return EXIT_READ;
    }
    text_add(&file, "", 1);
    if (strlen(file.data) != file.len - 1) {
        return usage_error("option --config: a NUL byte in %s", path);
    }
    for (rest = file.data; (line = strsep(&rest, "\n")) != NULL; number++) {
        if (!take_line(&words, line)) {
            return usage_error("option --config: %s, line %u is malformed", path, number);
        }
    }
    if (words.n >= INT_MAX) {
        return usage_error("option --config: %s is too long", path);
    }
    *argc = (int)words.n;
    *argv = words.at;
    return 0;
}
