/* SPDX-License-Identifier: MIT */
/* A bounded text builder: always NUL-terminated, cut when full. The library has no stdio. */
#ifndef MIDGE_BASE_TEXT_H
#define MIDGE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct midge__text {
    char *out;
    size_t cap; /* NUL included */
    size_t len;
};

static inline struct midge__text midge__text_on(char *out, size_t cap)
{
    if (cap > 0) {
        out[0] = '\0';
    }
    return (struct midge__text){out, cap, 0};
}

static inline void midge__text_bytes(struct midge__text *text, const char *bytes, size_t n)
{
    if (text->cap == 0) {
        return;
    }
    size_t room = text->cap - 1 - text->len;
    if (n > room) {
        n = room;
    }
    if (n > 0) {
        memcpy(text->out + text->len, bytes, n);
    }
    text->len += n;
    text->out[text->len] = '\0';
}

static inline void midge__text_add(struct midge__text *text, const char *s)
{
    midge__text_bytes(text, s, strlen(s));
}

static inline void midge__text_unsigned(struct midge__text *text, uint64_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    midge__text_bytes(text, digits + at, sizeof digits - at);
}

static inline void midge__text_number(struct midge__text *text, int64_t value)
{
    if (value < 0) {
        midge__text_bytes(text, "-", 1);
    }
    midge__text_unsigned(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

/* The n-th (from 0) of texts that follow each other, each with its NUL. */
static inline const char *midge__text_nth(const char *texts, unsigned n)
{
    while (n-- > 0) {
        texts += strlen(texts) + 1;
    }
    return texts;
}

#endif
