/* SPDX-License-Identifier: MIT */
#include "codec/h2_write.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"

MIDGE__APART static uint8_t *put32(uint8_t *to, uint32_t n)
{
    to[0] = (uint8_t)(n >> 24);
    to[1] = (uint8_t)(n >> 16);
    to[2] = (uint8_t)(n >> 8);
    to[3] = (uint8_t)n;
    return to + 4;
}

size_t midge__h2_write_frame(uint8_t *to, size_t len, enum midge__h2_type type, unsigned flags,
                             uint32_t stream)
{
    to = put32(to, (uint32_t)len << 8 | (unsigned)type);
    *to = (uint8_t)flags;
    (void)put32(to + 1, stream);
    return MIDGE__H2_FRAME_HEAD;
}

static const struct {
    uint8_t bytes[MIDGE__H2_PREFACE_SIZE];
} preface = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
             "\0\0\30\4\0\0\0\0\0"
             "\0\1\0\0\0\0"   /* HEADER_TABLE_SIZE 0 */
             "\0\2\0\0\0\0"   /* ENABLE_PUSH 0 */
             "\0\6\0\0\0\0"   /* MAX_HEADER_LIST_SIZE */
             "\0\4\0\0\0\0"}; /* INITIAL_WINDOW_SIZE */

size_t midge__h2_write_preface(uint8_t *to, uint32_t window, uint32_t max_header_list)
{
    memcpy(to, &preface, sizeof preface);
    (void)put32(to + MIDGE__H2_PREFACE_SIZE - 4, window);
    (void)put32(to + MIDGE__H2_PREFACE_SIZE - 10, max_header_list);
    return MIDGE__H2_PREFACE_SIZE;
}

size_t midge__h2_write_settings_ack(uint8_t *to)
{
    return midge__h2_write_frame(to, 0, MIDGE__H2_TYPE_SETTINGS, MIDGE__H2_FLAG_ACK, 0);
}

size_t midge__h2_write_ping(uint8_t *to, unsigned flags, const uint8_t data[8])
{
    memmove(to + MIDGE__H2_FRAME_HEAD, data, 8);
    (void)midge__h2_write_frame(to, 8, MIDGE__H2_TYPE_PING, flags, 0);
    return MIDGE__H2_PING_SIZE;
}

size_t midge__h2_write_number(uint8_t *to, enum midge__h2_type type, uint32_t stream, uint32_t n)
{
    to += midge__h2_write_frame(to, 4, type, 0, stream);
    (void)put32(to, n);
    return MIDGE__H2_UPDATE_SIZE;
}

size_t midge__h2_write_goaway(uint8_t *to, enum midge__h2_code code)
{
    to += midge__h2_write_frame(to, 8, MIDGE__H2_TYPE_GOAWAY, 0, 0);
    (void)put32(put32(to, 0), (uint32_t)code);
    return MIDGE__H2_PING_SIZE;
}

#endif
