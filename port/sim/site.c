/* SPDX-License-Identifier: MIT */
/* Sites: which reply does a request get? */
#include <stdlib.h>
#include <string.h>

#include "http.h"

struct sim_site *midge__sim_site(struct midge_sim_host *host, uint16_t port)
{
    struct sim_site **at = &host->sim->sites;
    while (*at != NULL && ((*at)->host != host || (*at)->port != port)) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        *at = midge__sim_new(sizeof **at);
        (*at)->host = host;
        (*at)->port = port;
    }
    return *at;
}

/* --- finding --- */

static bool fits(const char *path, const char *target)
{
    size_t n = strlen(path);
    if (n > 0 && path[n - 1] == '*') {
        return strncmp(path, target, n - 1) == 0;
    }
    return strncmp(path, target, n) == 0 && (target[n] == '\0' || target[n] == '?');
}

static bool has_method(const struct sim_reply *reply, const char *method)
{
    return reply->reply.method == NULL || strcmp(reply->reply.method, method) == 0;
}

struct sim_reply *midge__sim_find_reply(const struct sim_site *site, const char *method,
                                        const char *target)
{
    struct sim_reply *last = NULL;
    for (struct sim_reply *at = site->replies; at != NULL; at = at->next) {
        if (fits(at->path, target) && has_method(at, method)) {
            last = at;
            if (at->reply.times == 0 || at->requests < at->reply.times) {
                break;
            }
        }
    }
    return last;
}

void midge__sim_sites_free(struct midge_sim *sim)
{
    for (struct sim_site *site; (site = sim->sites) != NULL;) {
        sim->sites = site->next;
        for (struct sim_reply *reply; (reply = site->replies) != NULL;) {
            site->replies = reply->next;
            free(reply->path);
            free(reply);
        }
        free(site);
    }
}
