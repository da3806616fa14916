/* SPDX-License-Identifier: MIT */
/*
 * Telemetry: readings go to a server once a minute, as one JSON document, by a request that is
 * prepared once (midge/prepared.h). What can't be delivered waits for the next minute; when there
 * is no room left, the oldest reading is dropped and counted. tests/sim/test_telemetry.c runs it.
 */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <midge/midge.h>

enum { TELEMETRY_READINGS = 32, TELEMETRY_TEXT = 64 + TELEMETRY_READINGS * 24 };

struct telemetry {
    struct midge_client *client;
    struct midge_prepared *report;
    bool ticking, busy;                  /* the next report has its time; one is under way */
    double readings[TELEMETRY_READINGS]; /* the oldest first */
    size_t n, sent;                      /* sent: of these are in the report under way */
    unsigned delivered, dropped, failed; /* readings, readings, reports */
    char text[TELEMETRY_TEXT];
};

/* Prepares the report and starts the clock. token: of the server, or NULL. Errors of midge_prepare
   and midge_call_later. It ends with midge_close. */
int telemetry_start(struct telemetry *telemetry, struct midge_client *client, const char *url,
                    const char *token);

/* Adds a reading for the next report. */
void telemetry_add(struct telemetry *telemetry, double reading);

#endif
