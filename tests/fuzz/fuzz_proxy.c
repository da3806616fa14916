/* SPDX-License-Identifier: MIT */
/*
 * Proxies as the host program's options and the environment name them. By the last byte:
 *
 *   a proxy's URL (proxy_url.c): its texts fit the room; written anew from its parts, with each
 * byte of user and password percent-encoded, it is the same proxy a host and a list of no_proxy
 * (proxy.c), in two lines: a second reader says the same of each of the list's words, as does the
 * list with other separators and letters; a host exempts itself the variables of the environment
 * (proxy.c), two bits each: the right one counts
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>

#include "proxy.h"
#include "proxy_url.h"

/* --- a URL --- */

static void write_credentials(struct fuzz_text *url, const char *credentials)
{
    const char *colon = strchr(credentials, ':');
    FUZZ_CHECK(colon != NULL);
    for (const char *c = credentials; *c != '\0'; c++) {
        if (c == colon) {
            fuzz_puts(url, ":");
        } else {
            fuzz_printf(url, "%%%02x", (unsigned)(unsigned char)*c);
        }
    }
    fuzz_puts(url, "@");
}

static void write_url(struct fuzz_text *url, const struct midge_proxy *proxy)
{
    bool brackets = proxy->host[0] == '[' || strchr(proxy->host, ':') != NULL;
    fuzz_puts(url, proxy->secure ? "HTTPS://" : "hTTp://");
    if (proxy->credentials != NULL) {
        write_credentials(url, proxy->credentials);
    }
    fuzz_puts(url, brackets ? "[" : "");
    fuzz_puts(url, proxy->host);
    fuzz_puts(url, brackets ? "]" : "");
    fuzz_printf(url, ":%u/", (unsigned)proxy->port);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void try_url(const char *text)
{
    struct midge_proxy proxy, again;
    struct fuzz_text url = {NULL, 0, 0};
    char *room = malloc(PROXY_URL_ROOM(strlen(text)));
    FUZZ_CHECK(room != NULL);
    if (proxy_url_parse(text, room, &proxy) == NULL) {
        FUZZ_CHECK(proxy.host[0] != '\0' && strpbrk(proxy.host, "/?#%@") == NULL && proxy.port > 0);
        write_url(&url, &proxy);
        char *second = malloc(PROXY_URL_ROOM(url.len));
        FUZZ_CHECK(second != NULL && proxy_url_parse(url.ptr, second, &again) == NULL);
        FUZZ_CHECK(same_text(proxy.host, again.host) && proxy.port == again.port);
        FUZZ_CHECK(same_text(proxy.credentials, again.credentials));
        FUZZ_CHECK(proxy.secure == again.secure);
        free(second);
    }
    fuzz_free(&url);
    free(room);
}

/* --- no_proxy --- */

/* An address's bits as a text of 0 and 1; the last 0 bytes: it is none. */
static size_t bits_of(const char *text, char bits[129])
{
    uint8_t bytes[16];
    size_t n = inet_pton(AF_INET, text, bytes) == 1 ? 32 : 0;
    n = n == 0 && inet_pton(AF_INET6, text, bytes) == 1 ? 128 : n;
    for (size_t i = 0; i < n; i++) {
        bits[i] = (bytes[i / 8] & 0x80U >> i % 8) != 0 ? '1' : '0';
    }
    bits[n] = '\0';
    return n;
}

/* Without the brackets around an address. */
static char *bare(const char *text)
{
    size_t len = strlen(text);
    bool brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    return fuzz_string(text + brackets, len - 2 * brackets);
}

static bool network_has(const char *host, char *word)
{
    char ours[129], theirs[129];
    size_t size = bits_of(host, ours), most = size;
    char *slash = strchr(word, '/');
    if (slash != NULL) {
        *slash++ = '\0';
        size_t digits = strspn(slash, "0123456789");
        unsigned long value = strtoul(slash, NULL, 10);
        if (digits == 0 || slash[digits] != '\0' || value > size) {
            return false;
        }
        most = value;
    }
    char *address = bare(word);
    bool has = bits_of(address, theirs) == size && strncmp(ours, theirs, most) == 0;
    free(address);
    return has;
}

static bool name_has(const char *host, const char *word)
{
    struct fuzz_text ours = {NULL, 0, 0}, theirs = {NULL, 0, 0};
    fuzz_printf(&ours, ".%s", host);
    fuzz_printf(&theirs, "%s%s", word[0] == '.' ? "" : ".", word);
    ours.len -= ours.ptr[ours.len - 1] == '.' && ours.len > 1;
    theirs.len -= theirs.ptr[theirs.len - 1] == '.' && theirs.len > 1;
    bool has = theirs.len > 1 && theirs.len <= ours.len &&
               strncasecmp(ours.ptr + ours.len - theirs.len, theirs.ptr, theirs.len) == 0;
    fuzz_free(&ours);
    fuzz_free(&theirs);
    return has;
}

static bool exempt(const char *host, const char *list)
{
    const struct midge_url url = {.host = {host, strlen(host)}};
    return proxy_exempts(&url, list) != 0;
}

static bool word_exempts(const char *host, const char *list, size_t len)
{
    char bits[129];
    char *word = fuzz_string(list, len);
    bool said = exempt(host, word);
    if (strcmp(word, "*") != 0) {
        FUZZ_CHECK(said ==
                   (bits_of(host, bits) > 0 ? network_has(host, word) : name_has(host, word)));
    }
    free(word);
    return said;
}

static void change(char *list)
{
    for (char *c = list; *c != '\0'; c++) {
        *c = *c == ',' ? ' '
                       : (char)(isupper((unsigned char)*c) ? tolower((unsigned char)*c)
                                                           : toupper((unsigned char)*c));
    }
}

static void try_list(const char *host, char *list)
{
    bool any = false;
    if (host[0] == '\0' || strlen(host) + strlen(list) > 180 || strpbrk(host, "[], \t/*") != NULL) {
        return; /* as no URL's host is */
    }
    for (const char *at = list + strspn(list, ", \t"); *at != '\0'; at += strspn(at, ", \t")) {
        size_t len = strcspn(at, ", \t");
        bool all = len == 1 && *at == '*' && strcmp(list, "*") != 0; /* counts only alone */
        any = (!all && word_exempts(host, at, len)) || any;
        at += len;
    }
    FUZZ_CHECK(exempt(host, list) == any);
    FUZZ_CHECK(strspn(host, ".") == strlen(host) || exempt(host, host));
    change(list);
    FUZZ_CHECK(exempt(host, list) == any);
}

/* --- the environment --- */

static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
                                    "all_proxy",  "ALL_PROXY",   "HTTP_PROXY"};

static void try_variables(struct fuzz_in *in)
{
    const char *http = NULL, *https = NULL;
    unsigned bits = fuzz_choice(in) | fuzz_choice(in) << 8;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unsigned kind = bits >> 2 * i & 3;
        if (kind == 0) {
            (void)unsetenv(names[i]);
            continue;
        }
        (void)setenv(names[i], kind == 1 ? "" : "p.test:8080", 1);
        if (kind > 1 && i < 5) {
            http = http == NULL && (i == 0 || i > 2) ? names[i] : http;
            https = https == NULL && i > 0 ? names[i] : https;
        }
    }
    const char *plain = proxy_variable(&(const struct midge_url){.is_https = false});
    const char *secure = proxy_variable(&(const struct midge_url){.is_https = true});
    FUZZ_CHECK(same_text(plain, http) && same_text(secure, https));
    FUZZ_CHECK((proxy_any_set() != 0) == (http != NULL || https != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned kind = fuzz_choice(&in) % 3;
    if (kind == 2) {
        try_variables(&in);
        return 0;
    }
    char *text = fuzz_string(in.at, in.len);
    if (text != NULL && kind == 0) {
        try_url(text);
    } else if (text != NULL) {
        char *line = strchr(text, '\n');
        if (line != NULL) {
            *line = '\0';
            try_list(text, line + 1);
        }
    }
    free(text);
    return 0;
}
