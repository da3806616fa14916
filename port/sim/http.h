/* SPDX-License-Identifier: MIT */
/*
 * Private to port/sim: the scripted HTTP/1.1 server. A site is one server: a port of a host, with
 * its replies. Its peers are of type midge__sim_http with the site as config, on any carrier:
 *
 *     midge__sim_listen(sim, name, 443, &tls_type, &tls_config);
 *         tls_config: inner type &midge__sim_http, inner config midge__sim_site(host, 443)
 */
#ifndef MIDGE_SIM_HTTP_H
#define MIDGE_SIM_HTTP_H

#include "sim.h"

#define SIM_HEAD_MAX 65536 /* bytes of a request's head, and of its body that are kept */

struct sim_reply {
    struct sim_reply *next;
    char *path;
    struct midge_sim_reply reply;
    uint32_t requests, answers;
    uint64_t body_bytes;
};

struct sim_site {
    struct sim_site *next;
    struct midge_sim_host *host;
    uint16_t port;
    struct sim_reply *replies; /* in order */
    uint32_t connections, pipelined;
    uint32_t window; /* HTTP/2: of uploads, in its SETTINGS [65535] */
};

extern const struct sim_peer_type midge__sim_http, midge__sim_h2;

/* The server of HTTP/1.1 or HTTP/2. NULL: HTTP/2 is not built in. */
static inline const struct sim_peer_type *midge__sim_http_type(bool http2)
{
#if MIDGE_WITH_HTTP2
    return http2 ? &midge__sim_h2 : &midge__sim_http;
#else
    return http2 ? NULL : &midge__sim_http;
#endif
}

/* The server of that port, made if there is none; nothing listens yet. */
struct sim_site *midge__sim_site(struct midge_sim_host *host, uint16_t port);
/* The reply for a request; NULL: 404. */
struct sim_reply *midge__sim_find_reply(const struct sim_site *site, const char *method,
                                        const char *target);
void midge__sim_sites_free(struct midge_sim *sim);

/* --- http_in.c: bytes of requests in, one request out --- */

enum sim_http_in_state {
    SIM_IN_HEAD,
    SIM_IN_LENGTH,     /* `left` bytes of the body */
    SIM_IN_CHUNK_SIZE, /* its line */
    SIM_IN_CHUNK,      /* `left` bytes of a chunk */
    SIM_IN_CHUNK_END,  /* CR LF behind it */
    SIM_IN_TRAILER,    /* lines up to an empty one */
    SIM_IN_WHOLE,
    SIM_IN_BAD
};

struct sim_http_in {
    enum sim_http_in_state state;
    struct sim_bytes head, body;
    char *method, *target; /* copies, once the head has come */
    uint64_t left, body_bytes;
    char line[32]; /* of a chunk's size, or the start of a trailer */
    size_t line_len;
    bool close, expects;
};

/* Takes bytes until the request is whole or bad; the number taken. */
size_t midge__sim_http_take(struct sim_http_in *in, const uint8_t *data, size_t len);
/* For the next request, or at the end. */
void midge__sim_http_reset(struct sim_http_in *in);

#endif
