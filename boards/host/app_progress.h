/* SPDX-License-Identifier: MIT */
/*
 * Live progress of an app on a terminal: one line on stderr, drawn by a port that counts what goes
 * through it, so that the app, which runs on boards too, knows nothing of it.
 */
#ifndef MIDGE_HOST_APP_PROGRESS_H
#define MIDGE_HOST_APP_PROGRESS_H

#include <midge/client.h>

#include "shim.h"

struct app_progress {
    struct shim shim;                  /* the app's port, while this is on */
    const char *name;                  /* the app's */
    const struct midge_client *client; /* the open one, NULL none */
    uint32_t start_ms, drawn_ms;
    uint8_t on;    /* stderr is a terminal that can be drawn on */
    uint8_t shown; /* a line is on the screen */
};

/* The port that the app is to use: this one, or `below` where nothing is to be drawn. */
struct midge_port *app_progress_init(struct app_progress *progress, struct midge_port *below,
                                     const char *name);
/* Before anything else is written. */
void app_progress_clear(struct app_progress *progress);

#endif
