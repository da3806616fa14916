/* SPDX-License-Identifier: MIT */
/*
 * Requests while they are started (request.c).
 *
 * All that a request needs is one block:
 *
 *     | fixed: the transfer with its result | request | timeouts | headers | strings | URL |
 *
 * `request` is the part of struct midge_request that is used after the start (its head, up to
 * `timeouts`), `timeouts` is there only if the request sets one. A borrowed request is not copied,
 * so only the fixed part is there; but if its URL had to be completed, `request` and URL are too.
 */
#ifndef MIDGE_CORE_REQUEST_H
#define MIDGE_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "codec/h1_write.h"
#include "midge/config.h"
#include "midge/request.h"
#include "midge/url.h"

struct midge_client;
struct midge__transfer;

/* How a method behaves. */
enum {
    MIDGE__METHOD_HEAD = 1,       /* its answers have no body */
    MIDGE__METHOD_IDEMPOTENT = 2, /* may be sent again (RFC 9110 9.2.2) */
    MIDGE__METHOD_LENGTH = 4      /* sends Content-Length: 0 if it has no body (RFC 9110 8.6) */
};

struct midge__draft {
    const struct midge_request *request;
    const char *text;     /* the complete URL; `url` points into it */
    struct midge_url url; /* not valid while `mend` */
    size_t copy_bytes;    /* of timeouts, headers and strings in the block */
    size_t url_cap;       /* bytes for the URL in the block; 0: the request's own is used */
    bool mend;            /* the URL must be completed or put into its normal form */
    bool copies;          /* the request's strings are copied */
    bool copies_timeouts;
    bool holds;     /* struct midge_request is in the block */
    uint8_t method; /* MIDGE__METHOD_x */
};

/* Bytes of a part of the block, so that the next part is aligned. */
#define MIDGE__PART(n) (((size_t)(n) + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t))
/* Bytes of struct midge_request that are used after the start. */
#define MIDGE__REQUEST_KEPT offsetof(struct midge_request, timeouts)

/* Checks the request. copies: it is not borrowed. INVALID, HEADER, URL, SCHEME; NO_MEMORY: too many
   headers to copy. */
int midge__draft_init(struct midge__draft *draft, const struct midge_request *request, bool copies);
/* Allocates the block and writes the URL; clears the fixed part. NO_MEMORY, URL, SCHEME. */
int midge__draft_block(struct midge_client *client, struct midge__draft *draft, size_t fixed,
                       void **block);
/* Writes the rest of the block and connects the transfer with it; `at` is the end of the fixed
   part. */
void midge__draft_fill(const struct midge__draft *draft, struct midge__transfer *t, char *at);

/* Keeps the path with its query, as offsets into the URL's text. */
void midge__request_target(struct midge__transfer *t, const struct midge_url *url,
                           const char *text);

/* The same as the fields, constants if these features are left out. */
static inline bool midge__draft_copies(const struct midge__draft *draft)
{
    return MIDGE_WITH_REQUEST_COPY && draft->copies;
}
static inline bool midge__draft_mends(const struct midge__draft *draft)
{
    return MIDGE_WITH_URL_MENDING && draft->mend;
}
static inline bool midge__draft_holds(const struct midge__draft *draft)
{
    return (MIDGE_WITH_REQUEST_COPY || MIDGE_WITH_URL_MENDING || MIDGE_WITH_PREPARED) &&
           draft->holds;
}

/* Where its body comes from; NULL: it has none, or bytes in memory. */
static inline struct midge_source *midge__request_source(const struct midge_request *request)
{
    return MIDGE_WITH_SOURCES ? request->source : NULL;
}

static inline unsigned midge__draft_url_flags(const struct midge_request *request)
{
    return request->allow_userinfo ? MIDGE_URL_ALLOW_USERINFO : 0;
}

/* --- request_copy.c --- */

#if MIDGE_WITH_REQUEST_COPY
/* Sets copy_bytes. NO_MEMORY. */
int midge__copy_measure(struct midge__draft *draft);
/* Copies timeouts, headers and strings to `at`, for `kept`. */
void midge__copy_fill(const struct midge__draft *draft, struct midge__transfer *t,
                      struct midge_request *kept, char *at);
#else
#define midge__copy_measure(draft)           ((void)(draft), MIDGE_OK)
#define midge__copy_fill(draft, t, kept, at) ((void)(kept))
#endif

/* --- request_url.c --- */

#if MIDGE_WITH_URL_MENDING
/* Bytes of the complete URL in its normal form, at most; len: of the request's. */
size_t midge__draft_url_bound(const struct midge_client *client, size_t len);
/* Writes the complete URL to the end of the block, `before` bytes after its begin, and shrinks the
   block, which may move. URL, SCHEME. */
int midge__draft_mend(struct midge_client *client, struct midge__draft *draft, char **block,
                      size_t before);
#else
#define midge__draft_url_bound(client, len)             ((void)(client), (len))
#define midge__draft_mend(client, draft, block, before) (MIDGE_ERR_URL)
#endif

/* --- method and framing --- */

const char *midge__request_method(const struct midge_request *request);
unsigned midge__method_flags(const char *method);
/* The framing of its body, and the bytes of the body, 0 unless FRAMING_LENGTH. */
enum midge__h1_framing midge__request_framing(const struct midge_request *request,
                                              unsigned method_flags);
uint64_t midge__request_length(const struct midge_request *request);

#endif
