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

static int begin(struct midge_client *client, const char *url, struct superloop_report *report)
{
    struct midge_request get = {.url = url, .ctx = report, .on_done = on_done};

    return midge_start(client, &get, NULL);
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

int superloop(struct midge_client *client, const char *const urls[], size_t n, void (*led)(int on),
              struct superloop_report *report)
{
    size_t begun = 0;
    int err = MIDGE_OK;
    int live;

    *report = (struct superloop_report){0};
    do {
        /* Begins as many as there is room for; the rest when one of these has ended. */
        while (begun < n && (err = begin(client, urls[begun], report)) == MIDGE_OK) {
            begun++;
        }
        live = step(client, report);
        led((int)(++report->laps & 1)); /* the application's own work */
    } while (live > 0);
    return live < 0 ? live : begun < n ? err : MIDGE_OK;
}
