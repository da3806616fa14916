/* SPDX-License-Identifier: MIT */
/* Private to port/sim: the HTTP/2 server. Its type of peer is midge__sim_h2 with a site as config.
 */
#ifndef MIDGE_SIM_H2_H
#define MIDGE_SIM_H2_H

#include "codec/h1_parse.h"
#include "codec/h2_frame.h"
#include "codec/hpack.h"
#include "http.h"

#define SIM_H2_BLOCK 65536 /* bytes of a head */

struct sim_h2_stream {
    struct sim_h2_stream *next;
    struct sim_peer *http; /* which answers it */
    struct sim_peer *peer; /* the connection's */
    uint32_t id;
    int64_t window;       /* bytes of DATA that the client takes */
    struct sim_bytes out; /* DATA that wait for it */
    bool chunked;         /* the request's body has no length */
    bool ends;            /* END_STREAM follows `out` */
    bool over;            /* it is answered, or reset: to be freed */
    struct midge__h1_parse answer;
    char *head; /* of the answer, SIM_H2_BLOCK bytes */
};

struct sim_h2 {
    size_t preface; /* bytes of it that have come */
    bool counted;   /* its site knows of the connection */
    bool away;      /* GOAWAY is sent */
    bool broken;
    struct midge__h2_frame frame;
    struct midge__hpack hpack;
    struct midge__hpack_text text; /* of the head that comes: name, value, one field at a time */
    struct sim_bytes request;      /* the same as HTTP/1.1 */
    struct sim_bytes fields;       /* behind its first line */
    char *method, *path;
    bool has_length;
    uint32_t last; /* the highest stream */
    int64_t window, initial_window;
    struct sim_h2_stream *streams;
};

/* --- h2_out.c: an answer in HTTP/1.1 becomes frames --- */

extern const struct sim_carrier midge__sim_h2_stream;

/* One frame. */
void midge__sim_h2_send(struct sim_peer *peer, enum midge__h2_type type, unsigned flags,
                        uint32_t stream, const void *payload, size_t len);
void midge__sim_h2_reset(struct sim_h2_stream *s, enum midge__h2_code code);
/* Sends the DATA that the windows allow, one frame of each stream in turn. */
void midge__sim_h2_pump(struct sim_peer *peer);

#endif
