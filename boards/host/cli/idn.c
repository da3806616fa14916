/* SPDX-License-Identifier: MIT */
/* Finds the host in a URL; host/idn.h knows the names. */
#define _GNU_SOURCE
#include "idn.h"

#include <string.h>

#include "host/idn.h"

/* The host of a URL; *len 0: there is none. */
static const char *host_of(const char *url, size_t *len)
{
    const char *at = strstr(url, "://"), *end, *user;

    *len = 0;
    if (at == NULL) {
        return url;
    }
    at += 3;
    end = at + strcspn(at, "/?#\\");
    user = memrchr(at, '@', (size_t)(end - at));
    at = user != NULL ? user + 1 : at;
    *len = *at != '[' ? strcspn(at, ":/?#\\") : 0;
    return at;
}

static int is_ascii(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && (unsigned char)text[i] < 0x80) {
        i++;
    }
    return i == len;
}

const char *idn_url(struct keep *keep, const char *url, const char **why)
{
    size_t len;
    const char *host = host_of(url, &len), *wrong;
    char name[IDN_NAME];

    if (is_ascii(host, len)) {
        return url;
    }
    wrong = idn_name(keep_copy(keep, host, len), name);
    if (wrong != NULL) {
        *why =
            keep_format(keep, "malformed URL: '%.*s' is no host name: %s", (int)len, host, wrong);
        return NULL;
    }
    return keep_format(keep, "%.*s%s%s", (int)(host - url), url, name, host + len);
}
