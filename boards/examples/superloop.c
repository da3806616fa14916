/* SPDX-License-Identifier: MIT */
/*
 * A superloop that continues to blink while HTTPS requests run. midge_poll with a timeout of 0
 * never waits: it does the work of one turn, limited by the client's budget (turn_crypto,
 * turn_bytes), and lwIP's work.
 */
#include "superloop.h"

static void on_done(void *ctx, const struct midge_result *result)
{
    struct superloop_report *report = ctx;

    report->ended++;
    report->failed += result->error != MIDGE_OK || result->status >= 400;
}

/* The request lives until it has ended, so midge need not copy it. */
static int begin(struct midge_client *client, struct midge_request *request,
                 struct superloop_report *report)
{
    request->ctx = report;
    request->on_done = on_done;
    request->borrow = 1;
    return midge_start(client, request, NULL);
}

/* Runs and times one turn of the client. Returns how many requests still live. */
static int step(struct midge_client *client, struct superloop_report *report)
{
    const struct midge_port *port = midge_client_port(client);
    const uint64_t start = port->clock_us(port->ctx);
    const int live = midge_poll(client, 0);
    const uint64_t us = port->clock_us(port->ctx) - start;

    if (us > report->longest_us) {
        report->longest_us = (uint32_t)us;
    }
    return live;
}

int superloop(struct midge_client *client, struct midge_request requests[], size_t n,
              void (*led)(int on), struct superloop_report *report)
{
    size_t begun = 0;
    int err = MIDGE_OK;
    int live;

    *report = (struct superloop_report){0};
    do {
        /* Begins as many as there is room for; the rest when one of these has ended. */
        while (begun < n && (err = begin(client, &requests[begun], report)) == MIDGE_OK) {
            begun++;
        }
        live = step(client, report);
        led((int)(++report->laps & 1)); /* the application's own work */
    } while (live > 0);
    return live < 0 ? live : begun < n ? err : MIDGE_OK;
}
