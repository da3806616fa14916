/* SPDX-License-Identifier: MIT */
/*
 * A log of each hop, redirects and repeats included: two lines for each, which the program writes
 * where it wants. tests/sim/test_token.c runs it.
 *
 *     > GET https://example.com/           status 0
 *     < 302 https://example.com/
 */
#ifndef HOP_LOG_H
#define HOP_LOG_H

#include <midge/midge.h>

struct hop_log {
    struct midge_hook hook;
    void (*line)(const struct midge_hop *hop, int status);
};

void hop_log_init(struct hop_log *log, void (*line)(const struct midge_hop *hop, int status));

#endif
