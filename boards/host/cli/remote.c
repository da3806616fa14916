/* SPDX-License-Identifier: MIT */
/*
 * Connections are numbered from 1, so the number is the index in one array. It grows with the
 * connections of a run, and is filled only for -w and --har.
 */
#define _GNU_SOURCE
#include "remote.h"

#include <arpa/inet.h>
#include <string.h>

void remote_note(struct remotes *remotes, struct keep *keep, const struct midge_peer *peer)
{
    char ip[INET6_ADDRSTRLEN] = "";

    if (peer->event != MIDGE_PEER_CONNECTED) {
        return;
    }
    while (remotes->n <= peer->connection) {
        remotes->at = keep_room(keep, remotes->at, remotes->n, sizeof *remotes->at);
        remotes->at[remotes->n++] = (struct remote){0};
    }
    (void)inet_ntop(peer->address->family == 6 ? AF_INET6 : AF_INET, peer->address->bytes, ip,
                    sizeof ip);
    remotes->at[peer->connection] =
        (struct remote){.ip = keep_copy(keep, ip, strlen(ip)), .port = peer->port};
}

struct remote remote_find(const struct remotes *remotes, uint32_t connection)
{
    if (connection >= remotes->n || remotes->at[connection].ip == NULL) {
        return (struct remote){.ip = ""};
    }
    return remotes->at[connection];
}
