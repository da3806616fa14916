/* SPDX-License-Identifier: MIT */
/* The public functions of the HTTP server: adding replies, and counts. */
#include <string.h>

#include "http.h"

void midge_sim_add_reply(struct midge_sim_host *host, uint16_t port, const char *path,
                         const struct midge_sim_reply *reply)
{
    struct sim_site *site = midge__sim_site(host, port);
    struct sim_reply *added = midge__sim_new(sizeof *added), **end = &site->replies;
    added->path = midge__sim_copy(path);
    added->reply = *reply;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = added;
    if (midge__sim_service(host->sim, host, port) == NULL) {
        (void)midge__sim_listen(host->sim, host->name, port, &midge__sim_http, site);
    }
}

int midge_sim_use_http2(struct midge_sim_host *host, uint16_t port)
{
    const struct sim_peer_type *type = midge__sim_http_type(true);
    return type == NULL
               ? MIDGE_ERR_UNSUPPORTED
               : midge__sim_listen(host->sim, host->name, port, type, midge__sim_site(host, port));
}

struct midge_sim_counts midge_sim_count(const struct midge_sim_host *host, uint16_t port,
                                        const char *path)
{
    struct midge_sim_counts counts = {0};
    const struct sim_site *site = host->sim->sites;
    while (site != NULL && (site->host != host || site->port != port)) {
        site = site->next;
    }
    if (site == NULL) {
        return counts;
    }
    counts.connections = site->connections;
    counts.pipelined = site->pipelined;
    for (const struct sim_reply *at = site->replies; at != NULL; at = at->next) {
        if (path == NULL || strcmp(path, at->path) == 0) {
            counts.requests += at->requests;
            counts.answers += at->answers;
            counts.body_bytes += at->body_bytes;
        }
    }
    return counts;
}
