/* SPDX-License-Identifier: MIT */
/* Header fields are not logged: they may be secret. */
#include "hop_log.h"

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    ((struct hop_log *)hook)->line(hop, 0);
    return MIDGE_OK;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    ((struct hop_log *)hook)->line(hop, response->status);
    return MIDGE_OK;
}

void hop_log_init(struct hop_log *log, void (*line)(const struct midge_hop *hop, int status))
{
    *log = (struct hop_log){.hook = {.on_send = on_send, .on_head = on_head}, .line = line};
}
