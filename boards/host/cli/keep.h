/* SPDX-License-Identifier: MIT */
/*
 * Memory of one run of the program: all blocks live until the end and are freed together, so no
 * block needs an owner. When there is no memory the program ends with code 27.
 */
#ifndef MIDGE_CLI_KEEP_H
#define MIDGE_CLI_KEEP_H

#include <stdarg.h>
#include <stddef.h>

struct keep_block;
struct keep {
    struct keep_block *first;
};

void *keep_alloc(struct keep *keep, size_t size); /* cleared */
void *keep_grow(struct keep *keep, void *memory, size_t size);
/* Makes room for one more element of `size` bytes behind the n elements of an array (NULL: none).
   All elements of the array were added this way: the room doubles when n is a power of two. */
void *keep_room(struct keep *keep, void *array, size_t n, size_t size);
char *keep_copy(struct keep *keep, const void *data, size_t len); /* adds a NUL */
char *keep_format(struct keep *keep, const char *format, ...) __attribute__((format(printf, 2, 3)));
void keep_end(struct keep *keep);

/* Bytes that grow; NUL-terminated after the first addition. */
struct text {
    struct keep *keep;
    char *data;
    size_t len, cap;
};
void text_add(struct text *text, const void *data, size_t len);
void text_puts(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for len more bytes; the caller adds the bytes used to text->len. */
char *text_room(struct text *text, size_t len);

#endif
