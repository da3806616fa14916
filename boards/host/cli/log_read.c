/* SPDX-License-Identifier: MIT */
/*
 * The ring is read from its oldest whole cell to its newest. Nothing that the header or a cell says
 * is trusted: a board may have failed while it wrote, and a file may be cut. Each event that makes
 * sense is kept, and the first thing that does not is told.
 */
#define _GNU_SOURCE
#include "log_read.h"

#include <arpa/inet.h>
#include <string.h>

#define HEADER sizeof(struct midge_event_log)
#define CELL   sizeof(struct midge_event)
#define MOST   (UINT32_C(1) << 24) /* cells */

/* A number that the board uses now, and ours, at most PROBES places behind its hash. */
struct alias {
    uint32_t theirs; /* 0: the place is free */
    unsigned ours;
};
#define ALIASES 65536
#define PROBES  64

struct reader {
    struct log *log;
    struct keep *keep;
    const unsigned char *cells;
    uint32_t first, left; /* the next cell; how many there are from it on */
    uint32_t mask, have;  /* have: cells that the file has */
    uint32_t last_ms;
    struct alias *requests, *connections;
};

static void damaged(struct log *log, const char *what)
{
    log->damage = log->damage == NULL ? what : log->damage;
}

/* --- numbers --- */

/* The place of a number, or one for it. More than PROBES live numbers with one hash are a damaged
   log: then the first of them goes. */
static struct alias *place_of(struct alias *all, uint32_t theirs)
{
    uint32_t at = theirs * UINT32_C(2654435769) >> 16;
    struct alias *place = NULL;

    for (uint32_t i = 0; i < PROBES; i++) {
        struct alias *alias = &all[(at + i) % ALIASES];
        if (alias->theirs == theirs) {
            return alias;
        }
        if (alias->theirs == 0 && place == NULL) {
            place = alias;
        }
    }
    place = place != NULL ? place : &all[at];
    *place = (struct alias){0};
    return place;
}

/* ends: the number will be used again, for another one. */
static unsigned number_of(struct alias *all, uint32_t theirs, int ends, unsigned *highest)
{
    struct alias *alias = place_of(all, theirs);
    unsigned ours = alias->theirs == theirs ? alias->ours : ++*highest;

    *alias = (struct alias){.theirs = ends ? 0 : theirs, .ours = ours};
    return ours;
}

static void set_numbers(struct reader *r, struct log_event *to)
{
    const struct midge_event *event = &to->event;

    if (event->request != 0) {
        to->request = number_of(r->requests, event->request, event->kind == MIDGE_EVENT_ENDED,
                                &r->log->requests);
    }
    if (event->connection != 0) {
        to->connection = number_of(r->connections, event->connection,
                                   event->kind == MIDGE_EVENT_CLOSED, &r->log->connections);
    }
}

/* --- cells --- */

/* The next cell, or NULL. Of a file that was cut, some are missing. */
static const unsigned char *next_cell(struct reader *r)
{
    while (r->left > 0) {
        uint32_t at = r->first++ & r->mask;
        r->left--;
        if (at < r->have) {
            return r->cells + CELL * at;
        }
        r->log->lost++;
    }
    return NULL;
}

static int is_text(const struct reader *r)
{
    uint32_t at = r->first & r->mask;

    return r->left > 0 && at < r->have && r->cells[CELL * at] == MIDGE_EVENT_LOG_TEXT;
}

static unsigned texts_of(const struct midge_event *event)
{
    if (event->kind == MIDGE_EVENT_START || event->kind == MIDGE_EVENT_REDIRECT) {
        return event->value < MIDGE_EVENT_LOG_TEXT ? event->value : MIDGE_EVENT_LOG_TEXT;
    }
    return event->kind != MIDGE_EVENT_TRYING ? 0 : event->detail == 6 ? 2 : 1;
}

/* A board's text is shown to people: only what a URL may have. */
static void make_harmless(struct text *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] > '~') {
            text->data[i] = '?';
        }
    }
}

static const char *take_text(struct reader *r, const struct midge_event *event)
{
    struct text text = {.keep = r->keep};
    unsigned cells = texts_of(event);

    text_add(&text, "", 0);
    for (; cells > 0 && is_text(r); cells--) {
        const char *bytes = (const char *)next_cell(r) + 1;
        text_add(&text, bytes,
                 event->kind == MIDGE_EVENT_TRYING ? MIDGE_EVENT_LOG_BYTES
                                                   : strnlen(bytes, MIDGE_EVENT_LOG_BYTES));
    }
    if (cells > 0) {
        damaged(r->log, "a text is cut");
    }
    if (event->kind == MIDGE_EVENT_TRYING) {
        char ip[INET6_ADDRSTRLEN] = "";
        if (cells == 0) {
            (void)inet_ntop(event->detail == 6 ? AF_INET6 : AF_INET, text.data, ip, sizeof ip);
        }
        return keep_copy(r->keep, ip, strlen(ip));
    }
    make_harmless(&text);
    return text.data;
}

static void take_event(struct reader *r, const unsigned char *cell)
{
    struct log *log = r->log;
    struct log_event to = {.text = ""};

    memcpy(&to.event, cell, CELL);
    if (to.event.kind >= MIDGE_EVENTS) {
        if (to.event.kind != MIDGE_EVENT_LOG_TEXT || log->n > 0) {
            damaged(log, "an event is of no known kind");
        }
        log->lost++; /* the rest of a text whose event was overwritten */
        return;
    }
    int32_t passed = (int32_t)(to.event.time_ms - r->last_ms);
    if (passed < 0) {
        damaged(log, "time goes back");
        passed = 0;
    }
    r->last_ms += (uint32_t)passed;
    to.ms = (log->n > 0 ? log->at[log->n - 1].ms : 0) + (uint32_t)passed;
    to.text = take_text(r, &to.event);
    set_numbers(r, &to);
    log->at = keep_room(r->keep, log->at, log->n, sizeof *log->at);
    log->at[log->n++] = to;
}

/* --- the whole --- */

static const char *refuse(const struct midge_event_log *header, size_t len)
{
    if (len < HEADER || memcmp(header->magic, "MDGL", 4) != 0) {
        return "this is no log of events";
    }
    if (header->version != MIDGE_EVENT_LOG_VERSION) {
        return "this version of the log is unknown";
    }
    if (header->cell_size != CELL || header->cells == 0 || header->cells > MOST ||
        (header->cells & (header->cells - 1)) != 0) {
        return "the log's header is damaged, or has another byte order";
    }
    return NULL;
}

int log_read(struct log *log, struct keep *keep, const void *bytes, size_t len)
{
    struct midge_event_log header = {0};
    struct reader r = {.log = log, .keep = keep};
    const unsigned char *cell;

    memcpy(&header, bytes, len < HEADER ? len : HEADER);
    *log = (struct log){.damage = refuse(&header, len), .wall_s = header.wall_s};
    if (log->damage != NULL) {
        return -1;
    }
    r.requests = keep_alloc(keep, ALIASES * sizeof(struct alias));
    r.connections = keep_alloc(keep, ALIASES * sizeof(struct alias));
    r.cells = (const unsigned char *)bytes + HEADER;
    r.have =
        (uint32_t)((len - HEADER) / CELL < header.cells ? (len - HEADER) / CELL : header.cells);
    r.mask = header.cells - 1;
    r.last_ms = header.base_ms;
    r.left = header.written;
    if (header.written >= header.cells) { /* the oldest one may be half overwritten */
        uint32_t skipped = header.damaged < header.cells - 1 ? header.damaged + 1 : header.cells;
        r.left = header.cells - skipped;
        log->lost = header.written - r.left;
    }
    r.first = header.written - r.left;
    if (r.have < header.cells && r.have < header.written) {
        damaged(log, "the file is cut");
    }
    while ((cell = next_cell(&r)) != NULL) {
        take_event(&r, cell);
    }
    return 0;
}

/* --- printed logs --- */

static int digit(unsigned char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Behind the last line that begins a log; NULL: there is none. */
static char *last_begin(const struct text *bytes)
{
    const size_t len = strlen(LOG_BEGINS);
    char *at = bytes->data, *found = NULL;

    while (at != NULL &&
           (at = memmem(at, bytes->len - (size_t)(at - bytes->data), LOG_BEGINS, len)) != NULL) {
        found = at += len;
    }
    return found;
}

void log_unpack(struct text *bytes)
{
    char *at = last_begin(bytes);
    const char *end = bytes->data + bytes->len;
    unsigned bits = 0, n = 0;
    size_t len = 0;

    for (; at != NULL && at < end && *at != '-'; at++) {
        int value = digit((unsigned char)*at);
        if (value < 0) {
            continue; /* ends of lines, and = */
        }
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        n += 6;
        if (n >= 8) {
            n -= 8;
            bytes->data[len++] = (char)(bits >> n & 0xff);
        }
    }
    bytes->len = at != NULL ? len : bytes->len;
}
