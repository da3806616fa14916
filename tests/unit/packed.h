/* SPDX-License-Identifier: MIT */
/*
 * Compressed data for tests, written by hand: each block, each reference and each header field is
 * what the test asks for, right or wrong.
 *
 *     struct packed p = {.len = 0};
 *     packed_gzip(&p, 0);
 *     packed_fixed(&p, true);            a last block with the fixed codes
 *     packed_text(&p, "abcabc");
 *     packed_match(&p, 3, 6);
 *     packed_end(&p);
 *     packed_gzip_end(&p);
 */
#ifndef PACKED_H
#define PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PACKED_MOST 70000U

struct packed {
    uint8_t data[PACKED_MOST]; /* the compressed bytes */
    size_t len;
    uint32_t hold; /* bits that are not a whole byte yet */
    unsigned bits;
    uint8_t text[2 * PACKED_MOST]; /* the same, decoded */
    size_t text_len;
};

static inline void packed_byte(struct packed *p, unsigned c)
{
    if (p->len == sizeof p->data) {
        abort();
    }
    p->data[p->len++] = (uint8_t)c;
}

static inline void packed_bytes(struct packed *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        packed_byte(p, (uint8_t)bytes[i]);
    }
}

static inline void packed_bits(struct packed *p, uint32_t value, unsigned n)
{
    p->hold |= value << p->bits;
    for (p->bits += n; p->bits >= 8; p->bits -= 8) {
        packed_byte(p, p->hold & 0xff);
        p->hold >>= 8;
    }
}

static inline void packed_align(struct packed *p)
{
    packed_bits(p, 0, (8 - p->bits % 8) % 8);
}

static inline void packed_decoded(struct packed *p, uint8_t c)
{
    if (p->text_len == sizeof p->text) {
        abort();
    }
    p->text[p->text_len++] = c;
}

/* --- deflate (RFC 1951) --- */

static inline void packed_stored(struct packed *p, bool last, const char *text, uint16_t len)
{
    packed_bits(p, last, 3);
    packed_align(p);
    packed_bits(p, len, 16);
    packed_bits(p, (uint16_t)~len, 16);
    for (uint16_t i = 0; i < len; i++) {
        packed_byte(p, (uint8_t)text[i]);
        packed_decoded(p, (uint8_t)text[i]);
    }
}

/* A code is sent from its highest bit. */
static inline void packed_code(struct packed *p, unsigned code, unsigned n)
{
    while (n-- > 0) {
        packed_bits(p, code >> n & 1, 1);
    }
}

static inline void packed_symbol(struct packed *p, unsigned symbol)
{
    if (symbol < 144) {
        packed_code(p, 0x30 + symbol, 8);
    } else if (symbol < 256) {
        packed_code(p, 0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
        packed_code(p, symbol - 256, 7);
    } else {
        packed_code(p, 0xc0 + symbol - 280, 8);
    }
}

static inline void packed_fixed(struct packed *p, bool last)
{
    packed_bits(p, last | 1 << 1, 3);
}

static inline void packed_end(struct packed *p)
{
    packed_symbol(p, 256);
}

static inline void packed_text(struct packed *p, const char *text)
{
    for (; *text != '\0'; text++) {
        packed_symbol(p, (uint8_t)*text);
        packed_decoded(p, (uint8_t)*text);
    }
}

/* len 3 to 10, or 258. A distance beyond the text is a fault, and decodes to nothing. */
static inline void packed_match(struct packed *p, unsigned distance, unsigned len)
{
    unsigned extra = 0, base = distance, code = distance - 1;
    if (distance > 4) { /* two codes for each number of extra bits, the first one from 5 on */
        for (extra = 1, base = 5; distance >= base + (2U << extra); extra++) {
            base += 2U << extra;
        }
        const unsigned second = distance >= base + (1U << extra);
        code = 2 + 2 * extra + second;
        base += second << extra;
    }
    packed_symbol(p, len == 258 ? 285 : 254 + len);
    packed_code(p, code, 5);
    packed_bits(p, distance - base, extra);
    if (distance <= p->text_len) {
        for (unsigned i = 0; i < len; i++) {
            packed_decoded(p, p->text[p->text_len - distance]);
        }
    }
}

/* --- checksums, a bit at a time --- */

static inline uint32_t packed_crc(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len * 8; i++) {
        const uint32_t bit = (crc ^ (uint32_t)data[i / 8] >> i % 8) & 1;
        crc = crc >> 1 ^ (bit != 0 ? 0xedb88320U : 0);
    }
    return ~crc;
}

static inline uint32_t packed_adler(const uint8_t *data, size_t len)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < len; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* --- gzip (RFC 1952) and zlib (RFC 1950) --- */

/* A member's header with the parts of its flags: an extra field, a name, a comment, its checksum.
 */
static inline void packed_gzip(struct packed *p, unsigned flags)
{
    const size_t from = p->len;
    packed_bytes(p, "\x1f\x8b\x08", 3);
    packed_byte(p, flags);
    packed_bytes(p, "\x01\x02\x03\x04\x00\x03", 6);
    if ((flags & 4) != 0) {
        packed_bytes(p, "\x05\x00hello", 7);
    }
    if ((flags & 8) != 0) {
        packed_bytes(p, "name.txt", 9);
    }
    if ((flags & 16) != 0) {
        packed_bytes(p, "", 1);
    }
    if ((flags & 2) != 0) {
        packed_bits(p, packed_crc(p->data + from, p->len - from) & 0xffff, 16);
    }
    p->text_len = 0;
}

static inline void packed_gzip_end(struct packed *p)
{
    packed_align(p);
    const uint32_t crc = packed_crc(p->text, p->text_len);
    packed_bits(p, crc & 0xffff, 16);
    packed_bits(p, crc >> 16, 16);
    packed_bits(p, p->text_len & 0xffff, 16);
    packed_bits(p, (uint32_t)(p->text_len >> 16), 16);
}

/* bits: of the window that the header states, 8 to 15. */
static inline void packed_zlib(struct packed *p, unsigned bits)
{
    const unsigned first = (bits - 8) << 4 | 8;
    packed_byte(p, first);
    packed_byte(p, 31 - first * 256 % 31);
    p->text_len = 0;
}

static inline void packed_zlib_end(struct packed *p)
{
    packed_align(p);
    const uint32_t adler = packed_adler(p->text, p->text_len);
    for (unsigned i = 4; i-- > 0;) {
        packed_byte(p, adler >> 8 * i & 0xff);
    }
}

#endif
