/* SPDX-License-Identifier: MIT */
/*
 * Compressed bodies: a sink that decodes gzip (RFC 1952) and deflate (RFC 1950 and 1951) and passes
 * the bytes on to another sink.
 *
 *     static const struct midge_header accept[] = {{"Accept-Encoding", MIDGE_GUNZIP_ACCEPT}};
 *     midge_buffer_init(&body, storage, sizeof storage);
 *     midge_gunzip_init(&gunzip, client, &body.sink);
 *     request.sink = &gunzip.sink;
 *     request.headers = accept, request.n_headers = 1;
 *
 * The answer's Content-Encoding says what is decoded. An answer without one goes through as it is,
 * and so does one with a coding that is not known here, or with two codings: result.encoding is
 * OTHER or SEVERAL then.
 */
#ifndef MIDGE_GUNZIP_H
#define MIDGE_GUNZIP_H

#include <midge/body.h>
#include <midge/config.h>

/* The window of midge_gunzip (gunzip.h), as a power of two: 9 (512 bytes) to 15 (32 KB). With less
   than 15 a server's gzip may need more than there is: such a body fails with MIDGE_ERR_WINDOW. */
#ifndef MIDGE_GUNZIP_WINDOW
#define MIDGE_GUNZIP_WINDOW 15
#endif
/* Bytes that it decodes at a time, on the stack of midge_poll's caller. With less than 258 zlib's
   fast loop is left out: 0.9 KB of flash. */
#ifndef MIDGE_GUNZIP_PIECE
#define MIDGE_GUNZIP_PIECE MIDGE__PICK(1024, 256, 256)
#endif
#if MIDGE_GUNZIP_WINDOW < 9 || MIDGE_GUNZIP_WINDOW > 15
#error "MIDGE_GUNZIP_WINDOW must be 9 to 15: RFC 1951 knows no larger window"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The value of Accept-Encoding. NULL, so that no such header is sent, if MIDGE_GUNZIP_WINDOW is
   below 15: servers use windows of 32 KB (RFC 1952 has no field for a smaller one). If you know
   that yours uses less, or that its answers are not longer than the window, write "gzip" instead.
 */
#if MIDGE_GUNZIP_WINDOW >= 15
#define MIDGE_GUNZIP_ACCEPT "gzip, deflate"
#else
#define MIDGE_GUNZIP_ACCEPT NULL
#endif

#define MIDGE__INFLATE_STATE 7168U /* zlib's, at most */

/* Bytes of the client's memory that one sink takes while a compressed body arrives: zlib's state,
   the window, a receive buffer. It waits until there is as much. midge_memory_needed does not know
   of it: add this for each such request at a time. The bytes behind a long head may take as many
   more while the next sink pauses. */
#define MIDGE_GUNZIP_MEMORY                                                                        \
    (((size_t)1 << MIDGE_GUNZIP_WINDOW) + MIDGE_RECV_BUFFER + MIDGE__INFLATE_STATE + 128)

/* It must be a request's own sink, with no other one in front. Lives until completion.

   The request fails, and the next sink's finish gets the error:

   - ENCODING: malformed data, a wrong checksum or length, a preset dictionary, or bytes behind the
     end. In gzip a further member is no fault: all are one body (RFC 1952 2.2).
   - WINDOW: a reference further back than MIDGE_GUNZIP_WINDOW, or than a zlib header states.
   - PARTIAL: the body has ended before the data. result.complete is NO then.
   - TOO_LARGE: max_len or max_ratio.
   - NO_MEMORY: the client's block has no room, and no other connection will free any.

   Bytes decoded before the fault were passed on. An empty body is an empty body in each coding.

   At most 8 * MIDGE_RECV_BUFFER decoded bytes are passed on in one step of the client; the rest
   follows in the next ones. When the next sink pauses, decoding stops. result.body_len and
   request.max_body count the bytes that were received, `len` and `max_len` those decoded. */
struct midge_gunzip {
    struct midge_sink sink;      /* for request.sink */
    struct midge_sink *next;     /* gets the decoded bytes */
    struct midge_client *client; /* whose memory it takes */

    /* May be set after init. */
    uint64_t max_len;   /* decoded bytes, also of a body that is not compressed; 0: no limit */
    uint32_t max_ratio; /* decoded bytes for each one received, from 64 KB decoded on; 0: no limit.
                           deflate reaches 1032 */
    uint8_t required;   /* 1: a coding that is not decoded here is an error (ENCODING) */

    /* Read them after the completion. */
    uint64_t len;    /* bytes given to `next` */
    uint64_t read;   /* compressed bytes that were decoded */
    const char *why; /* static text: the fault of an error above; "" none */

    /* Private. */
    void *block;
    uint8_t *rest;
    size_t rest_len, rest_at;
    uint32_t check, size;
    uint16_t left;
    uint8_t step, at, flags, kind, bits, is_first, full, over;
};
#if MIDGE_WITH_GUNZIP
/* next lives as long as the sink. */
void midge_gunzip_init(struct midge_gunzip *gunzip, struct midge_client *client,
                       struct midge_sink *next);
#endif

#ifdef __cplusplus
}
#endif
#endif
