/* SPDX-License-Identifier: MIT */
/* Checks text from outside, character by character. */
#include <string.h>

#include "app.h"

#define BAD APP_NO_CHARACTER

/* The length of a character by its first byte; 0: no character begins so (RFC 3629). */
static size_t length_of(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The character of len bytes; BAD: not the shortest form, a surrogate, or beyond U+10FFFF. */
static uint32_t decode(const char *at, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = (unsigned char)at[0] & (len == 1 ? 0x7fu : 0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80) {
            return BAD;
        }
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    bool bad = code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000);
    return bad ? BAD : code;
}

static bool is_harmless(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } harmful[] = {
        {0, 0x1f},        {0x7f, 0x9f},     /* controls */
        {0x61c, 0x61c},   {0x200e, 0x200f}, /* marks of direction */
        {0x2028, 0x202e},                   /* line, paragraph; embeddings, overrides */
        {0x2066, 0x2069},                   /* isolates */
        {BAD, BAD},
    };
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++) {
        if (code >= harmful[i].from && code <= harmful[i].to) {
            return false;
        }
    }
    return true;
}

size_t app_utf8(const char *at, size_t left, uint32_t *code)
{
    size_t len = length_of((unsigned char)at[0]);
    *code = len > 0 && len <= left ? decode(at, len) : BAD;
    return *code == BAD ? 1 : len;
}

bool app_utf8_is_open(const char *at, size_t left)
{
    for (size_t i = 1; i < left; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return left < length_of((unsigned char)at[0]);
}

bool app_is_utf8(const char *text)
{
    uint32_t code = 0;
    for (size_t left = strlen(text), n; left > 0 && code != BAD; text += n, left -= n) {
        n = app_utf8(text, left, &code);
    }
    return code != BAD;
}

size_t app_character(const char *at, size_t left, bool *harmless)
{
    uint32_t code;
    size_t len = app_utf8(at, left, &code);
    *harmless = is_harmless(code);
    return len;
}
