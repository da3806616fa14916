/* SPDX-License-Identifier: MIT */
/*
 * A ring of cells. A cell is written before it is counted, so a reader that stops the writer at any
 * instruction finds at most one cell that is not whole: the next one to be written, which is the
 * oldest if the ring is full. A copy that is made while cells are written has a damaged cell for
 * each one that was written meanwhile, and says so in its header.
 */
#include "midge/event_log.h"
#include <stdbool.h>
#include <string.h>

#if MIDGE_WITH_EVENTS

#define CELL  sizeof(struct midge_event)
#define LEAST 32U
#define MOST  (UINT32_C(1) << 24)

_Static_assert(sizeof(struct midge_event) == 16, "the log's format");
_Static_assert(sizeof(struct midge_event_log) == 32, "the log's format");

struct midge_event_log *midge_event_log_init(void *block, size_t size,
                                             const struct midge_port *port)
{
    uint32_t cells = LEAST;
    if (size < MIDGE_EVENT_LOG_SIZE(LEAST)) {
        return NULL;
    }
    while (cells < MOST && MIDGE_EVENT_LOG_SIZE(2 * cells) <= size) {
        cells *= 2;
    }
    struct midge_event_log *log = block;
    *log = (struct midge_event_log){.magic = {'M', 'D', 'G', 'L'},
                                    .version = MIDGE_EVENT_LOG_VERSION,
                                    .cell_size = CELL,
                                    .cells = cells,
                                    .base_ms = port->clock_ms(port->ctx),
                                    .wall_s = port->wall_time(port->ctx)};
    return log;
}

/* --- one cell --- */

static void put(struct midge_event_log *log, const void *cell)
{
    const uint32_t mask = log->cells - 1, written = log->written + 1;
    memcpy((uint8_t *)(log + 1) + CELL * (log->written & mask), cell, CELL);
    /* After 2^32 cells it goes on as a full ring. */
    __atomic_store_n(&log->written, written != 0 ? written : log->cells, __ATOMIC_RELEASE);
}

/* --- texts --- */

struct text {
    uint8_t bytes[MIDGE_EVENT_LOG_CELLS * MIDGE_EVENT_LOG_BYTES];
    size_t len;
};

static void add_text(struct text *text, const char *from, size_t len)
{
    const size_t room = sizeof text->bytes - text->len;
    len = len < room ? len : room;
    memcpy(text->bytes + text->len, from, len);
    text->len += len;
}

/* Without query, fragment, user and password. */
static void add_url(struct text *text, const char *url)
{
    const char *host = strstr(url, "://"), *at;
    const size_t before = host != NULL ? (size_t)(host + 3 - url) : 0;
    const size_t authority = strcspn(url + before, "/?#");
    for (at = url + before + authority; at > url + before && at[-1] != '@'; at--) {
    }
    add_text(text, url, before);
    add_text(text, at, strcspn(at, "?#"));
}

static unsigned cells_of(const struct text *text)
{
    return (unsigned)((text->len + MIDGE_EVENT_LOG_BYTES - 1) / MIDGE_EVENT_LOG_BYTES);
}

static void put_text(struct midge_event_log *log, const struct text *text)
{
    for (size_t at = 0; at < text->len; at += MIDGE_EVENT_LOG_BYTES) {
        const size_t left = text->len - at;
        uint8_t cell[CELL] = {MIDGE_EVENT_LOG_TEXT};
        memcpy(cell + 1, text->bytes + at,
               left < MIDGE_EVENT_LOG_BYTES ? left : MIDGE_EVENT_LOG_BYTES);
        put(log, cell);
    }
}

void midge_event_log_add(void *ctx, const struct midge_event *event,
                         const struct midge_event_about *about)
{
    struct midge_event_log *log = ctx;
    struct midge_event cell = *event;
    struct text text;
    text.len = 0;
    if (about->url != NULL) {
        add_text(&text, about->method, strlen(about->method));
        add_text(&text, " ", 1);
        add_url(&text, about->url);
        cell.value = cells_of(&text);
    } else if (about->address != NULL) {
        const bool is_v4 = about->address->family == 4;
        add_text(&text, (const char *)about->address->bytes, is_v4 ? 4 : 16);
    }
    put(log, &cell);
    put_text(log, &text);
}

/* --- copies --- */

size_t midge_event_log_copy(const struct midge_event_log *log, void *to, size_t cap)
{
    const size_t size = MIDGE_EVENT_LOG_SIZE(log->cells);
    if (cap < size) {
        return 0;
    }
    struct midge_event_log *copy = to;
    const uint32_t before = __atomic_load_n(&log->written, __ATOMIC_ACQUIRE);
    memcpy(copy, log, size);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    copy->written = before;
    copy->damaged = __atomic_load_n(&log->written, __ATOMIC_RELAXED) - before;
    return size;
}

#endif
