/* SPDX-License-Identifier: MIT */
#include "codec/h2_write.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"

#define ENTRY 6u /* bytes of a setting */

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

static uint8_t *put_setting(uint8_t *to, enum midge__h2_setting setting, uint32_t value)
{
    to[0] = 0;
    to[1] = (uint8_t)setting;
    return put32(to + 2, value);
}

size_t midge__h2_write_preface(uint8_t *to, uint32_t window, uint32_t max_header_list)
{
    static const char text[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    memcpy(to, text, sizeof text - 1);
    to += sizeof text - 1;
    to += midge__h2_write_frame(to, 4 * ENTRY, MIDGE__H2_TYPE_SETTINGS, 0, 0);
    to = put_setting(to, MIDGE__H2_HEADER_TABLE_SIZE, 0);
    to = put_setting(to, MIDGE__H2_ENABLE_PUSH, 0);
    to = put_setting(to, MIDGE__H2_INITIAL_WINDOW_SIZE, window);
    (void)put_setting(to, MIDGE__H2_MAX_HEADER_LIST_SIZE, max_header_list);
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

size_t midge__h2_write_window_update(uint8_t *to, uint32_t stream, uint32_t increment)
{
    to += midge__h2_write_frame(to, 4, MIDGE__H2_TYPE_WINDOW_UPDATE, 0, stream);
    (void)put32(to, increment);
    return MIDGE__H2_UPDATE_SIZE;
}

size_t midge__h2_write_rst_stream(uint8_t *to, uint32_t stream, enum midge__h2_code code)
{
    to += midge__h2_write_frame(to, 4, MIDGE__H2_TYPE_RST_STREAM, 0, stream);
    (void)put32(to, (uint32_t)code);
    return MIDGE__H2_UPDATE_SIZE;
}

size_t midge__h2_write_goaway(uint8_t *to, enum midge__h2_code code)
{
    to += midge__h2_write_frame(to, 8, MIDGE__H2_TYPE_GOAWAY, 0, 0);
    (void)put32(put32(to, 0), (uint32_t)code);
    return MIDGE__H2_PING_SIZE;
}

#endif
