/* SPDX-License-Identifier: MIT */
/*
 * Hooks: functions of the application around each hop of a request. A hop is one request and its
 * answer on a connection: the first one, each redirect that is followed, each repeat. Before the
 * head of a hop is written, a hook may set header fields of this hop. After the head of its answer
 * it decides: go on, send the request again, or fail.
 *
 *     struct bearer {
 *         struct midge_hook hook;
 *         char value[80];
 *     };
 *
 *     static int set_token(struct midge_hook *hook, struct midge_hop *hop)
 *     {
 *         struct bearer *b = (struct bearer *)hook;
 *         return strncmp(hop->url, "https://api.example.com/", 24) == 0
 *                    ? midge_hop_set(hop, "Authorization", b->value)
 *                    : MIDGE_OK;
 *     }
 *
 *     config.hooks = &bearer.hook;         for all requests of a client
 *     request.hooks = &log.hook;           for one request, after those of the client
 *
 * boards/examples/token.c renews a token after 401.
 */
#ifndef MIDGE_HOOKS_H
#define MIDGE_HOOKS_H

#include <midge/client.h>
#include <midge/config.h>
#include <midge/request.h>
#include <midge/response.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, which a build may change as those of config.h: bytes of names and values, with a NUL
   after each, that hooks may set for one hop; */
#ifndef MIDGE_HOOK_BYTES
#define MIDGE_HOOK_BYTES 8192
#endif
/* and how often they may repeat one hop, 1 to 255: then its answer is final. */
#ifndef MIDGE_HOOK_REPEATS
#define MIDGE_HOOK_REPEATS 5
#endif

#if MIDGE_WITH_HOOKS

struct midge_timings;

/* One hop; valid only during the callback that gets it, but the url of the last hop stays until the
   request's sink was finished. */
struct midge_hop {
    struct midge_client *client; /* the request's */
    midge_id id;                 /* the request */
    void *ctx;                   /* the request's */
    const char *method;          /* of this hop: a redirect may change it */
    const char *url;             /* of this hop, complete, without userinfo */
    uint8_t redirects;           /* that were followed before this hop */
    uint8_t retries;     /* replays and repeats before (request.retry); they count on over hops */
    uint8_t repeats;     /* of this hop by hooks, one after the other; 0: it is sent first */
    uint8_t can_repeat;  /* in on_head: 1: MIDGE_HOP_REPEAT sends it again. 0: the answer is final,
                            since a hook has repeated it MIDGE_HOOK_REPEATS times, its source cannot
                            rewind, or the client is being closed */
    uint32_t connection; /* the number of the hop's connection, as in results */
    /* Of the request so far, over all hops: in on_send the phases before `send` include those of
       this hop; total_us is 0. NULL without MIDGE_WITH_TIMINGS. */
    const struct midge_timings *timings;
    void *impl;
};

/* An answer of on_head. */
#define MIDGE_HOP_REPEAT 1

/* A hook. Embed it in a struct of your own, clear it, and set the functions that it has. It must
   stay unchanged until the last request that uses it has completed; those of the client, until the
   client was closed. The hooks of a chain are called in its order. A callback may start, cancel,
   resume and close; if it ends this request, no further hook is called for it.

   A redirect may lead to another origin. midge drops the fields of the request that must not go
   there, but not those of a hook: a hook that sets credentials must look at hop->url first. */
struct midge_hook {
    struct midge_hook *next; /* NULL: the last one */
    /* The hop's head is about to be written, on a connection that is open. A negative return ends
       the request with that error; but after NO_MEMORY the request waits until there is more
       memory, if there will be, and this is called again. NULL: none. */
    int (*on_send)(struct midge_hook *hook, struct midge_hop *hop);
    /* The final (not 1xx) head of the hop's answer came: before a redirect or retry is decided, and
       before on_response. MIDGE_OK: go on. MIDGE_HOP_REPEAT: the request is sent again, and the
       sink and on_response do not get this answer; if hop->can_repeat is 0, the same as MIDGE_OK.
       The other hooks see this head too. A repeat waits for the end of this answer, and then goes
       before other requests. Negative: the request fails with that error. NULL: none. */
    int (*on_head)(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response);
    /* Names of response headers that on_head reads, as request.keep_headers; NULL: none beside
       those that are always kept. */
    const char *keep_headers;
};

/* In on_send: sets a header field of this hop, in place of all fields of that name that the
   request, the client, midge, or a hook before would send. value NULL: no field of that name is
   sent. Both strings are copied to the client's memory until the answer has ended, and are wiped
   then; beside them each takes some 20 bytes, and the first one 8 bytes for each header of the
   request.

   HEADER: as in struct midge_request. TOO_LARGE: more than MIDGE_HOOK_BYTES for one hop.
   NO_MEMORY: return it from on_send. STALE: the request has ended. INVALID: not in on_send. */
int midge_hop_set(struct midge_hop *hop, const char *name, const char *value);

/* The value of the first field of that name that hooks have set for this hop, that the request has
   in `headers`, or the client. In on_head too: it has been sent. NULL: none, or it is not sent, as
   credentials after a redirect to another origin. `bearer`, content_type and midge's own fields
   are not looked at. Valid until a field of that name is set, at most during the callback. */
const char *midge_hop_get(const struct midge_hop *hop, const char *name);

/* `return midge_hop_repeat_after(hop, id);` in on_head: MIDGE_HOP_REPEAT, but the request is sent
   again only when the awaitable id has completed, well or not, and its callbacks were called; at
   once if that is so already. Any number of requests may wait for one id: for the request that
   fetches a new token. Meanwhile the request has no connection; total_ms and attempt_ms count on,
   the limit of the queue does not. INVALID: id is the request's own. */
int midge_hop_repeat_after(struct midge_hop *hop, midge_id id);

#else
struct midge_hook;
#endif

#ifdef __cplusplus
}
#endif
#endif
