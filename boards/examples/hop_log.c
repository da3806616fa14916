/* SPDX-License-Identifier: MIT */
/* Header fields are not logged: they may be secret. */
#include "hop_log.h"

#include <stdio.h>

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    const struct hop_log *log = (const struct hop_log *)hook;
    char line[160];
    (void)snprintf(line, sizeof line, "%lu > %s %s", (unsigned long)hop->id, hop->method, hop->url);
    log->line(log->ctx, line);
    return MIDGE_OK;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    const struct hop_log *log = (const struct hop_log *)hook;
    char line[160];
    (void)snprintf(line, sizeof line, "%lu < %d %s", (unsigned long)hop->id, response->status,
                   hop->url);
    log->line(log->ctx, line);
    return MIDGE_OK;
}

void hop_log_init(struct hop_log *log, void (*line)(void *ctx, const char *line), void *ctx)
{
    *log = (struct hop_log){
        .hook = {.on_send = on_send, .on_head = on_head}, .line = line, .ctx = ctx};
}
