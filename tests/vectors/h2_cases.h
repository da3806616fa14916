/* SPDX-License-Identifier: MIT */
/* Loads the cases of h2/ and hpack/ (README.md beside this), and runs each at every split. Behind
   cmocka.h. */
#ifndef MIDGE_TESTS_H2_CASES_H
#define MIDGE_TESTS_H2_CASES_H

#include <stdint.h>

#include "vectors.h"

struct h2_case {
    char name[256]; /* "file.txt: case" */
    struct text in, expected;
    unsigned frames;  /* number of `frame` lines */
    size_t cap;       /* of the head buffer */
    uint32_t budget;  /* bytes of a block */
    uint32_t open;    /* the highest stream that is open */
    const char *want; /* names of fields to keep */
};

static struct h2_case h2_cases[512];
static size_t h2_case_count;

static inline void h2_begin_case(const char *file, const char *name)
{
    if (h2_case_count == sizeof h2_cases / sizeof h2_cases[0])
        abort();
    struct h2_case *c = &h2_cases[h2_case_count++];
    *c = (struct h2_case){.cap = 4096, .budget = UINT32_MAX, .open = 1};
    snprintf(c->name, sizeof c->name, "%s: %s", file, name);
    text_add(&c->in, "", 0);
    text_add(&c->expected, "", 0);
}

/* Bytes: pairs of hex digits, texts in quotes with escapes, and spaces. */
static inline void h2_add_bytes(struct text *to, const char *s)
{
    while (*s != '\0') {
        if (*s == '"') {
            const char *end = strchr(s + 1, '"');
            if (end == NULL)
                abort();
            unescape(to, s + 1, end);
            s = end + 1;
        } else if (*s == ' ') {
            s++;
        } else {
            char hex[3] = {s[0], s[1], '\0'}, *end;
            char byte = (char)strtoul(hex, &end, 16);
            if (end != hex + 2)
                abort();
            text_add(to, &byte, 1);
            s += 2;
        }
    }
}

static inline unsigned h2_type_of(const char *word)
{
    static const char *const names[] = {"DATA",          "HEADERS",     "PRIORITY", "RST_STREAM",
                                        "SETTINGS",      "PUSH",        "PING",     "GOAWAY",
                                        "WINDOW_UPDATE", "CONTINUATION"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
    }
    return (unsigned)strtoul(word, NULL, 10);
}

static inline unsigned h2_flags_of(const char *word)
{
    static const char letters[] = "SAHPR";
    static const unsigned flags[] = {1, 1, 4, 8, 0x20};
    unsigned all = 0;
    for (; *word != '\0' && *word != '-'; word++) {
        const char *letter = strchr(letters, *word);
        if (letter == NULL)
            abort();
        all |= flags[letter - letters];
    }
    return all;
}

/* "TYPE FLAGS STREAM PAYLOAD" */
static inline void h2_add_frame(struct h2_case *c, const char *line)
{
    char type[32], flags[32];
    unsigned stream;
    int used;
    struct text payload = {NULL, 0};
    if (sscanf(line, "%31s %31s %u%n", type, flags, &stream, &used) != 3)
        abort();
    text_add(&payload, "", 0);
    h2_add_bytes(&payload, line + used);
    const unsigned char head[9] = {(unsigned char)(payload.len >> 16),
                                   (unsigned char)(payload.len >> 8),
                                   (unsigned char)payload.len,
                                   (unsigned char)h2_type_of(type),
                                   (unsigned char)h2_flags_of(flags),
                                   (unsigned char)(stream >> 24),
                                   (unsigned char)(stream >> 16),
                                   (unsigned char)(stream >> 8),
                                   (unsigned char)stream};
    text_add(&c->in, (const char *)head, sizeof head);
    text_add(&c->in, payload.ptr, payload.len);
    free(payload.ptr);
    c->frames++;
}

static inline void h2_load_line(const char *file, unsigned number, const char *line)
{
    const char *value;
    struct h2_case *c = &h2_cases[h2_case_count > 0 ? h2_case_count - 1 : 0];
    if ((value = text_after(line, "case: ")) != NULL) {
        h2_begin_case(file, value);
    } else if ((value = text_after(line, "frame: ")) != NULL) {
        h2_add_frame(c, value);
    } else if ((value = text_after(line, "frames: ")) != NULL) { /* "N FRAME" */
        char *frame;
        for (unsigned long n = strtoul(value, &frame, 10); n > 0; n--)
            h2_add_frame(c, frame);
    } else if ((value = text_after(line, "hex: ")) != NULL) {
        h2_add_bytes(&c->in, value);
        c->frames++; /* one, if frames are counted */
    } else if ((value = text_after(line, "cap: ")) != NULL) {
        c->cap = strtoul(value, NULL, 10);
    } else if ((value = text_after(line, "budget: ")) != NULL) {
        c->budget = (uint32_t)strtoul(value, NULL, 10);
    } else if ((value = text_after(line, "open: ")) != NULL) {
        c->open = (uint32_t)strtoul(value, NULL, 10);
    } else if ((value = text_after(line, "want: ")) != NULL) {
        c->want = strdup(value);
    } else if ((value = text_after(line, "> ")) != NULL) {
        text_puts(&c->expected, value);
        text_puts(&c->expected, "\n");
    } else {
        fprintf(stderr, "%s:%u: unknown line %s\n", file, number, line);
        exit(2);
    }
}

/* Runs a case, its first piece of `first` bytes, the others of `rest`; adds to the log. */
typedef void h2_run(const struct h2_case *c, size_t first, size_t rest, struct text *log);

static inline void h2_compare(const struct h2_case *c, h2_run *run, size_t first, size_t rest)
{
    struct text log = {NULL, 0};
    text_add(&log, "", 0);
    run(c, first, rest, &log);
    if (strcmp(c->expected.ptr, log.ptr) != 0) {
        print_error("expected:\n%sgot:\n%s", c->expected.ptr, log.ptr);
        fail_msg("%s: pieces of %zu, then %zu", c->name, first, rest);
    }
    free(log.ptr);
}

/* In pieces of every size from 1 on, and cut in two at every place; long ones at fewer. */
static inline void h2_run_splits(const struct h2_case *c, h2_run *run)
{
    const size_t len = c->in.len, stride = len < 600 ? 1 : len / 60;
    const size_t small = len < 100000 ? 20 : 0;
    h2_compare(c, run, len + 1, len + 1);
    for (size_t n = 1; n <= len; n += n < small || stride == 1 ? 1 : stride)
        h2_compare(c, run, n, n);
    for (size_t cut = 0; cut < len; cut += cut < small || stride == 1 ? 1 : stride)
        h2_compare(c, run, cut, len + 1);
}

/* A piece in memory of just its size, so that a sanitizer sees every step outside. */
static inline uint8_t *h2_piece(const struct h2_case *c, size_t at, size_t *len)
{
    if (*len > c->in.len - at)
        *len = c->in.len - at;
    uint8_t *piece = malloc(*len > 0 ? *len : 1);
    if (piece == NULL)
        abort();
    memcpy(piece, c->in.ptr + at, *len);
    return piece;
}

static inline void h2_log(struct text *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void h2_log(struct text *log, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_puts(log, line);
}

static inline void h2_log_field(struct text *log, const char *kind, const char *name,
                                size_t name_len, const char *value, size_t value_len)
{
    text_puts(log, kind);
    text_add_escaped(log, name, name_len);
    text_puts(log, value_len != 0 ? ": " : ":");
    text_add_escaped(log, value, value_len);
    text_puts(log, "\n");
}

/* A test for each case of the folder. */
static inline int h2_run_folder(const char *dir, CMUnitTestFunction test)
{
    for_each_vector_line(dir, h2_load_line);
    for (size_t i = 0; i < h2_case_count; i++)
        add_test(h2_cases[i].name, test, &h2_cases[i]);
    return _cmocka_run_group_tests(dir, tests, test_count, NULL, NULL);
}

#endif
