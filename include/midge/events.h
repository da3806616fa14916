/* SPDX-License-Identifier: MIT */
/*
 * Events: a small record for each step of requests and connections, for logs and measurements.
 *
 *     static void on_event(void *ctx, const struct midge_event *event,
 *                          const struct midge_event_about *about)
 *     {
 *         if (event->kind == MIDGE_EVENT_ENDED) {
 *             printf("request %x ended\n", (unsigned)event->request);
 *         }
 *     }
 *
 *     config.on_event = on_event;
 *
 * event_log.h keeps events in a ring of memory, and `midge log FILE` prints it.
 *
 * Of one request, in this order; what does not happen is left out:
 *
 *     START
 *     QUEUE? DNS CONNECT QUEUE? TLS SEND WAIT BODY HEAD
 *                             one attempt; on a kept connection only SEND and the ones after it;
 *                             SEND again for a body that waited (expect_ms)
 *     REDIRECT, REPEAT, QUEUE before another attempt
 *     ENDED                   exactly once
 *
 * Of one connection: OPENED first and CLOSED last, each exactly once. CLOSED also ends a lookup, a
 * try of an address and a handshake that are under way. After each TRYING comes FAILED, CONNECTED
 * or CLOSED of the same connection; under MIDGE_WITH_HAPPY_EYEBALLS several addresses are tried at
 * once, and CONNECTED of one ends the tries of the others.
 */
#ifndef MIDGE_EVENTS_H
#define MIDGE_EVENTS_H

#include <stdint.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_addr;

/* Values are part of the log's format: append only. In brackets: detail, then value; those that are
   not named are 0. */
enum midge_event_kind {
    /* A phase of a request begins, and the one before ends. The numbers are those of enum
       midge_phase. */
    MIDGE_EVENT_QUEUE,   /* it waits for a connection, memory or another request's ticket; not told
                            directly after START */
    MIDGE_EVENT_DNS,     /* its connection looks up the name */
    MIDGE_EVENT_CONNECT, /* TCP, and a proxy's tunnel */
    MIDGE_EVENT_TLS,     /* the handshake */
    MIDGE_EVENT_SEND,    /* the request is written [1: on a kept connection] */
    MIDGE_EVENT_WAIT,    /* the request is written completely [as SEND; its stream of HTTP/2,
                            0: HTTP/1.x] */
    MIDGE_EVENT_BODY,    /* the first byte of the answer has come [the same] */
    MIDGE_EVENT_ENDED,   /* [the error as a positive number, at most 255, 0: none; the bytes of the
                            body, at most 2^32 - 1, or after an error result.native] */

    /* Others of a request. */
    MIDGE_EVENT_START,    /* midge_start. about: the request */
    MIDGE_EVENT_HEAD,     /* the head of an answer, not 1xx [-; status] */
    MIDGE_EVENT_REDIRECT, /* it goes on to another URL, and waits in the queue [redirects so far].
                             about: the next request */
    MIDGE_EVENT_REPEAT,   /* it is sent again [retries so far; the wait before that, ms] */

    /* Of a connection; `request` is the one that it is opened for, 0 afterwards. */
    MIDGE_EVENT_OPENED,      /* begins to open: lookup or connect */
    MIDGE_EVENT_RESOLVED,    /* the lookup ended [-; number of addresses, 0: it failed] */
    MIDGE_EVENT_TRYING,      /* a connect begins [4 or 6: IPv4, IPv6; port]. about: the address */
    MIDGE_EVENT_CONNECTED,   /* that address has answered */
    MIDGE_EVENT_CERTIFICATE, /* the server's certificate has come; as MIDGE_PEER_CERTIFICATE */
    MIDGE_EVENT_SECURE,  /* the handshake is complete [12, 13: TLS 1.2, 1.3; 1: resumed, 0: full] */
    MIDGE_EVENT_FAILED,  /* that address was refused or too slow [-; the port's native code] */
    MIDGE_EVENT_SESSION, /* a session (ticket) of its server is kept */
    MIDGE_EVENT_IDLE,    /* it has no request, and is kept */
    MIDGE_EVENT_MEMORY,  /* it waits for memory [-; bytes, 0: a permit and memory to shake hands] */
    MIDGE_EVENT_MEMORY_END, /* it does not wait any more */
    MIDGE_EVENT_CLOSING,    /* close_notify is sent */
    MIDGE_EVENT_CLOSED,     /* its socket is closed */
    MIDGE_EVENTS            /* count */
};

/* 16 bytes, without padding. */
struct midge_event {
    uint8_t kind;        /* enum midge_event_kind */
    uint8_t detail;      /* in brackets above */
    uint16_t connection; /* the lowest 16 bits of its number (struct midge_result), 0: none */
    uint32_t time_ms;    /* the port's clock_ms now, which wraps; never goes back */
    uint32_t request;    /* its midge_id, 0: none */
    uint32_t value;      /* in brackets above */
};

/* The texts of an event; valid only during the callback. Pointers that an event does not have are
   NULL. */
struct midge_event_about {
    const char *method, *url;         /* START, REDIRECT: url is complete, as it was given, so
                                         it may have user, password, query and fragment */
    const struct midge_addr *address; /* TRYING (port.h) */
};

/* config.on_event. Called from within midge's functions: it must not call the client, not even to
   cancel or close; it may look at the event and note it. about is never NULL. No listener: one test
   for each event. */
typedef void (*midge_event_fn)(void *ctx, const struct midge_event *event,
                               const struct midge_event_about *about);

/* "queue", "ended", "trying"...; "unknown" for a number that is no kind. */
const char *midge_event_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
