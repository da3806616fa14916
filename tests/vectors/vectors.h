/* SPDX-License-Identifier: MIT */
/* Reads vector files: see README.md beside this. For tests only, so it may use the heap. Behind
   cmocka.h. */
#ifndef MIDGE_TESTS_VECTORS_H
#define MIDGE_TESTS_VECTORS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *ptr; /* always NUL-terminated */
    size_t len;
};

static inline void text_add(struct text *t, const char *ptr, size_t len)
{
    t->ptr = realloc(t->ptr, t->len + len + 1);
    if (t->ptr == NULL)
        abort();
    if (len != 0)
        memcpy(t->ptr + t->len, ptr, len);
    t->len += len;
    t->ptr[t->len] = '\0';
}

static inline void text_puts(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

/* The whole file; exits when there is none. */
static inline struct text text_of_file(const char *path)
{
    struct text t = {NULL, 0};
    char buf[4096];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    text_add(&t, "", 0);
    while ((n = fread(buf, 1, sizeof buf, f)) != 0)
        text_add(&t, buf, n);
    fclose(f);
    return t;
}

/* Cuts the next line off `*rest` and answers it, NULL after the last. */
static inline char *text_line(char **rest)
{
    char *line = *rest;
    if (*line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    *rest = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL)
        *end = '\0';
    return line;
}

static inline const char *unescape_repeat(struct text *out, const char *s);

/* One escape after the backslash; answers what follows it. */
static inline const char *unescape_one(struct text *out, const char *s)
{
    static const char from[] = "rnt0\\";
    static const char to[] = "\r\n\t\0\\";
    const char *plain = *s != '\0' ? strchr(from, *s) : NULL;
    if (*s == '{')
        return unescape_repeat(out, s + 1);
    if (*s == 'x') {
        char hex[3] = {s[1], s[1] != '\0' ? s[2] : '\0', '\0'};
        char byte = (char)strtoul(hex, NULL, 16);
        text_add(out, &byte, 1);
        return s + 3;
    }
    if (plain == NULL) {
        fprintf(stderr, "unknown escape \\%s\n", s);
        exit(2);
    }
    text_add(out, &to[plain - from], 1);
    return s + 1;
}

static inline void unescape(struct text *out, const char *s, const char *end)
{
    text_add(out, "", 0);
    while (s < end) {
        if (*s == '\\') {
            s = unescape_one(out, s + 1);
        } else {
            text_add(out, s, 1);
            s++;
        }
    }
}

static inline const char *closing_brace(const char *s)
{
    for (int depth = 1; *s != '\0'; s++) {
        depth += (*s == '{') - (*s == '}');
        if (depth == 0)
            return s;
    }
    return NULL;
}

/* {N*text} repeats text, in which there may be another. */
static inline const char *unescape_repeat(struct text *out, const char *s)
{
    char *star;
    unsigned long n = strtoul(s, &star, 10);
    const char *end = closing_brace(s);
    if (*star != '*' || end == NULL) {
        fprintf(stderr, "malformed repeat \\{%s\n", s);
        exit(2);
    }
    while (n-- != 0)
        unescape(out, star + 1, end);
    return end + 1;
}

/* Printable text for logs, in the same notation. */
static inline void text_add_escaped(struct text *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char hex[8];
        unsigned char c = (unsigned char)s[i];
        if (c == '\r')
            text_puts(out, "\\r");
        else if (c == '\n')
            text_puts(out, "\\n");
        else if (c == '\\')
            text_puts(out, "\\\\");
        else if (c >= 0x20 && c < 0x7f)
            text_add(out, s + i, 1);
        else {
            snprintf(hex, sizeof hex, "\\x%02x", c);
            text_puts(out, hex);
        }
    }
}

/* What stands behind the key at the line's start; NULL if it does not stand there. */
static inline const char *text_after(const char *line, const char *key)
{
    size_t len = strlen(key);
    return strncmp(line, key, len) == 0 ? line + len : NULL;
}

static inline int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line of one file that is neither empty nor a comment. */
static inline void load_vector_file(const char *path, const char *name,
                                    void (*load)(const char *file, unsigned number,
                                                 const char *line))
{
    struct text file = text_of_file(path);
    char *rest = file.ptr;
    const char *line;
    for (unsigned number = 1; (line = text_line(&rest)) != NULL; number++) {
        if (line[0] != '#' && line[0] != '\0')
            load(name, number, line);
    }
    free(file.ptr);
}

/* The same of every *.txt in `dir`, by name. */
static inline void for_each_vector_line(const char *dir,
                                        void (*load)(const char *file, unsigned number,
                                                     const char *line))
{
    char *names[64];
    size_t count = 0;
    struct dirent *entry;
    DIR *d = opendir(dir);
    if (d == NULL) {
        perror(dir);
        exit(2);
    }
    while ((entry = readdir(d)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0 && count < 64)
            names[count++] = strdup(entry->d_name);
    }
    closedir(d);
    qsort(names, count, sizeof names[0], compare_names);
    for (size_t i = 0; i < count; i++) {
        struct text path = {NULL, 0};
        text_puts(&path, dir);
        text_puts(&path, "/");
        text_puts(&path, names[i]);
        load_vector_file(path.ptr, names[i], load);
        free(path.ptr);
        free(names[i]);
    }
}

/* The tests that a program found, for _cmocka_run_group_tests. */
static struct CMUnitTest tests[600];
static size_t test_count;

static inline void add_test(const char *name, CMUnitTestFunction run, void *state)
{
    if (test_count == sizeof tests / sizeof tests[0])
        abort();
    tests[test_count++] = (struct CMUnitTest){name, run, NULL, NULL, state};
}

#endif
