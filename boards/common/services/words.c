/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <stdbool.h>
#include <string.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copies a word over itself without its quotes; returns where the rest of the line begins. */
static char *take_word(char *from)
{
    char *to = from;
    bool quoted = false;
    for (; *from != '\0' && (quoted || !blank(*from)); from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else {
            *to++ = *from;
        }
    }
    if (*from != '\0') {
        from++;
    }
    *to = '\0';
    return from;
}

int words_split(char *line, char **words, int most)
{
    int count = 0;
    for (;;) {
        while (blank(*line)) {
            line++;
        }
        if (*line == '\0') {
            words[count] = NULL;
            return count;
        }
        if (count == most) {
            words[count] = NULL;
            return -1;
        }
        words[count++] = line;
        line = take_word(line);
    }
}

const char *words_setting(char *const *words, const char *name)
{
    const size_t len = strlen(name);
    for (; *words != NULL && strchr(*words, '=') != NULL; words++) {
        if (strncmp(*words, name, len) == 0 && (*words)[len] == '=') {
            return *words + len + 1;
        }
    }
    return NULL;
}
