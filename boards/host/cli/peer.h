/* SPDX-License-Identifier: MIT */
/* -v: prints the servers of the connections on stderr. */
#ifndef MIDGE_CLI_PEER_H
#define MIDGE_CLI_PEER_H

#include <midge/client.h>

void peer_show(const struct midge_peer *peer);

#endif
