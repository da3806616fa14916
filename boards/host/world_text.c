/* SPDX-License-Identifier: MIT */
/*
 * A line is cut into words in place. A text in quotes may hold \n \r \t \0 \" \\ and \xHH. After
 * the first error nothing more is taken: world_next returns 0.
 */
#define _GNU_SOURCE
#include "world_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "number.h"

void world_begin(struct world_line *line, const char *path, char *text)
{
    *line = (struct world_line){.path = path, .rest = text};
}

int world_wrong(struct world_line *line, const char *format, ...)
{
    va_list args;

    if (!line->failed) {
        fprintf(stderr, "midge: %s:%u: ", line->path, line->number);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
    }
    line->failed = 1;
    return 0;
}

/* --- words --- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* The byte of the escape at *from, which is behind the backslash; -1: there is no such escape. */
static int unescape(const char **from)
{
    const char *known = "n\nr\rt\t\"\"\\\\";
    char c = *(*from)++;
    int high, low;

    if (c == '0') {
        return 0;
    }
    if (c == 'x') {
        high = hex_digit((*from)[0]);
        low = high >= 0 ? hex_digit((*from)[1]) : -1;
        *from += 2;
        return low >= 0 ? high * 16 + low : -1;
    }
    for (; c != '\0' && *known != '\0'; known += 2) {
        if (*known == c) {
            return (unsigned char)known[1];
        }
    }
    return -1;
}

/* Takes a text in quotes; returns the rest of the line, NULL after an error. */
static char *take_quoted(struct world_line *line, char *at)
{
    char *to = at;
    const char *from = at + 1;

    line->words[line->n] = at;
    while (*from != '"') {
        int byte = (unsigned char)*from++;
        if (byte == '\\') {
            byte = unescape(&from);
        } else if (byte == '\0') {
            byte = -1;
        }
        if (byte < 0) {
            world_wrong(line, "a text in quotes is malformed or has no end");
            return NULL;
        }
        *to++ = (char)byte;
    }
    *to = '\0';
    line->lens[line->n++] = (size_t)(to - at);
    return at + (from + 1 - at);
}

static char *take_plain(struct world_line *line, char *at)
{
    size_t len = strcspn(at, " \t\r");

    line->words[line->n] = at;
    line->lens[line->n++] = len;
    at += len;
    if (*at != '\0') {
        *at++ = '\0';
    }
    return at;
}

static void cut(struct world_line *line, char *at)
{
    line->n = line->at = 0;
    while (at != NULL) {
        at += strspn(at, " \t\r");
        if (*at == '\0' || *at == '#') {
            return;
        }
        if (line->n == WORLD_WORDS) {
            world_wrong(line, "too many words");
            return;
        }
        at = *at == '"' ? take_quoted(line, at) : take_plain(line, at);
    }
}

int world_next(struct world_line *line)
{
    char *text;

    if (line->number > 0) {
        world_end_of_line(line);
    }
    while (!line->failed && (text = strsep(&line->rest, "\n")) != NULL) {
        line->number++;
        cut(line, text);
        if (!line->failed && line->n > 0) {
            return 1;
        }
    }
    return 0;
}

/* --- what they mean --- */

int world_is_next(struct world_line *line, const char *word)
{
    if (line->at < line->n && strcmp(line->words[line->at], word) == 0) {
        line->at++;
        return 1;
    }
    return 0;
}

const char *world_text(struct world_line *line, const char *what, size_t *len)
{
    *len = 0;
    if (line->at == line->n) {
        world_wrong(line, "%s is missing", what);
        return "";
    }
    *len = line->lens[line->at];
    return line->words[line->at++];
}

const char *world_word(struct world_line *line, const char *what)
{
    size_t len;
    const char *word = world_text(line, what, &len);

    if (strlen(word) != len) {
        world_wrong(line, "%s has a NUL byte", what);
    }
    return word;
}

uint64_t world_number(struct world_line *line, const char *what, uint64_t max)
{
    const char *word = world_word(line, what);
    uint64_t number = 0;

    if (!number_parse(word, strlen(word), 0, max, &number)) {
        world_wrong(line, "%s: '%s' is not a number from 0 to %llu", what, word,
                    (unsigned long long)max);
    }
    return number;
}

static uint64_t milli(struct world_line *line, const char *what, const char *word, uint64_t max)
{
    uint64_t number = 0;

    if (!seconds_parse(word, &number) || number > max) {
        world_wrong(line, "%s: '%s' is not a number from 0 to %llu", what, word,
                    (unsigned long long)(max / 1000));
    }
    return number;
}

uint64_t world_milli(struct world_line *line, const char *what, uint64_t max)
{
    return milli(line, what, world_word(line, what), max);
}

uint16_t world_rate(struct world_line *line, const char *what)
{
    const char *word = world_word(line, what);
    size_t len = strlen(word);
    char digits[16];

    if (len < 2 || len >= sizeof digits || word[len - 1] != '%') {
        world_wrong(line, "%s: '%s' is no rate like 1.5%%", what, word);
        return 0;
    }
    memcpy(digits, word, len - 1);
    digits[len - 1] = '\0';
    return (uint16_t)(milli(line, what, digits, 100000) / 100);
}

int64_t world_date(struct world_line *line, const char *what)
{
    const char *word = world_word(line, what), *end;
    struct tm parts = {0};

    end = strptime(word, strchr(word, 'T') != NULL ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d", &parts);
    if (end == NULL || *end != '\0' || timegm(&parts) <= 0) {
        world_wrong(line, "%s: '%s' is not like 2026-11-28 or 2026-11-28T12:00:00", what, word);
        return 1;
    }
    return timegm(&parts);
}

size_t world_choice(struct world_line *line, const char *what, const char *const *choices)
{
    const char *word = world_word(line, what);
    size_t i = 0;

    while (choices[i] != NULL && strcmp(choices[i], word) != 0) {
        i++;
    }
    if (choices[i] == NULL) {
        world_wrong(line, "unknown %s '%s'", what, word);
        return 0;
    }
    return i;
}

void world_end_of_line(struct world_line *line)
{
    if (!line->failed && line->at < line->n) {
        world_wrong(line, "'%s' is not expected here", line->words[line->at]);
    }
}
