/* SPDX-License-Identifier: MIT */
/*
 * Live progress of an app on a terminal: one line on stderr. A port above the real port counts the
 * traffic and draws the line; so the app, which also runs on boards, does not know about it.
 */
#ifndef MIDGE_HOST_APP_PROGRESS_H
#define MIDGE_HOST_APP_PROGRESS_H

#include <midge/client.h>

#include "shim.h"

struct app_progress {
    struct shim shim;                  /* the app's port */
    const char *name;                  /* the app's */
    const struct midge_client *client; /* the open one, NULL none */
    uint32_t start_ms, drawn_ms;
    uint8_t on;     /* stderr is a terminal that can be drawn on */
    uint8_t shown;  /* a line is on the screen */
    uint8_t device; /* of a simulated device: with its memory and longest step */
};

/* Returns the port for the app. name NULL: nothing is drawn. */
struct midge_port *app_progress_init(struct app_progress *progress, struct midge_port *below,
                                     const char *name);
/* Call it before other output. */
void app_progress_clear(struct app_progress *progress);

#endif
