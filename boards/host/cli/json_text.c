/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <inttypes.h>
#include <string.h>

static void add_character(struct text *out, unsigned char c)
{
    if (c == '"' || c == '\\') {
        text_format(out, "\\%c", c);
    } else if (c < ' ' || c == 0x7f) {
        text_format(out, "\\u%04x", (unsigned)c);
    } else {
        text_add(out, &c, 1);
    }
}

void json_latin1(struct text *out, const char *bytes, size_t len)
{
    text_add(out, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x80) {
            add_character(out, c);
        } else {
            text_format(out, "\\u%04x", (unsigned)c);
        }
    }
    text_add(out, "\"", 1);
}

/* The length of the character at *at in bytes; 0: invalid UTF-8 (RFC 3629 4). */
static size_t utf8_length(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, low, high; /* range of the first byte, range of the second */
        unsigned char len;
    } forms[] = {
        {0x01, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t n = 1;
        if (at[0] < forms[i].first || at[0] > forms[i].last) {
            continue;
        }
        if (forms[i].len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high)) {
            return 0;
        }
        for (n = 2; n < forms[i].len; n++) {
            if ((at[n] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return forms[i].len;
    }
    return 0;
}

static int is_utf8(const char *string)
{
    const unsigned char *at = (const unsigned char *)string;

    while (*at != '\0') {
        size_t len = utf8_length(at);
        if (len == 0) {
            return 0;
        }
        at += len;
    }
    return 1;
}

void json_text(struct text *out, const char *string)
{
    if (!is_utf8(string)) {
        json_latin1(out, string, strlen(string));
        return;
    }
    text_add(out, "\"", 1);
    for (; *string != '\0'; string++) {
        add_character(out, (unsigned char)*string);
    }
    text_add(out, "\"", 1);
}

void json_name(struct text *out, const char *name)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '{';

    text_format(out, "%s\"%s\":", last == '{' ? "" : ",", name);
}

void json_member(struct text *out, const char *name, const char *string)
{
    json_name(out, name);
    json_text(out, string);
}

void json_number(struct text *out, const char *name, int64_t number)
{
    json_name(out, name);
    text_format(out, "%" PRId64, number);
}

void json_flag(struct text *out, const char *name, int flag)
{
    json_name(out, name);
    text_puts(out, flag ? "true" : "false");
}
