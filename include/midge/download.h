/* SPDX-License-Identifier: MIT */
/*
 * Downloads that go on after a cut. With request.retry, a GET whose body was cut begins again from
 * its start; with this too, it asks for the rest only:
 *
 *     midge_download_init(&download, &file.sink);
 *     request.sink = &download.sink;
 *     request.hooks = &download.hook;
 *     request.retry = &retry;
 *
 * It needs a server that gives parts and a strong ETag or a good Last-Modified (range.h): the rest
 * is asked for by Range and If-Range, and is taken only if Content-Range says that it begins where
 * the bytes ended, and leads to the end of a file of the same length and version. If the file has
 * changed, or the server has other bytes, all begins again from the start. So the next sink never
 * gets a mix of two versions.
 *
 * An earlier run of the program can be continued too: set len and validator after init.
 */
#ifndef MIDGE_DOWNLOAD_H
#define MIDGE_DOWNLOAD_H

#include <midge/body.h>
#include <midge/config.h>
#include <midge/hooks.h>
#include <midge/range.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_DOWNLOAD

/* One for each request; it lives until the request has completed. The hook must be the request's
   own, not the client's; hook.next may be another. The request must be a GET without a Range of its
   own. max_body of the request holds for each part, and result.body_len counts the last one. */
struct midge_download {
    struct midge_sink sink;  /* for request.sink */
    struct midge_hook hook;  /* for request.hooks */
    struct midge_sink *next; /* its reset must not end the request; if that is NULL, the rest can
                                be asked for, but nothing can begin again: RANGE then */
    /* For reading; may be set before the start. */
    uint64_t len;                          /* bytes that `next` has [0] */
    char validator[MIDGE_VALIDATOR_BYTES]; /* of the version that they belong to; "" none */
    uint16_t parts;                        /* answers that went on where the bytes ended */

    /* private */
    uint64_t total, until; /* the end of the file, of this answer */
    uint32_t url;          /* a hash of the one that gave the bytes; 0: any */
    uint32_t slice;        /* slices.h */
    uint8_t asked, is_other, restarts;
};

/* next: gets the body; a sink that decodes (gunzip.h) must not stand before or behind. */
void midge_download_init(struct midge_download *download, struct midge_sink *next);

#endif

#ifdef __cplusplus
}
#endif
#endif
