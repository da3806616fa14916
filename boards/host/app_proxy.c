/* SPDX-License-Identifier: MIT */
/*
 * All requests of an app go the way of its API: the variable of that URL's scheme, unless no_proxy
 * names its host. A device's build without proxies refuses one, so that no request goes another way
 * than the user expects.
 */
#include "app_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/config.h>
#include <midge/err.h>
#include <midge/url.h>

#include "proxy.h"
#include "proxy_url.h"

#define PROXY_BYTES 1024u

/* NULL: the texts of the variable are in *proxy. */
static const char *read(const char *text, struct midge_proxy *proxy)
{
    static char room[PROXY_URL_ROOM(PROXY_BYTES)];

    if (!MIDGE_WITH_PROXY || strlen(text) > PROXY_BYTES) {
        return MIDGE_WITH_PROXY ? "is too long" : "sets a proxy, and this build has none";
    }
    return proxy_url_parse(text, room, proxy);
}

bool app_proxy_find(const char *api, struct midge_proxy *proxy)
{
    static const char other[] = "https://the-apps-own-service.invalid/";
    const char *name, *why = NULL;
    struct midge_url url;

    *proxy = (struct midge_proxy){.host = NULL};
    if (api == NULL || midge_url_parse(&url, api, strlen(api), 0) != MIDGE_OK) {
        (void)midge_url_parse(&url, other, sizeof other - 1, 0);
    }
    name = proxy_exempts(&url, NULL) ? NULL : proxy_variable(&url);
    if (name != NULL) {
        why = read(getenv(name), proxy);
    }
    if (why != NULL) {
        fprintf(stderr, "midge: the environment's %s %s: unset it, or name the host in no_proxy\n",
                name, why);
    }
    return why == NULL;
}
