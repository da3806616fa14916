/* SPDX-License-Identifier: MIT */
/*
 * Conditional requests (RFC 9110 13.1): a body only if it has changed. The application keeps the
 * validators (ETag, Last-Modified) of each body that it keeps, in flash or in a table:
 *
 *     midge_file_sink_init(&file, port, "config.json");
 *     midge_conditional_init(&conditional, &file.sink);
 *     conditional.load = load, conditional.store = store;
 *     request.sink = &conditional.sink;
 *     request.hooks = &conditional.hook;
 *
 *     the answer to a GET          effect
 *     304 Not Modified             not_modified is 1; `next` keeps the old body: its finish gets
 *                                  CANCELED, but the request succeeds
 *     200, the whole body          `store` is called with its validators; without any, with empty
 *                                  ones
 *     any other, with its body     `store` is called with empty ones: `next` has another body now
 *     an error, a body that was    none: the old body and its validators still belong together, if
 *     cut                          `next` replaces its body only at a good end, as the file sink
 *
 * The validators of each hop's own URL are sent (redirects). A request that has If-None-Match,
 * If-Modified-Since or Range of its own, and other methods than GET, are sent as they are.
 * boards/examples/page.c keeps one body in RAM. To keep the old body through 404 and 503, fail them
 * in on_response, as it does.
 */
#ifndef MIDGE_CONDITIONAL_H
#define MIDGE_CONDITIONAL_H

#include <midge/body.h>
#include <midge/config.h>
#include <midge/hooks.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, which a build may change as those of config.h: bytes of an ETag, with its quotation marks
   and a NUL. A longer one counts as none. */
#ifndef MIDGE_ETAG_BYTES
#define MIDGE_ETAG_BYTES 96
#endif
#define MIDGE_MODIFIED_BYTES 40 /* of a Last-Modified, with a NUL; as MIDGE_ETAG_BYTES */

/* The validators of one body, each as it came, and "" if there was none, or a malformed one. They
   can be kept as bytes. A weak ETag (W/"1") is as good as a strong one here: GET compares weakly
   (RFC 9110 13.1.2). */
struct midge_validators {
    char etag[MIDGE_ETAG_BYTES];         /* with its quotation marks */
    char modified[MIDGE_MODIFIED_BYTES]; /* Last-Modified */
};

#if MIDGE_WITH_CONDITIONAL

/* One for each request; it lives until the request has completed. The hook must be the request's
   own, not the client's; hook.next may be another. The sink is the request's, or `next` of one that
   decodes (gunzip.h) or goes on after a cut (download.h); these must not stand behind it. */
struct midge_conditional {
    struct midge_sink sink;  /* for request.sink */
    struct midge_hook hook;  /* for request.hooks */
    struct midge_sink *next; /* gets the body */

    /* Set both after init; both get ctx. */

    /* Fills the validators of the body that the application has of this URL; they are empty
       before. It must leave them empty if it has lost that body. A negative return fails the
       request with it. What is malformed is not sent. */
    int (*load)(void *ctx, const char *url, struct midge_validators *validators);
    /* `next` has got another body of this URL, and its finish has succeeded: keep these in place of
       the old ones; if both are empty, forget those. url is that of the last hop, without userinfo.
       A negative return is the request's error. Not called after 304. */
    int (*store)(void *ctx, const char *url, const struct midge_validators *validators);
    void *ctx;

    uint8_t not_modified; /* for reading: 1: the answer was 304, the application's body is good */

    /* private */
    uint8_t asked;
    const char *url;
    struct midge_validators got;
};

/* next: gets the body, and lives as long; NULL drops it. */
void midge_conditional_init(struct midge_conditional *conditional, struct midge_sink *next);

#else
struct midge_conditional;
#endif

#ifdef __cplusplus
}
#endif
#endif
