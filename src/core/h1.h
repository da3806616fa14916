/* SPDX-License-Identifier: MIT */
/*
 * One HTTP/1.1 exchange on a connection (RFC 9112): what h1.c, h1_send.c and h1_recv.c share.
 *
 * Sending and receiving are independent: an answer may come before the request is out.
 *
 * send    what leaves next                          recv    what is awaited
 * HEAD    request line and headers, by the writer   parser's own states; the body goes to the sink
 * BODY    the caller's bytes or the source's
 * DONE    nothing                                   a connection is reused only after DONE
 * BROKEN  the peer takes no more; what it says is still read
 */
#ifndef MIDGE_CORE_H1_H
#define MIDGE_CORE_H1_H

#include "codec/h1_parse.h"
#include "codec/h1_write.h"
#include "core/core.h"

enum midge__h1_send_state {
    MIDGE__H1_SEND_HEAD,
    MIDGE__H1_SEND_BODY,
    MIDGE__H1_SEND_DONE,
    MIDGE__H1_SEND_BROKEN
};

/* Nothing is received meanwhile. */
#define MIDGE__H1_RECV_WAITS (MIDGE__RESUME_SINK | MIDGE__RESUME_MEMORY)

struct midge__h1 {
    uint8_t send;    /* enum midge__h1_send_state */
    uint8_t waits;   /* MIDGE__RESUME_x: a paused sink, a source that has nothing */
    uint8_t resumed; /* the same: resumed since its callback began */
    bool lent;       /* head is the client's spare one */
    bool source_failed, sent_any, got_any;
    bool late;     /* what is received next may have come long ago: the sink had paused */
    bool parse_on; /* paused in the middle: the end may be due without another byte */
    struct midge__conn *conn;
    struct midge__transfer *transfer; /* NULL: over or canceled */
    char *head;
    uint64_t sent;     /* bytes of the body handed to the stream or the send buffer */
    size_t wpos, wlen; /* send buffer */
    size_t rpos, rlen; /* receive buffer; what a paused sink has not seen waits here */
    int send_error;
    struct midge__fault send_fault;
    struct midge__h1_write write;
    struct midge__h1_parse parse;
    struct midge_url url;
    uint8_t wbuf[MIDGE_SEND_BUFFER];
    uint8_t rbuf[MIDGE_RECV_BUFFER];
};

/* --- h1.c --- */

/* Memory of the exchange's connection. */
void *midge__h1_keep(const struct midge__h1 *x, size_t size);
/* Around a callback of the sink or source `who`: its answer to wait for midge_resume does not count
   (false) when it was resumed before it gave that answer. */
void midge__h1_ask(struct midge__h1 *x, unsigned who);
bool midge__h1_wait(struct midge__h1 *x, unsigned who);
/* There is no room for so many bytes. True: receiving waits for what others give back. */
bool midge__h1_starve(struct midge__h1 *x, size_t bytes);
/* Of n bytes, those that this turn may still move: one at least. */
size_t midge__h1_budget(const struct midge__h1 *x, size_t n);
/* The request cannot be sent. What the peer has said so far is still read, and for a short while
   waited for. */
void midge__h1_send_broken(struct midge__h1 *x, int err);
/* It ends with that, unless it is replayed. */
enum midge__step midge__h1_end_unsent(struct midge__h1 *x);
/* The transfer has ended with err, or is replayed: the connection is of no more use. */
enum midge__step midge__h1_over(struct midge__h1 *x, int err, const struct midge__fault *fault);

/* --- h1_send.c --- */

/* Chooses head and framing; URL. */
int midge__h1_send_begin(struct midge__h1 *x);
/* Fills the send buffer if it is empty, sends once; *moved: bytes left, or try again. Broken sends
   are kept in the exchange, what is returned is the source's error. */
int midge__h1_send(struct midge__h1 *x, bool *moved);
/* Is there something that could leave now? */
bool midge__h1_sending(const struct midge__h1 *x);

/* --- h1_recv.c --- */

/* Takes no memory: the head's buffer comes with its first byte. */
void midge__h1_recv_begin(struct midge__h1 *x);
void midge__h1_recv_end(struct midge__h1 *x);
/* One receive, its bytes parsed and given away. */
enum midge__step midge__h1_recv(struct midge__h1 *x);

#endif
