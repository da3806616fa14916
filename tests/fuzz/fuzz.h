/* SPDX-License-Identifier: MIT */
/*
 * Shared by the fuzz targets. A target is a program with LLVMFuzzerTestOneInput: libFuzzer calls it
 * with inputs of its own, replay.c with those of a file. It aborts when something is wrong.
 *
 * Choices (where to split, which flags) are taken from the end of the input, so that the beginning
 * stays a text: an edit of the text keeps the choices, and the other way round.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct fuzz_in {
    const uint8_t *at;
    size_t len;
};

/* The last byte, 0 when none is left. */
static inline unsigned fuzz_choice(struct fuzz_in *in)
{
    return in->len > 0 ? in->at[--in->len] : 0;
}

/* A block of exactly that size, so that the sanitizer sees a read behind it. */
static inline void *fuzz_copy(const void *data, size_t len)
{
    void *copy = malloc(len > 0 ? len : 1);
    FUZZ_CHECK(copy != NULL);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

/* The same as a string; NULL if it has a NUL of its own. */
static inline char *fuzz_string(const void *data, size_t len)
{
    if (len > 0 && memchr(data, '\0', len) != NULL) {
        return NULL;
    }
    char *copy = malloc(len + 1);
    FUZZ_CHECK(copy != NULL);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    copy[len] = '\0';
    return copy;
}

/* --- where to split --- */

struct fuzz_splits {
    const uint8_t *sizes;
    size_t n, at;
};

/* Takes up to 15 sizes from the input's end. */
static inline struct fuzz_splits fuzz_splits(struct fuzz_in *in)
{
    size_t n = fuzz_choice(in) % 16;
    n = n < in->len ? n : in->len;
    in->len -= n;
    return (struct fuzz_splits){in->at + in->len, n, 0};
}

/* The size of the next piece, 1 to left. Sizes from 128 on count 16-fold. The schedule is repeated
   until nothing is left; without one, all is one piece. left must not be 0. */
static inline size_t fuzz_next(struct fuzz_splits *s, size_t left)
{
    if (s->n == 0) {
        return left;
    }
    size_t size = s->sizes[s->at++ % s->n] + 1U;
    size = size > 128 ? (size - 128) * 16 : size;
    return size < left ? size : left;
}

/* --- a growing text --- */

struct fuzz_text {
    char *ptr;
    size_t len, cap;
};

static inline void fuzz_add(struct fuzz_text *t, const void *data, size_t len)
{
    if (t->len + len + 1 > t->cap) {
        t->cap = 2 * (t->len + len + 1);
        t->ptr = realloc(t->ptr, t->cap);
        FUZZ_CHECK(t->ptr != NULL);
    }
    if (len > 0) {
        memcpy(t->ptr + t->len, data, len);
    }
    t->len += len;
    t->ptr[t->len] = '\0';
}

static inline void fuzz_puts(struct fuzz_text *t, const char *text)
{
    fuzz_add(t, text, strlen(text));
}

#define fuzz_printf(t, ...)                                                                        \
    do {                                                                                           \
        char fuzz_line[200];                                                                       \
        (void)snprintf(fuzz_line, sizeof fuzz_line, __VA_ARGS__);                                  \
        fuzz_puts(t, fuzz_line);                                                                   \
    } while (0)

static inline void fuzz_free(struct fuzz_text *t)
{
    free(t->ptr);
    *t = (struct fuzz_text){NULL, 0, 0};
}

/* Two logs that must be the same. */
static inline void fuzz_same(const struct fuzz_text *a, const struct fuzz_text *b, const char *how)
{
    if (a->len != b->len || (a->len > 0 && memcmp(a->ptr, b->ptr, a->len) != 0)) {
        fprintf(stderr, "%s. One:\n%s\nThe other:\n%s\n", how, a->len > 0 ? a->ptr : "",
                b->len > 0 ? b->ptr : "");
        abort();
    }
}

#endif
