/* SPDX-License-Identifier: MIT */
/* A log of events as lines of text: time, request, connection, event, its values in words. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <midge/err.h>

#include "log.h"
#include "log_read.h"

static void show_date(int64_t wall_s)
{
    time_t seconds = (time_t)wall_s;
    struct tm tm;
    char text[32];

    if (wall_s >= 0 && gmtime_r(&seconds, &tm) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0) {
        printf(", 0 ms is %s", text);
    }
}

static void show_end(const struct midge_event *event)
{
    if (event->detail == 0) {
        printf(": %" PRIu32 " bytes of body", event->value);
    } else {
        printf(": %s", midge_err_text(-(int)event->detail));
        if (event->value != 0) {
            printf(" (%" PRId32 ")", (int32_t)event->value);
        }
    }
}

static void show_of_connection(const struct log_event *from)
{
    const struct midge_event *event = &from->event;

    switch (event->kind) {
    case MIDGE_EVENT_RESOLVED:
        printf(": %" PRIu32 " addresses", event->value);
        break;
    case MIDGE_EVENT_TRYING:
        printf(event->detail == 6 ? " [%s]:%" PRIu32 : " %s:%" PRIu32, from->text, event->value);
        break;
    case MIDGE_EVENT_SECURE:
        printf(": TLS 1.%u, %s", event->detail % 10u, event->value != 0 ? "resumed" : "full");
        break;
    case MIDGE_EVENT_FAILED:
        printf(" (%" PRId32 ")", (int32_t)event->value);
        break;
    case MIDGE_EVENT_MEMORY:
        if (event->value != 0) {
            printf(" of %" PRIu32 " bytes", event->value);
        } else {
            printf(" of a handshake");
        }
        break;
    default:
        break;
    }
}

static void show_values(const struct log_event *from)
{
    const struct midge_event *event = &from->event;

    if (event->kind >= MIDGE_EVENT_OPENED) {
        show_of_connection(from);
        return;
    }
    switch (event->kind) {
    case MIDGE_EVENT_SEND:
        printf("%s", event->detail != 0 ? " on a kept connection" : "");
        break;
    case MIDGE_EVENT_WAIT:
    case MIDGE_EVENT_BODY:
        if (event->value != 0) {
            printf(" on stream %" PRIu32, event->value);
        }
        break;
    case MIDGE_EVENT_ENDED:
        show_end(event);
        break;
    case MIDGE_EVENT_START:
        printf(" %s", from->text);
        break;
    case MIDGE_EVENT_REDIRECT:
        printf(" %u: %s", event->detail, from->text);
        break;
    case MIDGE_EVENT_HEAD:
        printf(" %" PRIu32, event->value);
        break;
    case MIDGE_EVENT_REPEAT:
        printf(" %u after %" PRIu32 " ms", event->detail, event->value);
        break;
    default:
        break;
    }
}

static void show_event(const struct log_event *event)
{
    char request[24] = "", connection[24] = "";

    if (event->request != 0) {
        snprintf(request, sizeof request, "request %u", event->request);
    }
    if (event->connection != 0) {
        snprintf(connection, sizeof connection, "connection %u", event->connection);
    }
    printf("%8" PRIu64 ".%03u s  %-12s %-14s %s", event->ms / 1000, (unsigned)(event->ms % 1000),
           request, connection, midge_event_name(event->event.kind));
    show_values(event);
    putchar('\n');
}

void log_show(const struct log *log)
{
    printf("%zu events, %zu cells lost", log->n, log->lost);
    show_date(log->wall_s);
    putchar('\n');
    for (size_t i = 0; i < log->n; i++) {
        show_event(&log->at[i]);
    }
}
