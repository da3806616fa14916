/* SPDX-License-Identifier: MIT */
/*
 * The header block of a request (RFC 9113 8.3.1), made of the text of its HTTP/1.1 head: so both
 * protocols send the same fields, by the same rules (h1_write.c), also those of prepared requests.
 *
 * The request line becomes :method, :scheme and :path, Host becomes :authority. Fields that belong
 * to an HTTP/1 connection are left out (8.2.2): Connection, Proxy-Connection, Keep-Alive,
 * Transfer-Encoding, Upgrade, and TE unless it is "trailers". Authorization, Cookie and
 * Proxy-Authorization are marked as never indexed.
 */
#ifndef MIDGE__H2_REQUEST_H
#define MIDGE__H2_REQUEST_H

#include <stdbool.h>

#include "codec/hpack.h"

/* Composes the block at `to`, and returns its length. `text` is a whole head as midge__h1_write
   writes it: the request line in origin form, Host first, then fields, each line with CRLF, and
   maybe the empty line. secure: the scheme is https.

   The block takes as many bytes as the text and MIDGE__H2_REQUEST_GAP(text.len) more, at most. The
   text may lie in the same buffer, so many bytes behind `to`: the block never overtakes it. */
size_t midge__h2_put_request(uint8_t *to, struct midge_span text, bool secure);

#define MIDGE__H2_REQUEST_GAP(len) ((len) / 128 + 16)

#endif
