/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "secret.h"

#include <string.h>
#include <strings.h>

int secret_field(const char *name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                        "Set-Cookie",    "X-Api-Key",           "Api-Key",
                                        "X-Auth-Token"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *secret_cut(struct keep *keep, const char *text)
{
    const char *slashes = strstr(text, "//");
    size_t before = slashes != NULL ? (size_t)(slashes + 2 - text) : 0;
    size_t len = strcspn(text + before, "/?# ");
    const char *at = memrchr(text + before, '@', len);

    if (slashes == NULL || at == NULL) {
        return text;
    }
    return keep_format(keep, "%.*s%s", (int)before, text, at + 1);
}
