/* SPDX-License-Identifier: MIT */
/* Reads the log of events that a board has written (midge/event_log.h). */
#ifndef MIDGE_CLI_LOG_READ_H
#define MIDGE_CLI_LOG_READ_H

#include <midge/event_log.h>

#include "keep.h"

/* One event. The log's numbers are used again after a while; these are not. */
struct log_event {
    struct midge_event event;
    uint64_t ms;         /* since the log began */
    unsigned request;    /* from 1 in the order of their first events; 0: none */
    unsigned connection; /* the same */
    const char *text;    /* START, REDIRECT: "GET https://a.test/"; TRYING: the address; else "" */
};

struct log {
    struct log_event *at;
    size_t n;
    size_t lost;                    /* cells that were overwritten, or are not whole */
    int64_t wall_s;                 /* the date of 0 ms; negative: unknown */
    unsigned requests, connections; /* the highest numbers */
    /* The log is damaged, and `at` is what could be read; NULL: it is not. */
    const char *damage;
};

/* Reads the bytes of a log. 0; -1: they are none, and damage says why. */
int log_read(struct log *log, struct keep *keep, const void *bytes, size_t len);

/* A log that was printed, in base64 after the line LOG_BEGINS, becomes its bytes; of several the
   last one. Other bytes stay as they are. */
#define LOG_BEGINS "-----BEGIN MIDGE LOG-----"
void log_unpack(struct text *bytes);

#endif
