/* SPDX-License-Identifier: MIT */
/*
 * The texts of both options are parsed twice: address_check refuses bad ones before anything
 * starts; address_apply compares them with each URL and sets connect_host and connect_port of the
 * request.
 */
#define _GNU_SOURCE
#include "address.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "failure.h"
#include "host/addresses.h"
#include "host/number.h"

struct part {
    const char *ptr;
    size_t len;
};

/* Takes a host up to the next colon, "[...]" as a whole. Returns the text after the colon; NULL:
   there is no colon. */
static const char *take_host(const char *text, struct part *host)
{
    const char *end;

    if (*text == '[' && (end = strchr(text, ']')) != NULL) {
        *host = (struct part){text + 1, (size_t)(end - text) - 1};
        end++;
    } else {
        *host = (struct part){text, strcspn(text, ":")};
        end = text + host->len;
    }
    return *end == ':' ? end + 1 : NULL;
}

/* Takes a port, or nothing (0). Returns the text after the colon; NULL: no colon, or a bad port. */
static const char *take_port(const char *text, uint64_t *port)
{
    size_t len = strcspn(text, ":");

    *port = 0;
    if (len > 0 && !number_parse(text, len, 1, 65535, port)) {
        return NULL;
    }
    return text[len] == ':' ? text + len + 1 : NULL;
}

static int host_matches(const struct part *host, const struct midge_url *url)
{
    return host->len == url->host.len && strncasecmp(host->ptr, url->host.ptr, host->len) == 0;
}

/* --- --resolve HOST:PORT:ADDR[,ADDR]... --- */

struct resolve {
    struct part host, address;
    uint64_t port;
};

static int is_literal(const struct part *address)
{
    char text[64];
    uint8_t bytes[16];
    char *zone;

    if (address->len >= sizeof text) {
        return 0;
    }
    memcpy(text, address->ptr, address->len);
    text[address->len] = '\0';
    if ((zone = strchr(text, '%')) != NULL && zone[1] != '\0') {
        *zone = '\0'; /* of IPv6; the library checks that it exists */
    }
    return (zone == NULL && inet_pton(AF_INET, text, bytes) == 1) ||
           inet_pton(AF_INET6, text, bytes) == 1;
}

static int resolve_parse(const char *text, struct resolve *resolve)
{
    const char *at = take_host(text + (*text == '+'), &resolve->host);
    size_t len;

    if (at == NULL || resolve->host.len == 0 || (at = take_port(at, &resolve->port)) == NULL ||
        resolve->port == 0) {
        return 0;
    }
    len = strlen(at);
    if (strchr(at, ',') != NULL) {
        const char *name = addresses_name(at);
        resolve->address = (struct part){name, name != NULL ? strlen(name) : 0};
        return name != NULL;
    }
    if (len >= 2 && at[0] == '[' && at[len - 1] == ']') {
        resolve->address = (struct part){at + 1, len - 2};
    } else {
        resolve->address = (struct part){at, len};
    }
    return is_literal(&resolve->address);
}

/* 2 for exactly this host, 1 for any host, 0 for another. */
static int resolve_matches(const struct resolve *resolve, const struct midge_url *url)
{
    int any_host = resolve->host.len == 1 && resolve->host.ptr[0] == '*';

    if (resolve->port != url->port) {
        return 0;
    }
    return any_host ? 1 : host_matches(&resolve->host, url) ? 2 : 0;
}

/* --- --connect-to HOST1:PORT1:HOST2:PORT2, each may be empty --- */

struct connect_to {
    struct part from, to;
    uint64_t from_port, to_port;
};

static int connect_to_parse(const char *text, struct connect_to *connect)
{
    const char *at = take_host(text, &connect->from);

    if (at == NULL || (at = take_port(at, &connect->from_port)) == NULL ||
        (at = take_host(at, &connect->to)) == NULL) {
        return 0;
    }
    connect->to_port = 0;
    return *at == '\0' || number_parse(at, strlen(at), 1, 65535, &connect->to_port);
}

static int connect_to_matches(const struct connect_to *connect, const struct midge_url *url)
{
    return (connect->from.len == 0 || host_matches(&connect->from, url)) &&
           (connect->from_port == 0 || connect->from_port == url->port);
}

/* --- both --- */

int address_check(const struct group *group)
{
    struct resolve resolve;
    struct connect_to connect;

    for (size_t i = 0; i < group->resolve.n; i++) {
        if (!resolve_parse(group->resolve.at[i].text, &resolve)) {
            return usage_error("option --resolve: '%s' is not HOST:PORT:ADDRESS[,ADDRESS]...",
                               group->resolve.at[i].text);
        }
    }
    for (size_t i = 0; i < group->connect_to.n; i++) {
        if (!connect_to_parse(group->connect_to.at[i].text, &connect)) {
            return usage_error("option --connect-to: '%s' is not HOST1:PORT1:HOST2:PORT2",
                               group->connect_to.at[i].text);
        }
    }
    return 0;
}

static void apply_resolve(struct keep *keep, const struct group *group, const struct midge_url *url,
                          struct midge_request *request)
{
    struct resolve resolve;
    int best = 1, match;

    for (size_t i = 0; i < group->resolve.n; i++) { /* of equally good ones the last counts */
        if (!resolve_parse(group->resolve.at[i].text, &resolve) ||
            (match = resolve_matches(&resolve, url)) < best) {
            continue;
        }
        request->connect_host = keep_copy(keep, resolve.address.ptr, resolve.address.len);
        best = match;
    }
}

void address_apply(struct keep *keep, const struct group *group, const struct midge_url *url,
                   struct midge_request *request)
{
    struct midge_url target = *url;
    struct connect_to connect;

    for (size_t i = 0; i < group->connect_to.n; i++) {
        if (!connect_to_parse(group->connect_to.at[i].text, &connect) ||
            !connect_to_matches(&connect, url)) {
            continue;
        }
        if (connect.to.len > 0) {
            request->connect_host = keep_copy(keep, connect.to.ptr, connect.to.len);
            target.host = (struct midge_span){request->connect_host, connect.to.len};
        }
        if (connect.to_port > 0) {
            target.port = request->connect_port = (uint16_t)connect.to_port;
        }
        break; /* the first that matches counts, as with curl */
    }
    if (request->proxy == NULL || request->proxy->host == NULL) {
        apply_resolve(keep, group, &target, request);
    }
}

void address_of_proxy(struct keep *keep, const struct group *group, struct midge_proxy *proxy)
{
    const struct midge_url url = {.host = {proxy->host, strlen(proxy->host)}, .port = proxy->port};
    struct midge_request request = {0};

    apply_resolve(keep, group, &url, &request);
    if (request.connect_host != NULL) {
        proxy->host = request.connect_host;
    }
}
