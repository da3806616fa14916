/* SPDX-License-Identifier: MIT */
/*
 * Incremental parser of the frames that an HTTP/2 server sends (RFC 9113 4 and 6). Any split of the
 * bytes gives the same events, apart from where pieces of data and of header blocks are cut. No
 * frame is buffered.
 *
 *     midge__h2_frame_init(&f);
 *     do {
 *         err = midge__h2_frame_read(&f, in, len, &used, &event);
 *         in += used, len -= used;
 *         ... by event.kind ...
 *     } while (err == MIDGE_OK && event.kind != MIDGE__H2_NEED_MORE);
 *
 * Call until NEED_MORE, also with len 0: an event may follow without further bytes.
 *
 * Each frame begins with one FRAME, whatever its type is; f.type, f.flags, f.stream and f.length
 * describe it until the next FRAME. After it come:
 *
 *     DATA            DATA (pieces)…, DATA_END
 *     HEADERS         BLOCK (pieces)…, BLOCK_END if the frame ends the block
 *     CONTINUATION    the same
 *     SETTINGS        SETTING…, SETTINGS_END; or SETTINGS_ACK
 *     PING            PING; or PONG
 *     RST_STREAM, GOAWAY, WINDOW_UPDATE    the event of that name
 *     PRIORITY and unknown types           nothing: they are skipped
 *
 * The parser judges everything that one frame, or the order of frames of a header block, shows:
 * lengths, padding, flags, the first frame, ids that are 0, even or not opened yet, values of
 * settings, an increment of 0 for the connection, PUSH_PROMISE (refused by the settings), and a
 * block of more than MIDGE__H2_BLOCK_MAX bytes. The caller judges streams, windows and floods: it
 * counts FRAME events, which even an empty frame gives.
 */
#ifndef MIDGE__H2_FRAME_H
#define MIDGE__H2_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"

/* RFC 9113 6. */
enum midge__h2_type {
    MIDGE__H2_TYPE_DATA,
    MIDGE__H2_TYPE_HEADERS,
    MIDGE__H2_TYPE_PRIORITY,
    MIDGE__H2_TYPE_RST_STREAM,
    MIDGE__H2_TYPE_SETTINGS,
    MIDGE__H2_TYPE_PUSH_PROMISE,
    MIDGE__H2_TYPE_PING,
    MIDGE__H2_TYPE_GOAWAY,
    MIDGE__H2_TYPE_WINDOW_UPDATE,
    MIDGE__H2_TYPE_CONTINUATION
};

#define MIDGE__H2_FLAG_END_STREAM  0x01u /* of DATA and HEADERS */
#define MIDGE__H2_FLAG_ACK         0x01u /* of SETTINGS and PING */
#define MIDGE__H2_FLAG_END_HEADERS 0x04u
#define MIDGE__H2_FLAG_PADDED      0x08u
#define MIDGE__H2_FLAG_PRIORITY    0x20u

/* RFC 9113 7. Peers may send other numbers. */
enum midge__h2_code {
    MIDGE__H2_NO_ERROR,
    MIDGE__H2_PROTOCOL_ERROR,
    MIDGE__H2_INTERNAL_ERROR,
    MIDGE__H2_FLOW_CONTROL_ERROR,
    MIDGE__H2_SETTINGS_TIMEOUT,
    MIDGE__H2_STREAM_CLOSED,
    MIDGE__H2_FRAME_SIZE_ERROR,
    MIDGE__H2_REFUSED_STREAM,
    MIDGE__H2_CANCEL,
    MIDGE__H2_COMPRESSION_ERROR,
    MIDGE__H2_CONNECT_ERROR,
    MIDGE__H2_ENHANCE_YOUR_CALM,
    MIDGE__H2_INADEQUATE_SECURITY,
    MIDGE__H2_HTTP_1_1_REQUIRED
};

/* RFC 9113 6.5.2. */
enum midge__h2_setting {
    MIDGE__H2_HEADER_TABLE_SIZE = 1,
    MIDGE__H2_ENABLE_PUSH,
    MIDGE__H2_MAX_CONCURRENT_STREAMS,
    MIDGE__H2_INITIAL_WINDOW_SIZE, /* at most 2^31 - 1 */
    MIDGE__H2_MAX_FRAME_SIZE,      /* 2^14 to 2^24 - 1 */
    MIDGE__H2_MAX_HEADER_LIST_SIZE
};

#define MIDGE__H2_LENGTH_MAX 16384u /* of a frame's payload; no setting raises it */
#define MIDGE__H2_BLOCK_MAX  65536u /* bytes of one header block, with 9 for each CONTINUATION */
#define MIDGE__H2_FRAME_HEAD 9u     /* bytes before a payload */

enum midge__h2_kind {
    MIDGE__H2_NEED_MORE,    /* all input is consumed */
    MIDGE__H2_FRAME,        /* a frame begins. DATA: all of f.length counts against the windows */
    MIDGE__H2_DATA,         /* data, len > 0: a piece of the input */
    MIDGE__H2_DATA_END,     /* the frame is complete. len: bytes of it that were padding, whose
                               credit is due. END_STREAM: in f.flags */
    MIDGE__H2_BLOCK,        /* data, len > 0: a piece of the input */
    MIDGE__H2_BLOCK_END,    /* the block is complete. END_STREAM: in f.flags, also if the block
                               ended in a CONTINUATION */
    MIDGE__H2_SETTING,      /* setting, value: valid, or unknown */
    MIDGE__H2_SETTINGS_END, /* the frame is complete: acknowledge it */
    MIDGE__H2_SETTINGS_ACK,
    MIDGE__H2_PING,          /* data, 8 bytes, until the next call: send them back */
    MIDGE__H2_PONG,          /* data, 8 bytes, until the next call */
    MIDGE__H2_RST_STREAM,    /* value: the code */
    MIDGE__H2_GOAWAY,        /* last, value: the code; the frame's debug data are skipped */
    MIDGE__H2_WINDOW_UPDATE, /* value: the increment; 0 only on a stream, for which it is an error
                                (PROTOCOL_ERROR, RFC 9113 6.9) */
};

struct midge__h2_event {
    uint8_t kind;     /* enum midge__h2_kind */
    uint16_t setting; /* enum midge__h2_setting, or another number */
    uint32_t value;
    uint32_t last; /* the highest stream that the server may have processed */
    const uint8_t *data;
    size_t len;
};

struct midge__h2_frame {
    /* To be read by the caller: the current frame. */
    uint8_t type; /* enum midge__h2_type, or another number */
    uint8_t flags;
    uint16_t length; /* of the payload, with its padding */
    uint32_t stream; /* 0: the connection */
    /* Set by the caller: the lowest id that it has not opened, 1 at first. Frames of this stream
       and of higher ones are errors, apart from those that are skipped (RFC 9113 5.1.1). */
    uint32_t idle;
    /* To be read after an error. */
    uint8_t code; /* enum midge__h2_code, for GOAWAY. HTTP_1_1_REQUIRED: the peer's first bytes are
                     those of an HTTP/1 answer */
    /* Private to the parser. */
    uint8_t state;
    uint8_t have, need; /* bytes of `small` */
    uint8_t pad;        /* padding behind the payload */
    bool greeted;       /* SETTINGS came first */
    bool in_block;      /* END_HEADERS has not come */
    uint8_t small[MIDGE__H2_FRAME_HEAD];
    uint16_t left;  /* bytes of the payload that have not come, without `pad` */
    uint32_t block; /* bytes of the current header block */
#if MIDGE_WITH_TEXTS
    const char *why; /* after an error: its cause, a short static text */
#endif
};

void midge__h2_frame_init(struct midge__h2_frame *f);

/* Reads up to the next event. `*used` is the number of bytes of `in` that are consumed, also on
 * error. MIDGE_OK, or MIDGE_ERR_PROTOCOL with f->code and f->why: an error of the whole connection.
 * After an error every call returns it. */
int midge__h2_frame_read(struct midge__h2_frame *f, const uint8_t *in, size_t len, size_t *used,
                         struct midge__h2_event *event);

/* True between a HEADERS frame and the end of its block: a lent head buffer is in use. */
static inline bool midge__h2_in_block(const struct midge__h2_frame *f)
{
    return f->in_block;
}

/* After an error: its cause; "" without texts. */
static inline const char *midge__h2_why(const struct midge__h2_frame *f)
{
#if MIDGE_WITH_TEXTS
    return f->why;
#else
    (void)f;
    return "";
#endif
}

#endif
