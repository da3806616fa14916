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

void midge__text_bytes(struct midge__text *text, const char *bytes, size_t n);

/* Adds the format with its values in place of these; it knows nothing else of printf:
 *   %s  a string
 *   %d  an int
 *   %u  an unsigned, %02u with at least two digits; in %llu unsigned long long
 *   %x  an unsigned, in hexadecimal */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void midge__text_add(struct midge__text *text, const char *format, ...);

/* The n-th (from 0) of texts that follow each other, each with its NUL. */
const char *midge__text_nth(const char *texts, unsigned n);

#endif
