/* SPDX-License-Identifier: MIT */
/* Every block is a member of one list, so that keep_end can free them all at the end. */
#include "keep.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

struct keep_block {
    struct keep_block *next, *prev;
    max_align_t data[];
};

static void out_of_memory(void)
{
    fputs("midge: (27) out of memory\n", stderr);
    exit(EXIT_MEMORY);
}

static void link_block(struct keep *keep, struct keep_block *block)
{
    block->prev = NULL;
    block->next = keep->first;
    if (keep->first != NULL) {
        keep->first->prev = block;
    }
    keep->first = block;
}

static struct keep_block *block_of(void *memory)
{
    return (struct keep_block *)(void *)((char *)memory - offsetof(struct keep_block, data));
}

void *keep_alloc(struct keep *keep, size_t size)
{
    struct keep_block *block = NULL;

    if (size < SIZE_MAX - sizeof *block) {
        block = calloc(1, sizeof *block + size);
    }
    if (block == NULL) {
        out_of_memory();
    }
    link_block(keep, block);
    return block->data;
}

void *keep_grow(struct keep *keep, void *memory, size_t size)
{
    struct keep_block *old, *block = NULL;

    if (memory == NULL) {
        return keep_alloc(keep, size);
    }
    old = block_of(memory);
    if (old->prev != NULL) {
        old->prev->next = old->next;
    } else {
        keep->first = old->next;
    }
    if (old->next != NULL) {
        old->next->prev = old->prev;
    }
    if (size < SIZE_MAX - sizeof *block) {
        block = realloc(old, sizeof *block + size);
    }
    if (block == NULL) {
        out_of_memory();
    }
    link_block(keep, block);
    return block->data;
}

void *keep_room(struct keep *keep, void *array, size_t n, size_t size)
{
    if ((n & (n - 1)) != 0) {
        return array;
    }
    return keep_grow(keep, array, (n > 0 ? 2 * n : 1) * size);
}

char *keep_copy(struct keep *keep, const void *data, size_t len)
{
    char *copy = keep_alloc(keep, len + 1);

    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

char *keep_format(struct keep *keep, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        out_of_memory();
    }
    text = keep_alloc(keep, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void keep_end(struct keep *keep)
{
    struct keep_block *block = keep->first;

    keep->first = NULL;
    while (block != NULL) {
        struct keep_block *next = block->next;
        free(block);
        block = next;
    }
}

/* --- text --- */

char *text_room(struct text *text, size_t len)
{
    size_t need = text->len + len + 1;

    if (need < len) {
        out_of_memory();
    }
    if (need > text->cap) {
        size_t cap = text->cap < 128 ? 256 : text->cap * 2;
        if (cap < need) {
            cap = need;
        }
        text->data = keep_grow(text->keep, text->data, cap);
        text->cap = cap;
    }
    return text->data + text->len;
}

void text_add(struct text *text, const void *data, size_t len)
{
    char *room = text_room(text, len);

    if (len > 0) {
        memcpy(room, data, len);
    }
    text->len += len;
    text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    (void)text_room(text, (size_t)len);
    va_start(args, format);
    (void)vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
    va_end(args);
    text->len += (size_t)len;
}
