/* SPDX-License-Identifier: MIT */
/*
 * How often requests are sent, so that a server is not asked more often than it allows.
 *
 *     static const struct midge_origin_rate rates[] = {
 *         {"api.example.com", {.requests = 10, .interval_ms = 1000}},
 *         {NULL, {.requests = 100, .interval_ms = 60000, .burst = 20}}, each other origin
 *     };
 *     struct midge_config config = {.port = port, .origin_rates = rates, .n_origin_rates = 2};
 *
 * A request that would exceed a rate waits in the queue (its phase is MIDGE_PHASE_QUEUE, and
 * queue_ms, total_ms and midge_cancel end it there). Each hop after a redirect and each repeat is a
 * request too. A request counts when it leaves the queue: if it then needs a new connection, it is
 * sent when that is open. While requests of several origins wait, the origins take turns.
 *
 * A server says its own limit with Retry-After in a 429 or 503 (RFC 6585 4, RFC 9110 10.2.3). Then
 * all requests to its origin wait for so long, and for up to a second more by chance, if the
 * request that got the answer has repeats (struct midge_retry), or the client has rates. A wait
 * that is longer than its most_ms, or without repeats than a minute, is not kept: requests are sent
 * as before.
 *
 * midge remembers what an origin owes while it has requests and connections; then, as it remembers
 * sessions, of the MIDGE_MAX_SESSIONS origins that were used last, and of fewer if memory is short.
 */
#ifndef MIDGE_RATE_H
#define MIDGE_RATE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each limit counts for itself; 0: there is none. */
struct midge_rate {
    uint32_t requests;    /* in interval_ms, evenly: 10 in 1000 ms is one each 100 ms */
    uint32_t bytes;       /* in interval_ms, on average: of heads and bodies, sent and received,
                             without TLS. They count when they have moved, so a request in progress
                             is not slowed down: the next one begins when all before it are paid
                             for. Set at_once if several requests must not begin before that */
    uint32_t interval_ms; /* up to 2^31 - 1 [1000] */
    uint16_t burst;       /* requests that may begin at once after a time without any: in
                             interval_ms there are `requests` + burst - 1 at most [1] */
    uint16_t at_once;     /* requests in progress at once */
};

/* The rate of each origin (scheme, host, port) of a host. */
struct midge_origin_rate {
    const char *host;       /* of the URL, in lower case, without port; NULL: each host */
    struct midge_rate rate; /* of each of its origins */
};

#ifdef __cplusplus
}
#endif
#endif
