/* SPDX-License-Identifier: MIT */
/*
 * A log of events in a ring of memory: no allocation, 16 bytes for most events; the newest
 * overwrite the oldest.
 *
 *     static uint64_t block[MIDGE_EVENT_LOG_SIZE(256) / 8];
 *
 *     config.event_ctx = midge_event_log_init(block, sizeof block, port);
 *     config.on_event = midge_event_log_add;
 *
 * The bytes of the block are the file that `midge log FILE` reads. They may come from the board in
 * any way: written to a file, printed, or read by a debugger while the board runs or after it has
 * stopped (in gdb: dump binary value FILE block). The log has methods, the URLs up to their path,
 * addresses and numbers. It has no query, no user and password, no header and no body; a path that
 * is a secret should not be logged.
 *
 *     0   "MDGL"            4  version: 1      5  bytes of a cell: 16   6  0
 *     8   cells: a power of two               12  cells written so far, wraps
 *     16  clock_ms at init                    20  oldest cells that a copy may have damaged
 *     24  wall_time at init, signed; negative: no clock
 *     32  cells: struct midge_event, or text: kind 255, then 15 bytes. Texts follow their event:
 *         "GET https://host/path" in as many cells as `value` of START and REDIRECT says; the
 * address of TRYING in one cell (IPv4) or two (IPv6)
 *
 * Older logs of this version have no streams: the values of WAIT and BODY are 0. All numbers have
 * the byte order of the machine. Cells that were not written yet may be left out of a file.
 */
#ifndef MIDGE_EVENT_LOG_H
#define MIDGE_EVENT_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <midge/config.h>
#include <midge/events.h>
#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MIDGE_EVENT_LOG_VERSION 1   /* of the format */
#define MIDGE_EVENT_LOG_TEXT    255 /* the kind of a cell of text */
#define MIDGE_EVENT_LOG_BYTES   15  /* of text in it */
/* Cells of one text at most: a longer one is cut. */
#ifndef MIDGE_EVENT_LOG_CELLS
#define MIDGE_EVENT_LOG_CELLS 12
#endif

/* The head of a log; the cells follow it. */
struct midge_event_log {
    char magic[4];     /* "MDGL", without a NUL */
    uint8_t version;   /* MIDGE_EVENT_LOG_VERSION */
    uint8_t cell_size; /* bytes of a cell */
    uint8_t zero[2];   /* 0 */
    uint32_t cells;    /* how many there are: a power of two */
    uint32_t written;  /* cells written so far, modulo 2^32 */
    uint32_t base_ms;  /* clock_ms at the start */
    uint32_t damaged;  /* the oldest cells that may be damaged, in a copy */
    int64_t wall_s;    /* wall time at the start, s */
};

/* Bytes of a log with room for so many cells (a power of two; from 32 to 2^24). A request on a new
   connection takes some 25, on a kept one 12. */
#define MIDGE_EVENT_LOG_SIZE(cells) (sizeof(struct midge_event_log) + 16U * (size_t)(cells))

#if MIDGE_WITH_EVENTS

/* Makes a log of the block, aligned like malloc's. It uses the largest power of two of cells that
   fits. The block must stay in place as long as the client lives. Returns the block; NULL if it is
   too small. */
struct midge_event_log *midge_event_log_init(void *block, size_t size,
                                             const struct midge_port *port);

/* As midge_event_fn; ctx is the log. */
void midge_event_log_add(void *ctx, const struct midge_event *event,
                         const struct midge_event_about *about);

/* Copies the log, also in another thread or an interrupt while events are added. cap: at least the
   size of the log, that is MIDGE_EVENT_LOG_SIZE(log->cells). Returns that size; 0: cap is too
   small. The copy may be read at once; the block itself should be read only when nothing is added,
   or the oldest cells may be damaged. */
size_t midge_event_log_copy(const struct midge_event_log *log, void *to, size_t cap);

#endif

#ifdef __cplusplus
}
#endif
#endif
