/* SPDX-License-Identifier: MIT */
/*
 * The part before the '@' of a URL (RFC 3986 3.2.1), percent-decoded. It is the program that takes
 * it out: the library gets a URL without it, so no report, message or Referer can show it.
 *
 * Refused is a text that two readers could split in two ways: a second '@', a bracket, a backslash;
 * and bytes that Basic cannot carry (RFC 7617 2): control characters, a colon in the name.
 */
#define _GNU_SOURCE
#include "url_user.h"

#include <string.h>

#include "headers.h"
#include "host/percent.h"

static const char *decode(struct keep *keep, const char *text, size_t len)
{
    char *room = keep_alloc(keep, len + 1);

    *percent_decode(room, text, len) = '\0';
    return room;
}

static const char *check(const struct url_user *found, const char *text)
{
    if (strpbrk(text, "@\\[] ") != NULL) {
        return "malformed URL: in a user name and password @ is written %40, [ %5B, ] %5D, \\ %5C";
    }
    if (strchr(found->user, ':') != NULL) {
        return "malformed URL: a ':' in the user name";
    }
    if (has_control(found->user) || has_control(found->password) || strstr(text, "%00") != NULL) {
        return "malformed URL: a control character in user name or password";
    }
    return NULL;
}

const char *url_user_take(struct keep *keep, const char *url, struct url_user *found,
                          const char **why)
{
    const char *slashes = strstr(url, "://"), *at, *text, *colon;
    size_t before, len;

    *found = (struct url_user){0};
    *why = NULL;
    if (slashes == NULL || slashes != url + strcspn(url, ":/?#")) {
        return url;
    }
    before = (size_t)(slashes + 3 - url);
    at = memrchr(url + before, '@', strcspn(url + before, "/?#"));
    if (at == NULL) {
        return url;
    }
    len = (size_t)(at - url) - before;
    if (len > 0) {
        text = keep_copy(keep, url + before, len);
        colon = strchrnul(text, ':');
        found->user = decode(keep, text, (size_t)(colon - text));
        found->password = *colon == ':' ? decode(keep, colon + 1, strlen(colon + 1)) : "";
        *why = check(found, text);
    }
    return keep_format(keep, "%.*s%s", (int)before, url, at + 1);
}
