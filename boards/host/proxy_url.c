/* SPDX-License-Identifier: MIT */
/*
 * The text is read from its front: scheme, user and password up to the last '@', host, port. The
 * percent-encoding of user and password is taken away, as curl does. Without a port it is 1080,
 * 443 for https, as with curl.
 */
#include "proxy_url.h"

#include <string.h>
#include <strings.h>

#include "number.h"
#include "percent.h"

#define DEFAULT_PORT 1080
#define SECURE_PORT  443

static const char *skip_scheme(const char *text, int *secure, const char **why)
{
    const char *end = strstr(text, "://");

    if (end == NULL) {
        return text;
    }
    *secure = end - text == 5 && strncasecmp(text, "https", 5) == 0;
    if (!*secure && (end - text != 4 || strncasecmp(text, "http", 4) != 0)) {
        *why = "is not an http:// or https:// proxy: others are not supported";
    }
    return end + 3;
}

/* "user:password"; a user without a password gets an empty one. Returns the end of the output. */
static char *put_credentials(char *out, const char *text, size_t len)
{
    int has_colon = memchr(text, ':', len) != NULL;

    out = percent_decode(out, text, len);
    if (!has_colon) {
        *out++ = ':';
    }
    *out++ = '\0';
    return out;
}

/* "host" or "[address]". Returns the text behind it; NULL: there is no host. */
static const char *put_host(char *out, const char *text, size_t len)
{
    size_t open = len > 0 && text[0] == '[';
    const char *end = memchr(text, open ? ']' : ':', len);
    size_t host_len = (end != NULL ? (size_t)(end - text) : len) - open;

    if ((open && end == NULL) || host_len == 0 || memchr(text, '%', len) != NULL) {
        return NULL;
    }
    memcpy(out, text + open, host_len);
    out[host_len] = '\0';
    return text + open + host_len + open;
}

const char *proxy_url_parse(const char *text, char *room, struct midge_proxy *proxy)
{
    int secure = 0;
    const char *why = NULL, *at = skip_scheme(text, &secure, &why), *end = at + strcspn(at, "/?#"),
               *host = at;
    uint64_t port = secure ? SECURE_PORT : DEFAULT_PORT;

    for (const char *c = at; c < end; c++) {
        host = *c == '@' ? c + 1 : host;
    }
    *proxy = (struct midge_proxy){0};
    if (host > at) {
        proxy->credentials = room;
        room = put_credentials(room, at, (size_t)(host - at) - 1);
    }
    proxy->host = room;
    at = put_host(room, host, (size_t)(end - host));
    if (at == NULL || (at < end && *at != ':') || (*end != '\0' && strcmp(end, "/") != 0) ||
        (at + 1 < end && !number_parse(at + 1, (size_t)(end - at) - 1, 1, 65535, &port))) {
        return why != NULL ? why : "is not [user:password@]host[:port]";
    }
    proxy->port = (uint16_t)port;
    proxy->secure = (uint8_t)secure;
    return why;
}
