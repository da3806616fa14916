/* SPDX-License-Identifier: MIT */
/* By libidn2, which curl uses too: the tables of Unicode are no work for this program. */
#define _GNU_SOURCE
#include "host/cli/idn.h"

#include <idn2.h>
#include <string.h>

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

/* A name that is not allowed today may be one by the older rules. */
static int to_ascii(const char *host, char **name)
{
    int err = idn2_to_ascii_8z(host, name, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

    return err == IDN2_OK ? err : idn2_to_ascii_8z(host, name, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
}

const char *idn_url(struct keep *keep, const char *url, const char **why)
{
    size_t len;
    const char *host = host_of(url, &len);
    char *name;
    int err;

    if (is_ascii(host, len)) {
        return url;
    }
    err = to_ascii(keep_copy(keep, host, len), &name);
    if (err != IDN2_OK) {
        *why = keep_format(keep, "malformed URL: '%.*s' is no host name: %s", (int)len, host,
                           idn2_strerror(err));
        return NULL;
    }
    url = keep_format(keep, "%.*s%s%s", (int)(host - url), url, name, host + len);
    idn2_free(name);
    return url;
}
