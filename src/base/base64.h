/* SPDX-License-Identifier: MIT */
/*
 * Incremental base64 decoder, strict: the alphabet of RFC 4648 4 with its padding and nothing else.
 * White space, the URL-safe alphabet (RFC 4648 5), missing or surplus padding and bits that are set
 * beyond the last byte (RFC 4648 3.5) are errors. Any split of the input gives the same bytes, and
 * the same error at the same character. With `spaces` white space is skipped.
 *
 *     struct midge__base64 b = {0};
 *     do {
 *         err = midge__base64_decode(&b, &in, out, sizeof out, &n);
 *         ... out[0..n) ...
 *     } while (err == MIDGE_OK && in.len > 0);
 *     err = midge__base64_end(&b);
 */
#ifndef MIDGE_BASE_BASE64_H
#define MIDGE_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "midge/body.h"
#include "midge/span.h"

/* Decodes until *in is used up or cap bytes (at least 1) are written. *in becomes the unread input,
 * *n the number of bytes written. MIDGE_OK, or MIDGE_ERR_PROTOCOL with in->ptr at the wrong
 * character. */
int midge__base64_decode(struct midge__base64 *b, struct midge_span *in, uint8_t *out, size_t cap,
                         size_t *n);

/* Call after the last input. MIDGE_OK, or MIDGE_ERR_PROTOCOL: the last group of four is not
   complete. */
int midge__base64_end(const struct midge__base64 *b);

/* The other way, at once: writes MIDGE__BASE64_LEN(in.len) characters, without a NUL, and returns
   their number. */
#define MIDGE__BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)
size_t midge__base64_encode(char *out, struct midge_span in);

#endif
