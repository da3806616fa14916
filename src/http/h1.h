/* SPDX-License-Identifier: MIT */
/*
 * One HTTP/1.1 exchange on a connection (RFC 9112), shared by h1.c, h1_send.c and h1_recv.c.
 *
 * Sending and receiving are independent: an answer may come before the request is sent completely.
 *
 * send    sent next                                 recv
 * HEAD    request line and headers, by the writer   parser's own states; the body goes to the sink
 * BODY    the caller's bytes or the source's
 * DONE    nothing                                   a connection is reused only after DONE
 * BROKEN  nothing: the peer takes no more, but its answer is still read
 */
#ifndef MIDGE_HTTP_H1_H
#define MIDGE_HTTP_H1_H

#include "codec/h1_parse.h"
#include "codec/h1_write.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/transfer.h"
#include "midge/config.h"

enum midge__h1_send_state {
    MIDGE__H1_SEND_HEAD,
    MIDGE__H1_SEND_BODY,
    MIDGE__H1_SEND_DONE,
    MIDGE__H1_SEND_BROKEN
};

/* While the exchange waits for one of these, nothing is received. */
#define MIDGE__H1_RECV_WAITS (MIDGE__RESUME_SINK | MIDGE__RESUME_MEMORY)

struct midge__h1 {
    uint8_t send;    /* enum midge__h1_send_state */
    uint8_t waits;   /* MIDGE__RESUME_x: a paused sink, a source without bytes, a lack of memory */
    uint8_t resumed; /* MIDGE__RESUME_x: resumed since the callback began */
    bool lent;       /* head is the client's spare one */
    bool source_failed, sent_any, got_any;
    bool late;     /* the next bytes may have arrived long ago: the sink had paused */
    bool parse_on; /* parsing stopped in the middle: continue without new bytes */
    struct midge__conn *conn;
    struct midge__transfer *transfer; /* NULL: over or canceled */
    char *head;
    uint64_t sent;     /* bytes of the body handed to the stream or the send buffer */
    size_t wpos, wlen; /* send buffer */
    size_t rpos, rlen; /* receive buffer; bytes that a paused sink has not got yet wait here */
    int send_error;
    struct midge__fault send_fault;
    struct midge__h1_write write;
    struct midge__h1_parse parse;
    struct midge_url url;
    uint8_t wbuf[MIDGE_SEND_BUFFER];
    uint8_t rbuf[MIDGE_RECV_BUFFER];
};

/* --- h1.c --- */

/* Allocates memory with the tag of the exchange's connection. */
void *midge__h1_keep(const struct midge__h1 *x, size_t size);
/* ask is called before a callback of the sink or source `who`, wait when the callback returned
   PAUSE or AGAIN. False: `who` was resumed within the callback, so it does not wait. */
void midge__h1_ask(struct midge__h1 *x, unsigned who);
bool midge__h1_wait(struct midge__h1 *x, unsigned who);
/* There is no room for this many bytes. True: receiving waits until others free memory. */
bool midge__h1_starve(struct midge__h1 *x, size_t bytes);
/* How many of n bytes this turn may still move: at least one. */
size_t midge__h1_budget(const struct midge__h1 *x, size_t n);
/* Sending failed with err. An answer that the peer has already sent is still read; midge waits for
   it for MIDGE_EARLY_ANSWER_MS. */
void midge__h1_send_broken(struct midge__h1 *x, int err);
/* Ends the exchange with that error, unless the request is sent again. */
enum midge__step midge__h1_end_unsent(struct midge__h1 *x);
/* Ends the transfer with err, or sends it again on another connection. Returns OVER. */
enum midge__step midge__h1_over(struct midge__h1 *x, int err, const struct midge__fault *fault);

/* --- h1_send.c --- */

/* Chooses head and framing. */
void midge__h1_send_begin(struct midge__h1 *x);
/* Fills the send buffer if it is empty, and sends once. *moved: bytes were sent, or sending must be
   tried again. Returns the source's error; a failed send is kept in the exchange. */
int midge__h1_send(struct midge__h1 *x, bool *moved);
/* Is there something to send now? */
bool midge__h1_sending(const struct midge__h1 *x);

/* --- h1_recv.c --- */

/* Takes no memory: the head's buffer comes with its first byte. */
void midge__h1_recv_begin(struct midge__h1 *x);
void midge__h1_recv_end(struct midge__h1 *x);
/* Receives once, parses the bytes and calls callbacks and sink. */
enum midge__step midge__h1_recv(struct midge__h1 *x);

#endif
