/* SPDX-License-Identifier: MIT */
/* For servers of HTTP/2 in tests: finds the frames in what a client sends, without their payloads.
 */
#ifndef H2_SCAN_H
#define H2_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { H2_SCAN_DATA = 0, H2_SCAN_HEADERS = 1, H2_SCAN_PREFACE = 24, H2_SCAN_HEAD = 9 };

struct h2_scan {
    size_t seen; /* bytes of the preface */
    uint8_t head[H2_SCAN_HEAD];
    size_t in_head;
    uint32_t left; /* bytes of the payload that follow */
};

/* True: the byte completes the head of a frame. */
static inline bool h2_scan(struct h2_scan *s, uint8_t byte)
{
    if (s->seen < H2_SCAN_PREFACE) {
        s->seen++;
        return false;
    }
    if (s->left > 0) {
        s->left--;
        return false;
    }
    s->head[s->in_head++] = byte;
    if (s->in_head < H2_SCAN_HEAD) {
        return false;
    }
    s->in_head = 0;
    s->left = (uint32_t)(s->head[0] << 16 | s->head[1] << 8 | s->head[2]);
    return true;
}

static inline unsigned h2_scan_type(const struct h2_scan *s)
{
    return s->head[3];
}

/* Of streams up to 65,535. */
static inline uint32_t h2_scan_stream(const struct h2_scan *s)
{
    return (uint32_t)(s->head[7] << 8 | s->head[8]);
}

#endif
