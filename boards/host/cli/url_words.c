/* SPDX-License-Identifier: MIT */
/*
 * The library only says that a URL is malformed; this file finds the place for the user. The checks
 * follow the order in which a URL is read, and the first that finds an error gives the text.
 */
#define _GNU_SOURCE
#include "url_words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>
#include <midge/url.h>

#include "host/number.h"

struct typed {
    struct keep *keep;
    const char *url;
    const char *host, *port; /* port: after the colon, NULL none */
    size_t scheme_len, host_len, port_len;
};

/* --- the characters --- */

static const char *characters(const struct typed *typed)
{
    for (const char *at = typed->url; *at != '\0'; at++) {
        if (*at == ' ') {
            return "a space in it: write %20, or quote the URL and the next one apart";
        }
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return "a control character in it";
        }
        if (*at == '%' && (!isxdigit((unsigned char)at[1]) || !isxdigit((unsigned char)at[2]))) {
            return "a '%' without two hexadecimal digits: write %25 for the sign itself";
        }
    }
    return strlen(typed->url) > MIDGE_URL_MAX ? "it is too long" : NULL;
}

/* --- the scheme --- */

static int is_http(const char *text, size_t len)
{
    return (len == 4 && strncasecmp(text, "http", 4) == 0) ||
           (len == 5 && strncasecmp(text, "https", 5) == 0);
}

/* "htp", "htttps", "hhtp": begins like http and has no other letters. */
static int is_nearly_http(const char *text, size_t len)
{
    size_t alike = 0;

    for (; alike < len && strchr("htpsHTPS", text[alike]) != NULL; alike++) {
    }
    return len >= 3 && len <= 7 && alike == len && (text[0] == 'h' || text[0] == 'H');
}

static const char *other_scheme(const struct typed *typed)
{
    const char *url = typed->url;
    int len = (int)typed->scheme_len;

    if (is_nearly_http(url, typed->scheme_len)) {
        return keep_format(typed->keep, "there is no scheme '%.*s': did you mean %s?", len, url,
                           memchr(url, 's', typed->scheme_len) != NULL ? "https" : "http");
    }
    return keep_format(typed->keep, "the scheme '%.*s' is not supported: only http and https are",
                       len, url);
}

/* A scheme that is not followed by "://". */
static const char *slashes(const struct typed *typed)
{
    const char *rest = typed->url + typed->scheme_len;
    int len = (int)typed->scheme_len;

    if (*rest == ':') {
        rest++;
    }
    rest += strspn(rest, "/\\:");
    return keep_format(typed->keep, "'://' must follow the scheme: write %.*s://%s", len,
                       typed->url, rest);
}

/* --- the host --- */

static int holds(const struct typed *typed, int (*is)(int))
{
    for (size_t i = 0; i < typed->host_len; i++) {
        if (is((unsigned char)typed->host[i])) {
            return 1;
        }
    }
    return 0;
}

static int is_bad(int c)
{
    return !isalnum(c) && c != '-' && c != '.' && c != '_';
}

static const char *host(const struct typed *typed)
{
    const char *at = typed->host;
    size_t len = typed->host_len;

    if (len == 0) {
        return "no host";
    }
    if (at[0] == '[' && memchr(at, ']', len) == NULL) {
        return "no ']' behind the IPv6 address";
    }
    if (at[0] == '[' && memchr(at, '%', len) != NULL) {
        return "only link-local IPv6 addresses have a zone: http://[fe80::1%25eth0]/";
    }
    if (at[0] == '[') {
        return "what is in the brackets is no IPv6 address";
    }
    if (holds(typed, is_bad)) {
        return keep_format(typed->keep, "'%.*s' is no host name", (int)len, at);
    }
    if (isdigit((unsigned char)at[len - 1])) {
        return keep_format(typed->keep, "'%.*s' is no IPv4 address: four numbers from 0 to 255",
                           (int)len, at);
    }
    return keep_format(typed->keep, "'%.*s' is no host name: an empty part, or one too long",
                       (int)len, at);
}

static int host_is_good(const struct typed *typed)
{
    struct midge_url url;
    char *text = keep_format(typed->keep, "http://%.*s/", (int)typed->host_len, typed->host);

    return typed->host_len > 0 && midge_url_parse(&url, text, strlen(text), 0) == MIDGE_OK;
}

static const char *port(const struct typed *typed)
{
    uint64_t number;

    if (typed->port == NULL || typed->port_len == 0 ||
        number_parse(typed->port, typed->port_len, 1, 65535, &number)) {
        return NULL;
    }
    if (memchr(typed->port, ':', typed->port_len) != NULL) {
        return "an IPv6 address stands in brackets: http://[::1]/";
    }
    return keep_format(typed->keep, "'%.*s' is no port: a number from 1 to 65535",
                       (int)typed->port_len, typed->port);
}

static const char *authority(struct typed *typed)
{
    const char *at = typed->url + typed->scheme_len + 3;
    size_t len = strcspn(at, "/?#"), bracket;

    if (memchr(at, '@', len) != NULL) {
        return "a user name and password in it are not accepted";
    }
    bracket = at[0] == '[' ? strcspn(at, "]") : 0;
    typed->host = at;
    typed->host_len = bracket < len ? bracket + strcspn(at + bracket, ":/?#") : len;
    if (typed->host_len < len) {
        typed->port = at + typed->host_len + 1;
        typed->port_len = len - typed->host_len - 1;
    }
    return port(typed) != NULL ? port(typed) : host_is_good(typed) ? NULL : host(typed);
}

/* --- all --- */

/* An editor's dash, U+2013 or U+2014, in place of a minus. */
static int is_dash(const char *url)
{
    return strncmp(url, "\xe2\x80\x93", 3) == 0 || strncmp(url, "\xe2\x80\x94", 3) == 0;
}

static const char *scheme(struct typed *typed, int *err)
{
    const char *url = typed->url;
    size_t word = strcspn(url, ":/?#\\");

    typed->scheme_len = word;
    if (is_dash(url)) {
        return "it begins with a dash that is no '-': options begin with that";
    }
    if (is_http(url, word) && strncmp(url + word, "://", 3) != 0 && url[word] != '\0') {
        *err = MIDGE_ERR_URL;
        return slashes(typed);
    }
    if (word == 0 || strncmp(url + word, "://", 3) != 0) {
        *err = MIDGE_ERR_URL; /* "localhost:80/x": a host without a scheme, not a scheme */
        return url[0] == '\0' ? "it is empty" : "no scheme, write https://... or http://...";
    }
    return is_http(url, word) ? NULL : other_scheme(typed);
}

const char *url_words(struct keep *keep, const char *url, int *err)
{
    struct typed typed = {.keep = keep, .url = url};
    const char *words = *err == MIDGE_ERR_URL ? characters(&typed) : NULL;

    if (words == NULL) {
        words = scheme(&typed, err);
    }
    if (*err == MIDGE_ERR_SCHEME) {
        return words;
    }
    if (words == NULL) {
        words = authority(&typed);
    }
    return words != NULL ? keep_format(keep, "malformed URL: %s", words) : NULL;
}
