/* SPDX-License-Identifier: MIT */
/*
 * A file in many small answers, for clients with small receive buffers: one GET after another on
 * the same connection, each for the next bytes (RFC 9110 14.2). Most servers put an answer that is
 * shorter than a TLS record into one, so records stay as small as the slices:
 *
 *     struct midge_slices slices = {.request = &get, .slice = 2048};      get.sink gets the file
 *     err = midge_slices_start(client, &slices, &id);
 *
 * It is an awaitable. Each slice must be the one that was asked for, of the version of the first
 * one: its strong ETag or good Last-Modified is the same (range.h). If the file has changed, it
 * begins again, a few times at most; so does a slice that was cut, at the byte where it was cut, if
 * the request has rules for retry.
 *
 *     an answer                       effect
 *     206, the slice                  the next one, until the file is complete
 *     206, of another version         sink->reset, and from the start; RANGE if that is impossible
 *     206 without a validator         RANGE, unless this slice is the whole file
 *     200                             the server does not give parts: this is the file
 *     any other                       as for a single request: its body is the sink's
 */
#ifndef MIDGE_SLICES_H
#define MIDGE_SLICES_H

#include <midge/client.h>
#include <midge/config.h>
#include <midge/download.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_SLICES

/* Clear it and set the first part. It must stay at its address until its awaitable has completed.
 */
struct midge_slices {
    /* A GET with a sink. It and its strings are not copied: they must live, unchanged, until the
       end. Must not be set: body, source, callbacks, a Range header. Limits and max_body hold for
       each slice. The sink must not decode (gunzip.h). */
    const struct midge_request *request;
    uint32_t slice; /* bytes of one answer's body, at least 1 */

    /* For reading: */
    uint32_t requests;              /* started so far, repeats not counted */
    midge_id current;               /* its request, for midge_resume after PAUSE */
    struct midge_download download; /* .len: bytes so far; .total: of the file, after a slice */

    /* private */
    struct midge_client *client;
    midge_id id;
    struct midge_request get;
    struct midge_sink part;
    uint8_t complete;
};

/* Begins with the first slice. *id ends as a request does; the result is that of the last slice,
   but body_len counts all bytes; if there is no memory for it, NO_MEMORY, even if the sink has
   finished well. The slices take two awaitables, and some 100 bytes of the client's
   block beside one request. INVALID: a request that is not allowed, no sink, slice 0. The errors of
   midge_start. On an error nothing was started, and the sink is not finished. */
int midge_slices_start(struct midge_client *client, struct midge_slices *slices, midge_id *id);

#endif

#ifdef __cplusplus
}
#endif
#endif
