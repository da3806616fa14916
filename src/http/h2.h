/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2 (RFC 9113): many exchanges on one connection, each of them a stream.
 *
 * A stream sends and receives independently.
 *
 * send   sent next                        recv    awaited from the server
 * HEAD   its header block                 HEAD    1xx heads and the final one
 * BODY   DATA: the caller's bytes or      BODY    DATA, then maybe trailers
 *        the source's                     ENDED   nothing: END_STREAM came. Its exchange ends when
 * DONE   nothing                                  the sink has got all bytes
 *
 * A stream whose exchange is over lives on until its RST_STREAM is written: x.transfer is NULL
 * then, and `reset` is set.
 *
 *     h->ready     streams with something to do, in turn: a RST_STREAM, credit, a part of the
 *                  request, bytes that the sink had no wish for when they came
 *     h->blocked   streams whose next DATA waits for the connection's window, or whose head waits
 *                  for other heads (h2_stream.c)
 */
#ifndef MIDGE_HTTP_H2_H
#define MIDGE_HTTP_H2_H

#include "base/list.h"
#include "codec/h2_frame.h"
#include "codec/h2_head.h"
#include "codec/h2_write.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/transfer.h"
#include <limits.h>
#include "midge/config.h"

#if MIDGE_WITH_HTTP2

enum midge__h2_send_state { MIDGE__H2_SEND_HEAD, MIDGE__H2_SEND_BODY, MIDGE__H2_SEND_DONE };
enum midge__h2_recv_state { MIDGE__H2_RECV_HEAD, MIDGE__H2_RECV_BODY, MIDGE__H2_RECV_ENDED };

#define MIDGE__H2_WINDOW                                                                           \
    65535U /* of a connection, and of streams without settings (RFC 9113 6.9.2) */
#define MIDGE__H2_NO_LENGTH (-1)
#define MIDGE__H2_NO_RESET  0xff

/* The bytes that came while the sink paused: those from pos to len. `size` is all that may come,
   since the window gets no credit meanwhile. */
struct midge__h2_spill {
    uint32_t pos, len, size;
    uint8_t bytes[];
};

/* Here and below the small fields are the first: Thumb reads them by shorter instructions. */
struct midge__h2_stream {
    uint8_t send, recv; /* states */
    uint8_t reset;      /* the code of its RST_STREAM; NO_RESET: none is due */
    uint32_t id;        /* 0: its head has not begun */
    struct midge__exchange x;
    struct midge__list ready;      /* h->ready or h->blocked */
    struct midge__h2_stream *next; /* in h->streams */
    struct midge__h2_spill *spill; /* NULL: none */
    int32_t send_window, recv_window;
    int64_t left; /* bytes that may come: of heads, until the final one has come; then of the body,
                     if its length is announced, else < 0 */
};

/* A header block that is being received. */
struct midge__h2_block {
    struct midge__h1_parse parse;
    struct midge__h2_head head;
    uint32_t bytes; /* so far, as they came */
};

/* Least room in the send buffer for work on a stream: its credit and the connection's, and a frame
   that is worth its head. */
#define MIDGE__H2_WORK_ROOM (2 * MIDGE__H2_UPDATE_SIZE + MIDGE__H2_FRAME_HEAD + 16U)

struct midge__h2 {
    uint8_t acks;         /* of SETTINGS, due */
    uint8_t code;         /* of the GOAWAY that is sent at the end */
    bool greeted;         /* the preface is written */
    bool settled;         /* the server's SETTINGS came */
    bool draining;        /* takes no further requests */
    bool gone;            /* the connection has failed: nothing is received, or sent */
    bool deaf;            /* to header blocks: one could not be decoded */
    bool trusted;         /* a POST may be sent beside others (h2_stream.c) */
    bool headed;          /* a final head came */
    bool full;            /* no memory for one more stream, until one ends */
    bool starved;         /* an exchange waits for memory beside conn->memory_waiter */
    bool pong, ping;      /* due: an answer with `echo`; one of our own */
    bool asked;           /* our ping has not been answered */
    uint16_t live;        /* streams */
    uint16_t max_streams; /* the server allows */
    uint16_t calm;        /* frames without progress (h2_recv.c) */
    struct midge__h2_frame frame;
    struct midge__conn *conn; /* NULL: it has not begun */
    struct midge__list ready, blocked;
    struct midge__h2_stream *streams; /* first the newest, or the last to get credit (h2_limit.c) */
    struct midge__h2_stream *current; /* of the frame that is being received; NULL: it is over */
    struct midge__h2_stream
        *heading;                  /* its header block is sent in part: nothing may come between */
    struct midge_span text;        /* the block of `heading`, in memory of its own */
    uint32_t text_sent;            /* bytes of that block */
    struct midge__h2_block *block; /* NULL: none, or it is skipped */
    uint8_t *out;                  /* MIDGE_SEND_BUFFER bytes; from out_pos to out_len unsent */
    uint32_t out_pos, out_len;
    int32_t send_window, recv_window;
    uint32_t initial_window; /* of the server's settings: a new stream's send_window */
    uint32_t heard_ms;       /* when the last byte came */
    uint8_t echo[8];
#if MIDGE_HTTP2_RECORD > 0
    uint32_t limit;    /* bytes of the longest record that the input buffer holds; NO_LIMIT */
    uint32_t large_ms; /* when a byte of a large window was used or granted */
    bool stalled;
#endif
};

static inline struct midge__h2 *midge__h2_of(const struct midge__conn *conn)
{
    return midge__conn_state(conn);
}

static inline struct midge__h2_stream *midge__h2_stream_of(const struct midge__exchange *x)
{
    return (struct midge__h2_stream *)(uintptr_t)((const char *)x -
                                                  offsetof(struct midge__h2_stream, x));
}

/* --- h2_limit.c: the record limiter --- */

#define MIDGE__H2_STALL_MS 1000U

#if MIDGE_HTTP2_RECORD > 0

#define MIDGE__H2_NO_LIMIT (UINT32_MAX / 2)
/* The window of a new stream. */
static inline uint32_t midge__h2_first_window(const struct midge__h2 *h)
{
    return h->limit == MIDGE__H2_NO_LIMIT ? h->conn->client->config.http2_window
                                          : MIDGE_HTTP2_FIRST_WINDOW;
}
/* How many streams more may begin. */
unsigned midge__h2_limit_capacity(const struct midge__h2 *h);
/* The final head of s came, of so many bytes. */
void midge__h2_limit_head(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes);
/* So many bytes of its window were used. */
void midge__h2_limit_used(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes);
/* There may be room for the credit of another, or for one stream more. */
void midge__h2_limit_freed(struct midge__h2 *h);
/* It needs no credit now. */
void midge__h2_limit_leave(struct midge__h2 *h, struct midge__h2_stream *s);
/* A connection begins. */
void midge__h2_limit_open(struct midge__h2 *h);
/* How much of this credit it may have now; it is woken when there is more. */
uint32_t midge__h2_limit_credit(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t credit);
/* Do streams wait for credit? To be asked every STALL_MS. */
bool midge__h2_limit_waits(struct midge__h2 *h);
/* The connection fails with err: is it a record that does not fit its input buffer, but may fit the
   one of the handshake? Then the origin's next connection keeps that. */
bool midge__h2_limit_outgrown(struct midge__h2 *h, int err);

#else

#define midge__h2_first_window(h)            ((h)->conn->client->config.http2_window)
#define midge__h2_limit_open(h)              ((void)(h))
#define midge__h2_limit_leave(h, s)          ((void)(h), (void)(s))
#define midge__h2_limit_capacity(h)          ((void)(h), UINT_MAX)
#define midge__h2_limit_head(h, s, bytes)    ((void)(h), (void)(s), (void)(bytes))
#define midge__h2_limit_used(h, s, bytes)    ((void)(h), (void)(s), (void)(bytes))
#define midge__h2_limit_waits(h)             ((void)(h), false)
#define midge__h2_limit_outgrown(h, err)     ((void)(h), (void)(err), false)
#define midge__h2_limit_freed(h)             midge__conn_offer((h)->conn)
#define midge__h2_limit_credit(h, s, credit) (credit)

#endif

/* --- h2_list.c --- */

/* It leaves h->streams. */
void midge__h2_stream_unlink(struct midge__h2 *h, struct midge__h2_stream *s);
/* It becomes the first of h->streams. */
void midge__h2_stream_first(struct midge__h2 *h, struct midge__h2_stream *s);
/* NULL: there is none. */
struct midge__h2_stream *midge__h2_stream_find(const struct midge__h2 *h, uint32_t id);
/* It has something to do. */
void midge__h2_stream_wake(struct midge__h2 *h, struct midge__h2_stream *s);
/* Those that are blocked try again. */
void midge__h2_unblock(struct midge__h2 *h);
/* Calls for each stream, which may free itself only. */
void midge__h2_streams_each(struct midge__h2 *h,
                            void (*call)(struct midge__h2 *h, struct midge__h2_stream *s,
                                         uint32_t value),
                            uint32_t value);

/* --- h2_stream.c --- */

/* Memory of the connection, or NULL. */
void *midge__h2_alloc(const struct midge__h2 *h, size_t size);
void midge__h2_free(const struct midge__h2 *h, void *ptr);
/* Zeroes it first: requests have credentials. */
void midge__h2_wipe(const struct midge__h2 *h, void *ptr);
/* NULL: no memory. */
struct midge__h2_stream *midge__h2_stream_add(struct midge__h2 *h);
/* Its head begins to be sent: it gets its number. So ids are used in order (RFC 9113 5.1.1). */
static inline void midge__h2_stream_number(struct midge__h2 *h, struct midge__h2_stream *s)
{
    s->id = h->frame.idle;
    h->frame.idle += 2;
    midge__report_stream_set(s->x.transfer->result, s->id);
}
/* The server does not know it, or both sides have ended it: it needs no RST_STREAM. */
static inline bool midge__h2_is_silent(const struct midge__h2_stream *s)
{
    return s->id == 0 || (s->send == MIDGE__H2_SEND_DONE && s->recv == MIDGE__H2_RECV_ENDED);
}
/* Nothing is due any more: frees it. */
void midge__h2_stream_free(struct midge__h2 *h, struct midge__h2_stream *s);
/* Its exchange is over: RST_STREAM is written next, unless the server knows it not or both sides
   have ended. */
void midge__h2_stream_reset(struct midge__h2 *h, struct midge__h2_stream *s, unsigned code);
/* Must its request wait for the heads of others? */
bool midge__h2_is_held(const struct midge__h2 *h, const struct midge__h2_stream *s);
/* A final head was decoded. */
void midge__h2_head_came(struct midge__h2 *h);
/* No request waits for heads of others from now on. proven: nor on further connections. */
void midge__h2_trust(struct midge__h2 *h, bool proven);

/* --- h2_end.c --- */

/* The exchange of s fails, unless it is over: reports it, and resets the stream with `code`. */
void midge__h2_break(struct midge__h2_stream *s, int err, const char *detail, unsigned code,
                     enum midge__replay replay);
/* Our side ends it: it is not sent again, the code is CANCEL. */
void midge__h2_cancel(struct midge__h2_stream *s, int err);
/* The server's bytes are an error of the stream. */
void midge__h2_malformed(struct midge__h2_stream *s, const char *detail, unsigned code);
/* The connection takes no further requests. */
void midge__h2_drain(struct midge__h2 *h);
/* The connection fails: all exchanges break, but for those whose sinks have yet to get the end of
   their answers. code: for our GOAWAY. Returns OVER; WAIT: there are such. */
enum midge__step midge__h2_over(struct midge__h2 *h, int err, const struct midge__fault *fault,
                                unsigned code);
/* The same for an error of the peer's bytes. */
enum midge__step midge__h2_violated(struct midge__h2 *h, unsigned code, const char *detail);
/* A header block cannot be decoded: the code of the connection's error, or NO_ERROR as long as
   answers whose heads have come go on. */
unsigned midge__h2_undecodable(struct midge__h2 *h);
/* GOAWAY came. */
void midge__h2_goaway(struct midge__h2 *h, uint32_t last, uint32_t code);
/* RST_STREAM came. */
void midge__h2_reset_came(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t code);

/* --- h2_send.c --- */

/* Composes what is due, and sends once. *moved: bytes were sent. OK, AGAIN, or an error of the
   stream below. */
int midge__h2_send(struct midge__h2 *h, bool *moved);
/* Allocates the send buffer if there is none. False: no memory. */
bool midge__h2_has_out(struct midge__h2 *h);
/* Is there something to send, or to deliver from a spill? */
bool midge__h2_busy(const struct midge__h2 *h);
/* Puts the answer to a PING behind the frames that are there, if it may. */
void midge__h2_put_pong(struct midge__h2 *h);
/* Sends a last GOAWAY behind the frames that are there, if it may. */
void midge__h2_goodbye(struct midge__h2 *h);

/* --- h2_request.c --- */

/* The header block of s, or as much of it as fits into the buffer when it was empty. False: it does
   not fit behind the frames that are there. */
bool midge__h2_put_head(struct midge__h2 *h, struct midge__h2_stream *s);
/* The header block is sent. */
void midge__h2_text_free(struct midge__h2 *h);
/* One DATA frame, if there is MIDGE__H2_WORK_ROOM. */
void midge__h2_put_data(struct midge__h2 *h, struct midge__h2_stream *s);

static inline size_t midge__h2_room(const struct midge__h2 *h)
{
    return MIDGE_SEND_BUFFER - h->out_len;
}

/* --- h2_recv.c --- */

#define MIDGE__H2_ACKS_MAX 4U
/* Answers wait in their only places: the peer must read them first. Or it is gone. */
static inline bool midge__h2_is_stuffed(const struct midge__h2 *h)
{
    return h->pong || h->acks >= MIDGE__H2_ACKS_MAX || h->gone;
}
/* Receives once, and reports. */
enum midge__step midge__h2_recv(struct midge__h2 *h);

/* --- h2_head.c: header blocks --- */

void midge__h2_block_begin(struct midge__h2 *h, struct midge__h2_stream *s);
/* False: COMPRESSION_ERROR. */
bool midge__h2_block_read(struct midge__h2 *h, const uint8_t *data, size_t len);
/* False: COMPRESSION_ERROR. */
bool midge__h2_block_end(struct midge__h2 *h);
void midge__h2_block_free(struct midge__h2 *h);

/* --- h2_body.c --- */

/* A piece of the body of s came. */
void midge__h2_body(struct midge__h2 *h, struct midge__h2_stream *s, const uint8_t *data,
                    size_t len);
/* END_STREAM came. */
void midge__h2_body_end(struct midge__h2 *h, struct midge__h2_stream *s);
/* Can bytes that were kept go on, or the end? */
static inline bool midge__h2_has_kept(const struct midge__h2_stream *s)
{
    return (s->x.waits & MIDGE__RECV_WAITS) == 0 &&
           (s->spill != NULL || (s->x.waits & MIDGE__PARSE_WAITS) != 0 ||
            s->recv == MIDGE__H2_RECV_ENDED);
}
/* Delivers a part of them, or the end. The stream may be freed. */
void midge__h2_body_resume(struct midge__h2 *h, struct midge__h2_stream *s);
/* The credit that the server may have for s now; 0: none is due. */
uint32_t midge__h2_credit(struct midge__h2 *h, struct midge__h2_stream *s);
/* Is so much of its window used up that credit is due, now or when the socket is empty? */
bool midge__h2_is_low(const struct midge__h2 *h, const struct midge__h2_stream *s);
/* The credit of the connection. share: it is due when one part in so many is used up. */
uint32_t midge__h2_conn_credit(const struct midge__h2 *h, unsigned share);

/* --- h2_silence.c --- */

/* A stream begins: the peer must be heard from now on. */
void midge__h2_watch(struct midge__h2 *h);

#endif
#endif
