/* SPDX-License-Identifier: MIT */
/*
 * A firmware's own logic around a request: it reports a reading, and when that fails it waits and
 * tries again. tests/sim/test_reporter.c shows how such code is tested on a desktop, with servers
 * that are slow, busy or out of reach, in virtual time.
 */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include <midge/midge.h>

struct reporter {
    struct midge_client *client;
    const char *url;
    bool busy;       /* a reading is not delivered yet */
    uint32_t wait_s; /* before the next try */
    unsigned delivered, tries, refused;
    char text[16];
    size_t len;
};

void reporter_init(struct reporter *reporter, struct midge_client *client, const char *url);

/* Posts the reading until the server has taken it; its text is copied. False: the one before is not
   delivered yet, the text is longer than 16 bytes, or midge_start failed. */
bool reporter_send(struct reporter *reporter, const char *reading);

#endif
