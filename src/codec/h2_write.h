/* SPDX-License-Identifier: MIT */
/*
 * Writes the frames that a client sends (RFC 9113 6). Each function writes one whole frame of fixed
 * size, or the head of a frame whose payload the caller writes behind it, and returns the number of
 * bytes. The caller has checked that there is room.
 */
#ifndef MIDGE__H2_WRITE_H
#define MIDGE__H2_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "codec/h2_frame.h"

#define MIDGE__H2_PREFACE_SIZE 57u /* of midge__h2_write_preface */
#define MIDGE__H2_ACK_SIZE     9u  /* SETTINGS with ACK */
#define MIDGE__H2_UPDATE_SIZE  13u /* WINDOW_UPDATE, RST_STREAM */
#define MIDGE__H2_PING_SIZE    17u /* PING, GOAWAY */

/* The head of a frame with `len` bytes of payload, at most MIDGE__H2_LENGTH_MAX. Writes
   MIDGE__H2_FRAME_HEAD bytes. */
size_t midge__h2_write_frame(uint8_t *to, size_t len, enum midge__h2_type type, unsigned flags,
                             uint32_t stream);

/* The client's first bytes (RFC 9113 3.4): preface and SETTINGS without a dynamic table, without
   push, with a window for each stream (at most 2^31 - 1) and the largest decoded head. */
size_t midge__h2_write_preface(uint8_t *to, uint32_t window, uint32_t max_header_list);

/* The acknowledgement of one SETTINGS frame. */
size_t midge__h2_write_settings_ack(uint8_t *to);

/* flags: MIDGE__H2_FLAG_ACK or 0. */
size_t midge__h2_write_ping(uint8_t *to, unsigned flags, const uint8_t data[8]);

/* A frame whose payload is one number: WINDOW_UPDATE or RST_STREAM. */
size_t midge__h2_write_number(uint8_t *to, enum midge__h2_type type, uint32_t stream, uint32_t n);

/* increment: 1 to 2^31 - 1; stream 0: the connection's window. */
static inline size_t midge__h2_write_window_update(uint8_t *to, uint32_t stream, uint32_t increment)
{
    return midge__h2_write_number(to, MIDGE__H2_TYPE_WINDOW_UPDATE, stream, increment);
}

static inline size_t midge__h2_write_rst_stream(uint8_t *to, uint32_t stream,
                                                enum midge__h2_code code)
{
    return midge__h2_write_number(to, MIDGE__H2_TYPE_RST_STREAM, stream, (uint32_t)code);
}

/* No stream of the server was processed. */
size_t midge__h2_write_goaway(uint8_t *to, enum midge__h2_code code);

#endif
