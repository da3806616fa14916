/* SPDX-License-Identifier: MIT */
/*
 * Answers to requests with a Range header (RFC 9110 14).
 *
 *     header {"Range", "bytes=1000-"}
 *     status                       meaning
 *     206 Partial Content          the body is the part that Content-Range names
 *     200 OK                       the body is the whole: ranges are not supported, or the file is
 *                                  another one than If-Range names
 *     416 Range Not Satisfiable    there are no such bytes; Content-Range may have the length
 *
 * A server may send another part than the one asked for: compare before the bytes are used.
 */
#ifndef MIDGE_RANGE_H
#define MIDGE_RANGE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/config.h>
#include <midge/response.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MIDGE_RANGE_UNKNOWN UINT64_MAX /* of struct midge_content_range */

/* A Content-Range in bytes. */
struct midge_content_range {
    uint64_t first, last; /* offsets in the whole, both included; both UNKNOWN in a 416 */
    uint64_t total;       /* bytes of the whole; UNKNOWN */
};

/* Reads the Content-Range of an answer (RFC 9110 14.4). MIDGE_OK: the range is well-formed, and the
   length of the body is that of the range, if the body announces one. EOF: the answer has none.
   PROTOCOL: malformed, of another unit than bytes, or given twice; range is not set then. */
int midge_response_range(const struct midge_response *response, struct midge_content_range *range);

/* Longest text of midge_validator with its NUL; a longer ETag is not used. */
#define MIDGE_VALIDATOR_BYTES 72

/* Writes the text that names this version of the file in If-Range (RFC 9110 13.1.5): its ETag if
   that is strong; if it has none at all, its Last-Modified, if that is a minute or more before Date
   (RFC 9110 8.8.2.2; needs MIDGE_WITH_RETRY_DATES). Returns the length, 0 and "" if there is
   neither. A long head keeps these only if keep_headers has MIDGE_VALIDATOR_HEADERS. */
size_t midge_validator(const struct midge_response *response, char text[MIDGE_VALIDATOR_BYTES]);
/* For request.keep_headers: the fields that midge_validator reads. */
#define MIDGE_VALIDATOR_HEADERS "ETag, Last-Modified, Date"

#ifdef __cplusplus
}
#endif
#endif
