/* SPDX-License-Identifier: MIT */
/*
 * Prepared requests: for a request that is sent again and again, as telemetry is. Its checks, copy,
 * URL, origin and the bytes of its head are made once; a start of it parses nothing and takes no
 * memory.
 *
 *     midge_prepare(client, &request, &report);
 *     ...
 *     midge_start_prepared(client, report, text, text_len, &id);
 *     ...
 *     midge_prepared_free(client, report);
 */
#ifndef MIDGE_PREPARED_H
#define MIDGE_PREPARED_H

#include <midge/client.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_PREPARED

struct midge_prepared;

/* Copies the request (`borrow` is ignored) and all that does not change between its starts. Its
   body, source, sink and ctx are not copied: they must be valid whenever it is started. Takes two
   or three pieces of the client's memory; NO_MEMORY: there is too little, also when other requests
   live. Otherwise the errors of midge_start; HEADER also for a header Content-Length, in the
   request or in the client's headers, since the body's length may change.

   The client's headers must not change afterwards, as always. A name of a network interface in the
   URL is looked up at each start. */
int midge_prepare(struct midge_client *client, const struct midge_request *request,
                  struct midge_prepared **prepared);

/* As midge_start of that request. body: the bytes to send this time (not copied: they live until
   completion); NULL: as prepared. Only a request that was prepared with a body (its length may be
   0, its pointer not NULL) takes one: INVALID otherwise. A source starts where it is: rewind it
   before. ctx, on_done and all other fields stay as prepared.

   BUSY: it was started before and has not ended, or its result waits for something that watches it.
   A start takes the result of the one before, if midge_take has not; it may be made in on_done.
   Prepare a request several times to have several of them under way. NO_SLOT, CLOSED, ZONE; never
   NO_MEMORY. id may be NULL when on_done is set. */
int midge_start_prepared(struct midge_client *client, struct midge_prepared *prepared,
                         const void *body, size_t body_len, midge_id *id);

/* Frees it; if it was started, when that has completed and its result was taken. NULL is ignored.
   midge_close frees all that are left. */
void midge_prepared_free(struct midge_client *client, struct midge_prepared *prepared);

#endif

#ifdef __cplusplus
}
#endif
#endif
