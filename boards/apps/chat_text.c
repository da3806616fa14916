/* SPDX-License-Identifier: MIT */
/* Puts characters together whose bytes come one by one. The rules are in chat.h. */
#include "chat.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ESCAPE_FROM 0xef80u        /* the byte 0x80 */
#define ESCAPE_TO   0xefffu

void chat_text_init(struct chat_text *text, void (*emit)(void *ctx, const char *text, size_t len),
                    void *ctx)
{
    text->emit = emit;
    text->ctx = ctx;
    text->held_len = text->run_len = 0;
}

/* --- before the JSON filter --- */

static int write_escape(struct midge_sink *sink, uint8_t byte)
{
    const uint8_t escape[] = {0xee, (uint8_t)(0x80 | 0x3c | byte >> 6),
                              (uint8_t)(0x80 | (byte & 0x3f))};
    return sink->write(sink, escape, sizeof escape);
}

/* The number of bytes at the beginning that are whole characters. */
static size_t good_bytes(const uint8_t *data, size_t len)
{
    size_t good = 0;
    while (good < len) {
        uint32_t code;
        size_t n = app_utf8((const char *)data + good, len - good, &code);
        if (code == APP_NO_CHARACTER) {
            break;
        }
        good += n;
    }
    return good;
}

/* Writes the first characters at `at`, of which there is at least a byte, or the first byte, which
   is none. *n: so many bytes. */
static int write_next(struct chat_escape *escape, struct midge_sink *sink, const uint8_t *at,
                      size_t left, size_t *n)
{
    *n = good_bytes(at, left);
    if (*n > 0) {
        return sink->write(sink, at, *n);
    }
    int err = write_escape(sink, *at);
    escape->added += err == MIDGE_OK ? 2 : 0;
    *n = 1;
    return err;
}

static int write_held(struct chat_escape *escape, struct midge_sink *sink)
{
    size_t n;
    int err = write_next(escape, sink, escape->held, escape->held_len, &n);
    escape->held_len = (uint8_t)(escape->held_len - n);
    memmove(escape->held, escape->held + n, escape->held_len);
    return err;
}

static bool is_open(const uint8_t *at, size_t left)
{
    return app_utf8_is_open((const char *)at, left);
}

int chat_text_escape(struct chat_escape *escape, struct midge_sink *sink, const uint8_t *data,
                     size_t len)
{
    int err = MIDGE_OK;
    while (len > 0 && err == MIDGE_OK) {
        size_t n = 1;
        if (escape->held_len > 0 || is_open(data, len)) {
            escape->held[escape->held_len++] = *data;
            while (err == MIDGE_OK && escape->held_len > 0 &&
                   !is_open(escape->held, escape->held_len)) {
                err = write_held(escape, sink);
            }
        } else {
            err = write_next(escape, sink, data, len, &n);
        }
        data += n;
        len -= n;
    }
    return err;
}

int chat_text_escape_end(struct chat_escape *escape, struct midge_sink *sink)
{
    int err = MIDGE_OK;
    while (escape->held_len > 0 && err == MIDGE_OK) {
        err = write_held(escape, sink);
    }
    return err;
}

/* --- behind it --- */

void chat_text_flush(struct chat_text *text)
{
    if (text->run_len > 0) {
        text->emit(text->ctx, text->run, text->run_len);
        text->run_len = 0;
    }
}

static void add_character(struct chat_text *text, const char *at, size_t len)
{
    if (text->run_len + len > sizeof text->run) {
        chat_text_flush(text);
    }
    memcpy(text->run + text->run_len, at, len);
    text->run_len = (uint8_t)(text->run_len + len);
}

/* Takes the first character out of those that are held, or the first byte that is none. */
static void take_held(struct chat_text *text)
{
    uint32_t code;
    size_t len = app_utf8(text->held, text->held_len, &code);
    if (code == APP_NO_CHARACTER) {
        add_character(text, REPLACEMENT, sizeof REPLACEMENT - 1);
    } else {
        add_character(text, text->held, len);
    }
    text->held_len = (uint8_t)(text->held_len - len);
    memmove(text->held, text->held + len, text->held_len);
}

static void add_byte(struct chat_text *text, char byte)
{
    text->held[text->held_len++] = byte;
    while (text->held_len > 0 && !app_utf8_is_open(text->held, text->held_len)) {
        take_held(text);
    }
}

void chat_text_add(struct chat_text *text, const char *data, size_t len)
{
    while (len > 0) {
        uint32_t code;
        size_t n = app_utf8(data, len, &code);
        if (code >= ESCAPE_FROM && code <= ESCAPE_TO) {
            add_byte(text, (char)(uint8_t)code);
        } else {
            for (size_t i = 0; i < n; i++) {
                add_byte(text, data[i]);
            }
        }
        data += n;
        len -= n;
    }
}

void chat_text_end(struct chat_text *text)
{
    while (text->held_len > 0) {
        take_held(text);
    }
    chat_text_flush(text);
}

/* --- words --- */

void chat_text_word(char *word, size_t cap, const char *text, size_t len)
{
    size_t at = strlen(word);
    while (len > 0) {
        uint32_t code;
        const size_t n = app_utf8(text, len, &code);
        const bool is_byte =
            code >= ESCAPE_FROM && code <= ESCAPE_TO; /* escapes have 3 bytes, too */
        if (n >= cap - at) {
            break;
        }
        memcpy(word + at, is_byte ? REPLACEMENT : text, n);
        at += n;
        text += n;
        len -= n;
    }
    word[at] = '\0';
}
