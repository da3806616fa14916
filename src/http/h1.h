/* SPDX-License-Identifier: MIT */
/*
 * One HTTP/1.1 exchange at a time on a connection (RFC 9112).
 *
 * Sending and receiving are independent: an answer may come before the request is sent completely.
 *
 * send    sent next                                 recv
 * HEAD    request line and headers, by the writer   parser's own states; the body goes to the sink
 * BODY    the caller's bytes or the source's
 * DONE    nothing                                   a connection is reused only after DONE
 * BROKEN  nothing: the peer takes no more, but its answer is still read
 * EXPECT  nothing: after HEAD, the peer is asked whether it wants the body (h1_expect.c)
 */
#ifndef MIDGE_HTTP_H1_H
#define MIDGE_HTTP_H1_H

#include "codec/h1_parse.h"
#include "codec/h1_write.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/transfer.h"
#include "midge/config.h"

enum midge__h1_send_state {
    MIDGE__H1_SEND_HEAD,
    MIDGE__H1_SEND_BODY,
    MIDGE__H1_SEND_DONE,
    MIDGE__H1_SEND_BROKEN,
    MIDGE__H1_SEND_EXPECT
};

/* Whose the receive buffer is. */
enum midge__h1_lease {
    MIDGE__H1_LENT,  /* the client's, for this step */
    MIDGE__H1_HELD,  /* the client's, kept: the client has none until it comes back */
    MIDGE__H1_SPARE, /* the client's spare head */
    MIDGE__H1_OWN    /* allocated with the connection's tag */
};

/* The send buffer of a request with a source: what the stream has not taken lies from pos to len.
 */
struct midge__h1_upload {
    size_t pos, len;
    uint8_t bytes[MIDGE_SEND_BUFFER];
};

/* The state of a connection, cleared for each exchange. */
struct midge__h1 {
    struct midge__exchange x;
    uint8_t send;  /* enum midge__h1_send_state */
    uint8_t lease; /* enum midge__h1_lease, of buf */
    bool spent;    /* the connection carries no further exchange */
    bool parse_on; /* parsing stopped in the middle: continue without new bytes */
    /* Receive buffer: the kept text of a head or of trailers (parse.fill bytes), then from rpos to
       rlen what is not parsed. NULL: nothing is kept. */
    uint8_t *buf;
    uint32_t size, rpos, rlen;
    uint32_t head_sent;              /* bytes of the request's head that the stream has taken */
    struct midge__h1_upload *upload; /* NULL: no source */
#if MIDGE_WITH_EARLY_ANSWERS
    int send_error; /* with BROKEN */
    struct midge__fault send_fault;
#endif
    struct midge__h1_parse parse;
};

static inline struct midge__h1 *midge__h1_of(const struct midge__conn *conn)
{
    return midge__conn_state(conn);
}

/* Does its body come from a source? */
static inline bool midge__h1_uploads(const struct midge__h1 *h)
{
    return MIDGE_WITH_SOURCES && h->upload != NULL;
}

/* Bytes of a source that the stream has not taken. */
static inline size_t midge__h1_unsent(const struct midge__h1 *h)
{
    return midge__h1_uploads(h) ? h->upload->len - h->upload->pos : 0;
}

/* --- h1_send.c --- */

/* Composes the request's head from its byte h->head_sent on. *n: bytes written. OK: to its end;
   AGAIN: there is more. */
int midge__h1_head(struct midge__h1 *h, uint8_t *buf, size_t cap, size_t *n);
/* Sends `len` bytes once. *moved: bytes were sent, or sending must be tried again. AGAIN: *n is 0.
   Else sending has failed. */
int midge__h1_send_once(struct midge__h1 *h, const uint8_t *from, size_t len, size_t *n,
                        bool *moved);
/* Sends once, from the head or from a body in memory. As midge__h1_send_once. */
int midge__h1_memory_send(struct midge__h1 *h, bool *moved);

/* --- h1_expect.c --- */

#if MIDGE_WITH_EXPECT
/* The head is written: the body follows, or waits. */
void midge__h1_head_sent(struct midge__h1 *h);
/* 100 (Continue) has come, and maybe not for the first time. */
void midge__h1_continue(struct midge__h1 *h);
#else
static inline void midge__h1_head_sent(struct midge__h1 *h)
{
    h->send = MIDGE__H1_SEND_BODY;
}
#define midge__h1_continue(h) ((void)(h))
#endif

/* --- h1_source.c --- */

#if MIDGE_WITH_SOURCES
/* Allocates the send buffer of a request that has a source. NO_MEMORY. */
int midge__h1_source_begin(struct midge__h1 *h, struct midge__memory *memory, unsigned owner);
/* Frees the send buffer, if there is one. */
void midge__h1_source_end(struct midge__h1 *h);
/* The same; or the source's error, and h->x.source_failed is set. */
int midge__h1_source_send(struct midge__h1 *h, bool *moved);
#else
static inline int midge__h1_source_begin(struct midge__h1 *h, struct midge__memory *memory,
                                         unsigned owner)
{
    (void)h;
    (void)memory;
    (void)owner;
    return MIDGE_OK;
}
static inline void midge__h1_source_end(struct midge__h1 *h)
{
    (void)h;
}
static inline int midge__h1_source_send(struct midge__h1 *h, bool *moved)
{
    (void)h;
    (void)moved;
    return MIDGE_OK;
}
#endif

/* --- h1_end.c --- */

/* Ends the exchange: reports err. Returns OVER. */
enum midge__step midge__h1_over(struct midge__h1 *h, int err, const struct midge__fault *fault);
/* True: sending failed and no answer came, so the reason why it failed explains more. */
static inline bool midge__h1_send_broke_first(const struct midge__h1 *h)
{
    return MIDGE_WITH_EARLY_ANSWERS && h->send == MIDGE__H1_SEND_BROKEN &&
           h->x.transfer->result->status == 0;
}
#if MIDGE_WITH_EARLY_ANSWERS
/* Sending failed with err. An answer that the peer has already sent is still read; midge waits for
   it for MIDGE_EARLY_ANSWER_MS. Returns OVER if there can be none, else WAIT. */
enum midge__step midge__h1_send_broken(struct midge__h1 *h, int err);
/* Ends the exchange with the reason why sending failed. */
enum midge__step midge__h1_end_unsent(struct midge__h1 *h);
#else
static inline enum midge__step midge__h1_send_broken(struct midge__h1 *h, int err)
{
    return midge__h1_over(h, err, &h->x.conn->stream->fault);
}
static inline enum midge__step midge__h1_end_unsent(struct midge__h1 *h)
{
    (void)h;
    return MIDGE__STEP_OVER;
}
#endif

/* --- h1_buffer.c --- */

/* Is there a buffer with room to receive into? OK; AGAIN: it waits for memory; NO_MEMORY: none will
   come; TOO_LARGE: the head does not fit max_header. */
int midge__h1_buffer_take(struct midge__h1 *h);
/* Bytes that can be received into the buffer, MIDGE__H1_GAP behind the kept text. */
size_t midge__h1_room(const struct midge__h1 *h);
/* The step ends: keeps what is left in a buffer of the connection's own. */
void midge__h1_buffer_settle(struct midge__h1 *h);
/* Gives the buffer back. */
void midge__h1_buffer_free(struct midge__h1 *h);

/* --- h1_recv.c --- */

/* Receives once, parses the bytes and reports them. */
enum midge__step midge__h1_recv(struct midge__h1 *h);

#endif
