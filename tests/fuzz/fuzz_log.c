/* SPDX-License-Identifier: MIT */
/*
 * Logs of events that the host program reads, as they are or printed; the first byte with 0x80 set:
 * a header is put before the rest, whose cells are the ring. Reading ends, within its memory;
 * events are in the order of their times, and the numbers of requests and connections have no gaps.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/failure.h"
#include "cli/log.h"
#include "cli/log_read.h"
#include "cli/run.h"

/* What log_run.c needs of the program. */
int failure_exit_code(int error, int phase)
{
    return error != 0 ? phase + 1 : 0;
}

int failure_http2_code(int error, int native)
{
    return error != native ? -1 : 1;
}

static void check(const struct log *log)
{
    unsigned requests = 0, connections = 0;
    uint64_t ms = 0;
    for (size_t i = 0; i < log->n; i++) {
        const struct log_event *event = &log->at[i];
        FUZZ_CHECK(event->event.kind < MIDGE_EVENTS && event->ms >= ms);
        FUZZ_CHECK(event->request <= requests + 1 && event->connection <= connections + 1);
        requests = event->request > requests ? event->request : requests;
        connections = event->connection > connections ? event->connection : connections;
        FUZZ_CHECK(strlen(event->text) <= (size_t)MIDGE_EVENT_LOG_TEXT * MIDGE_EVENT_LOG_BYTES);
        ms = event->ms;
    }
    FUZZ_CHECK(requests == log->requests && connections == log->connections);
}

static void check_run(const struct log *log, struct keep *keep)
{
    struct run run = {.keep = keep};
    log_run(log, &run);
    FUZZ_CHECK(run.plan.n <= log->requests);
    for (size_t i = 0; i < run.plan.n; i++) {
        const struct fetch *fetch = &run.plan.fetches[i];
        FUZZ_CHECK(fetch->url != NULL && fetch->method != NULL);
        FUZZ_CHECK(fetch->hops.n <= log->n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keep keep = {0};
    struct text bytes = {.keep = &keep};
    struct log log;
    if (size > 0 && (data[0] & 0x80) != 0) {
        const struct midge_event_log header = {.magic = {'M', 'D', 'G', 'L'},
                                               .version = 1,
                                               .cell_size = 16,
                                               .cells = 1U << (data[0] & 7),
                                               .written = size > 1 ? data[1] : 0};
        text_add(&bytes, &header, sizeof header);
        data += size > 1 ? 2 : 1;
        size -= size > 1 ? 2 : 1;
    }
    text_add(&bytes, data, size);
    log_unpack(&bytes);
    if (log_read(&log, &keep, bytes.data, bytes.len) == 0) {
        check(&log);
        check_run(&log, &keep);
    } else {
        FUZZ_CHECK(log.damage != NULL && log.n == 0);
    }
    keep_end(&keep);
    return 0;
}
