/* SPDX-License-Identifier: MIT */
/*
 * -e "URL;auto" sends URL first, and with each redirect the URL before it, without fragment. A
 * Referer of -H stays. Over http no URL of https is sent (RFC 9110 10.1.3; curl sends it).
 */
#define _GNU_SOURCE
#include "referer.h"

#include <string.h>
#include <strings.h>
#include <midge/err.h>

#include "run.h"

void referer_check(struct keep *keep, struct group *group)
{
    const char *end = group->referer != NULL ? strstr(group->referer, ";auto") : NULL;

    if (end != NULL) {
        size_t len = (size_t)(end - group->referer);
        group->auto_referer = 1;
        group->referer = keep_copy(keep, group->referer, len);
    }
    if (group->referer != NULL && group->referer[0] == '\0') {
        group->referer = NULL; /* none is sent, as with curl */
    }
}

static int is_secure(const char *url)
{
    return strncmp(url, "https:", 6) == 0;
}

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    const struct fetch *fetch = hop->ctx;
    const char *from = fetch->referer;

    (void)hook;
    if (hop->redirects == 0) {
        return MIDGE_OK;
    }
    return midge_hop_set(hop, "Referer", is_secure(from) && !is_secure(hop->url) ? NULL : from);
}

void referer_apply(struct fetch *fetch, const struct headers *headers)
{
    fetch->referer = fetch->group->referer;
    for (size_t i = 0; i < headers->n; i++) {
        const struct midge_header *header = &headers->at[i];
        if (strcasecmp(header->name, "Referer") == 0 &&
            (header->value == NULL || header->value != fetch->referer)) {
            return; /* of -H */
        }
    }
    if (fetch->group->auto_referer) {
        fetch->hook = (struct midge_hook){.on_send = on_send};
        fetch->request.hooks = &fetch->hook;
    }
}

void referer_hop(struct fetch *fetch)
{
    if (fetch->hook.on_send != NULL) {
        fetch->referer = keep_copy(fetch->run->keep, fetch->url, strcspn(fetch->url, "#"));
    }
}
