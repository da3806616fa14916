/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "local_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int local_name_make_folders(const char *path)
{
    char *folder = strdup(path);
    int code = folder != NULL ? 0 : ENOMEM;

    for (char *at = folder; code == 0 && *at != '\0' && (at = strchr(at + 1, '/')) != NULL;) {
        *at = '\0';
        if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
            code = errno;
        }
        *at = '/';
    }
    free(folder);
    return code;
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
