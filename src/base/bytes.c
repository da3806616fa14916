/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

#define ABSENT 0xffffU

void midge__put_bytes(struct midge__put *put, const void *bytes, size_t n)
{
    if (n > 0 && put->len <= put->cap && n <= put->cap - put->len) {
        memcpy(put->at + put->len, bytes, n);
    }
    put->len += n;
}

void midge__put_number(struct midge__put *put, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        const uint8_t byte = (uint8_t)(value >> 8 * bytes);
        midge__put_bytes(put, &byte, 1);
    }
}

void midge__put_text(struct midge__put *put, const char *text)
{
    const size_t len = text != NULL ? strlen(text) : ABSENT;
    midge__put_number(put, len < ABSENT ? len : ABSENT, 2);
    if (len < ABSENT) {
        midge__put_bytes(put, text, len + 1);
    }
}

const uint8_t *midge__take_bytes(struct midge__take *take, size_t n)
{
    const uint8_t *at = take->at;
    if (take->bad || n > take->left) {
        take->bad = true;
        return NULL;
    }
    take->at += n;
    take->left -= n;
    return at;
}

uint64_t midge__take_number(struct midge__take *take, unsigned bytes)
{
    const uint8_t *at = midge__take_bytes(take, bytes);
    uint64_t value = 0;
    for (unsigned i = 0; at != NULL && i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

const char *midge__take_text(struct midge__take *take)
{
    const size_t len = (size_t)midge__take_number(take, 2);
    if (take->bad || len == ABSENT) {
        return NULL;
    }
    const uint8_t *text = midge__take_bytes(take, len + 1);
    if (text != NULL && memchr(text, '\0', len + 1) != text + len) {
        take->bad = true;
        return NULL;
    }
    return (const char *)text;
}

void midge__wipe(void *p, size_t n)
{
    volatile uint8_t *at = p;
    while (n-- > 0) {
        *at++ = 0;
    }
}
