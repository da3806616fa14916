/* SPDX-License-Identifier: MIT */
/* -v: prints the servers of the connections on stderr. */
#ifndef MIDGE_CLI_PEER_H
#define MIDGE_CLI_PEER_H

#include <midge/client.h>

/* config.on_peer; ctx is not used. */
void peer_show(void *ctx, const struct midge_peer *peer);

#endif
