/* SPDX-License-Identifier: MIT */
/*
 * http_proxy (lower case only: a web server sets HTTP_PROXY from a client's header), https_proxy,
 * HTTPS_PROXY, then all_proxy, ALL_PROXY. no_proxy, then NO_PROXY: names (with all names below
 * them), addresses, networks as 10.0.0.0/8, or * for all; separated by commas or spaces. An empty
 * variable counts as none.
 */
#define _GNU_SOURCE
#include "proxy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addresses.h"
#include "number.h"

#define SEPARATORS ", \t"

static int is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

static const char *first_set(const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_set(names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* --- an address in a network --- */

static int same_bits(const uint8_t *a, const uint8_t *b, size_t bits)
{
    size_t bytes = bits / 8, rest = bits % 8;

    if (memcmp(a, b, bytes) != 0) {
        return 0;
    }
    return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

static int in_network(const struct midge_span *host, const char *network, size_t len)
{
    uint8_t ours[16], theirs[16];
    const char *slash = memchr(network, '/', len);
    size_t address_len = slash != NULL ? (size_t)(slash - network) : len;
    size_t size = addresses_one(host->ptr, host->len, ours);
    uint64_t bits = size * 8;

    if (size == 0 || size != addresses_one(network, address_len, theirs)) {
        return 0;
    }
    if (slash != NULL && !number_parse(slash + 1, len - address_len - 1, 0, size * 8, &bits)) {
        return 0;
    }
    return same_bits(ours, theirs, (size_t)bits);
}

/* --- a name, and all below it --- */

static int is_below(const struct midge_span *host, const char *domain, size_t len)
{
    size_t host_len = host->len;

    if (len > 0 && domain[0] == '.') {
        domain++;
        len--;
    }
    len -= len > 0 && domain[len - 1] == '.';
    host_len -= host_len > 0 && host->ptr[host_len - 1] == '.';
    if (len == 0 || len > host_len || strncasecmp(host->ptr + host_len - len, domain, len) != 0) {
        return 0;
    }
    return len == host_len || host->ptr[host_len - len - 1] == '.';
}

static int is_exempt(const struct midge_span *host, const char *list)
{
    uint8_t bytes[16];
    int is_address = addresses_one(host->ptr, host->len, bytes) != 0;

    if (list == NULL) {
        return 0;
    }
    if (strcmp(list, "*") == 0) {
        return 1;
    }
    for (list += strspn(list, SEPARATORS); *list != '\0'; list += strspn(list, SEPARATORS)) {
        size_t len = strcspn(list, SEPARATORS);
        if (is_address ? in_network(host, list, len) : is_below(host, list, len)) {
            return 1;
        }
        list += len;
    }
    return 0;
}

static const char *variable_of(bool is_https)
{
    static const char *const http[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    return is_https ? first_set(https, sizeof https / sizeof https[0])
                    : first_set(http, sizeof http / sizeof http[0]);
}

int proxy_any_set(void)
{
    return variable_of(false) != NULL || variable_of(true) != NULL;
}

const char *proxy_variable(const struct midge_url *url)
{
    return variable_of(url->is_https);
}

int proxy_exempts(const struct midge_url *url, const char *noproxy)
{
    if (noproxy == NULL) {
        noproxy = getenv(is_set("no_proxy") ? "no_proxy" : "NO_PROXY");
    }
    return is_exempt(&url->host, noproxy);
}
