/* SPDX-License-Identifier: MIT */
/*
 * A log of each hop, redirects and repeats included: two lines for each. tests/sim/test_token.c
 * runs it.
 *
 *     5 > GET https://example.com/
 *     5 < 302 https://example.com/
 */
#ifndef HOP_LOG_H
#define HOP_LOG_H

#include <midge/midge.h>

struct hop_log {
    struct midge_hook hook;
    void (*line)(void *ctx, const char *line);
    void *ctx;
};

void hop_log_init(struct hop_log *log, void (*line)(void *ctx, const char *line), void *ctx);

#endif
