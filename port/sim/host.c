/* SPDX-License-Identifier: MIT */
/* Machines of the network: their names, addresses and servers. */
#include "sim.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* --- finding --- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without case (RFC 4343). */
static bool starts(const char *text, const char *with, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(text[i]) != lower(with[i]) || text[i] == '\0') {
            return false;
        }
    }
    return true;
}

static bool matches(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    size_t len = strlen(name), pattern_len = strlen(pattern);
    if (star == NULL) {
        return len == pattern_len && starts(name, pattern, len);
    }
    size_t head = (size_t)(star - pattern), tail = pattern_len - head - 1;
    return len >= head + tail && starts(name, pattern, head) &&
           starts(name + len - tail, star + 1, tail);
}

/* The host of exactly that name comes before one whose pattern fits. */
struct midge_sim_host *midge__sim_host_named(const struct midge_sim *sim, const char *name)
{
    struct midge_sim_host *found = NULL;
    for (struct midge_sim_host *at = sim->hosts; at != NULL; at = at->next) {
        if (matches(at->name, name) && (found == NULL || strchr(at->name, '*') == NULL)) {
            found = at;
        }
    }
    return found;
}

static bool is_address(const struct midge_addr *a, const struct midge_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

struct midge_sim_host *midge__sim_host_at(const struct midge_sim *sim,
                                          const struct midge_addr *addr,
                                          enum midge_sim_address_kind *kind)
{
    for (struct midge_sim_host *at = sim->hosts; at != NULL; at = at->next) {
        for (unsigned i = 0; i < at->n_addresses; i++) {
            if (is_address(&at->addresses[i].addr, addr)) {
                *kind = at->addresses[i].kind;
                return at;
            }
        }
    }
    *kind = MIDGE_SIM_SILENT;
    return NULL;
}

const struct sim_service *midge__sim_service(const struct midge_sim *sim,
                                             const struct midge_sim_host *host, uint16_t port)
{
    const struct sim_service *any = NULL;
    for (const struct sim_service *at = sim->services; at != NULL; at = at->next) {
        if (at->port == port && at->host == host) {
            return at;
        }
        if (at->port == port && at->host == NULL && any == NULL) {
            any = at;
        }
    }
    return any;
}

/* --- adding --- */

static struct midge_addr numbered(uint32_t n)
{
    return (struct midge_addr){.family = 4,
                               .bytes = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static void append(struct midge_sim *sim, struct midge_sim_host *host)
{
    struct midge_sim_host **end = &sim->hosts;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = host;
}

struct midge_sim_host *midge_sim_add_host(struct midge_sim *sim, const char *name)
{
    for (struct midge_sim_host *at = sim->hosts; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return at;
        }
    }
    struct midge_sim_host *host = midge__sim_new(sizeof *host);
    host->sim = sim;
    host->name = midge__sim_copy(name);
    host->addresses[0].addr = numbered(++sim->n_hosts);
    host->n_addresses = 1;
    append(sim, host);
    return host;
}

int midge_sim_add_address(struct midge_sim_host *host, const char *text,
                          enum midge_sim_address_kind kind)
{
    struct sim_address address = {.kind = kind};
    bool v6 = strchr(text, ':') != NULL;
    address.addr.family = v6 ? 6 : 4;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, text, address.addr.bytes) != 1) {
        return MIDGE_ERR_INVALID;
    }
    if (!host->own_addresses) {
        host->own_addresses = true;
        host->n_addresses = 0;
    }
    if (host->n_addresses == MIDGE_DNS_ADDRS) {
        return MIDGE_ERR_NO_SLOT;
    }
    host->addresses[host->n_addresses++] = address;
    return MIDGE_OK;
}

void midge_sim_clear_addresses(struct midge_sim_host *host)
{
    host->own_addresses = true;
    host->n_addresses = 0;
}

void midge_sim_set_name(struct midge_sim_host *host, const struct midge_sim_name *name)
{
    host->naming = *name;
}

void midge_sim_set_cut(struct midge_sim_host *host, const struct midge_sim_cut *cut)
{
    if (cut == NULL) {
        host->cuts[0].armed = host->cuts[1].armed = false;
        return;
    }
    host->cuts[cut->from_client ? 0 : 1] = (struct sim_cut){.armed = true, .cut = *cut};
}

void midge_sim_set_splits(struct midge_sim_host *host, int from_client, const uint64_t *at,
                          size_t n)
{
    host->splits[from_client ? 0 : 1] = (struct sim_splits){at, n};
}

/* The newest comes first. */
int midge__sim_listen(struct midge_sim *sim, const char *host, uint16_t port,
                      const struct sim_peer_type *type, const void *config)
{
    struct midge_sim_host *found = NULL;
    if (host != NULL && (found = midge__sim_host_named(sim, host)) == NULL) {
        return MIDGE_ERR_INVALID;
    }
    struct sim_service *service = midge__sim_new(sizeof *service);
    *service = (struct sim_service){
        .next = sim->services, .host = found, .port = port, .type = type, .config = config};
    sim->services = service;
    return MIDGE_OK;
}

void midge__sim_hosts_free(struct midge_sim *sim)
{
    for (struct midge_sim_host *host; (host = sim->hosts) != NULL;) {
        sim->hosts = host->next;
        free(host->name);
        free(host);
    }
    for (struct sim_service *service; (service = sim->services) != NULL;) {
        sim->services = service->next;
        free(service);
    }
}
