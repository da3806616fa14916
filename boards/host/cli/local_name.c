/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "local_name.h"

#include <string.h>
#include <midge/url.h>

static const char *after_last_slash(const char *text, size_t *len)
{
    size_t start = *len;

    while (start > 0 && text[start - 1] != '/') {
        start--;
    }
    *len -= start;
    return text + start;
}

/* Percent-encoded slashes stay encoded, as with curl: a name chosen by a server or a page cannot
   contain another folder. */
char *local_name_of_url(struct keep *keep, const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *path, *name;
    size_t len;

    if (scheme_end != NULL) {
        url = scheme_end + 3;
    }
    path = url + strcspn(url, "/?#");
    len = *path == '/' ? strcspn(path, "?#") : 0;
    name = after_last_slash(path, &len);
    if (len == 0 || (len == 1 && name[0] == '.') || (len == 2 && memcmp(name, "..", 2) == 0)) {
        return NULL;
    }
    return keep_copy(keep, name, len);
}

const char *local_name_in(struct keep *keep, const char *folder, const char *name)
{
    return folder != NULL && *folder != '\0' ? keep_format(keep, "%s/%s", folder, name) : name;
}

const char *local_name_upload_url(struct keep *keep, const char *url, const char *path)
{
    size_t url_len = strlen(url), len = strlen(path), encoded_len = 0;
    const char *name = after_last_slash(path, &len);
    char *encoded;

    const char *scheme_end = strstr(url, "://");
    int has_path = scheme_end == NULL || strchr(scheme_end + 3, '/') != NULL;

    if (strcmp(path, "-") == 0 || len == 0 || strpbrk(url, "?#") != NULL ||
        (has_path && (url_len == 0 || url[url_len - 1] != '/'))) {
        return url;
    }
    encoded = keep_alloc(keep, len * 3 + 1);
    if (midge_url_encode(encoded, len * 3 + 1, &encoded_len, name, len) != 0) {
        return url;
    }
    return keep_format(keep, "%s%s%s", url, has_path ? "" : "/", encoded);
}
