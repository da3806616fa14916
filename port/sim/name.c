/* SPDX-License-Identifier: MIT */
/* Lookups: from the hosts of the network, as each host's name is set. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "../localhost.h"

#define NO_SUCH_NAME 4                       /* c-ares' ARES_ENOTFOUND, which messages explain */
#define NO_ANSWER    12                      /* ARES_ETIMEOUT */
#define LIMIT_NS     (30000 * SIM_NS_PER_MS) /* the port bounds its own tries */
#define NAME_MAX_LEN 253                     /* RFC 1035 2.3.4 */

/* --- the answer --- */

static void answer_error(struct midge_dns_query *query, int error)
{
    query->err = MIDGE_ERR_RESOLVE;
    query->native = error;
    query->count = 0;
    query->done = 1;
}

static void add(struct midge_dns_query *query, uint8_t family, const struct midge_addr *addr)
{
    if (family == 0 || family == addr->family) {
        query->addrs[query->count++] = *addr;
    }
}

static void shuffle(struct midge_sim *sim, struct midge_dns_query *query)
{
    for (unsigned i = query->count; i > 1; i--) {
        uint64_t other = midge__sim_below(&sim->chance, i);
        struct midge_addr kept = query->addrs[i - 1];
        query->addrs[i - 1] = query->addrs[other];
        query->addrs[other] = kept;
    }
}

static void answer(struct midge_sim *sim, const struct midge_sim_host *host,
                   struct midge_dns_query *query, uint8_t family)
{
    query->err = MIDGE_OK;
    query->native = 0;
    query->count = 0;
    for (unsigned i = 0; i < host->n_addresses; i++) {
        add(query, family, &host->addresses[i].addr);
    }
    if (host->naming.shuffle) {
        shuffle(sim, query);
    }
    query->done = 1;
    if (host->naming.error != 0 || query->count == 0) {
        answer_error(query, host->naming.error != 0 ? host->naming.error : NO_SUCH_NAME);
    }
    query->ttl_s = host->naming.ttl_s;
    midge__sim_trace(sim, "answer %.200s: %u addresses, error %d", query->host,
                     (unsigned)query->count, query->native);
}

static void answer_localhost(struct midge_dns_query *query)
{
    query->err = MIDGE_OK;
    query->native = 0;
    query->count = 0;
    add(query, query->family, &(const struct midge_addr){.family = 4, .bytes = {127, 0, 0, 1}});
    add(query, query->family, &(const struct midge_addr){.family = 6, .bytes = {[15] = 1}});
    query->done = 1;
}

/* --- under way --- */

static void remove_lookup(struct sim_lookup *lookup)
{
    struct sim_lookup **at = &lookup->sim->lookups;
    while (*at != lookup) {
        at = &(*at)->next;
    }
    *at = lookup->next;
    midge__sim_event_cancel(lookup->sim, &lookup->answer);
    midge__sim_event_cancel(lookup->sim, &lookup->limit);
    free(lookup);
}

static void fire(struct sim_event *event)
{
    struct sim_lookup *lookup =
        (struct sim_lookup *)(void *)((char *)event - offsetof(struct sim_lookup, answer));
    struct midge_sim *sim = lookup->sim;
    if (sim->line.down) {
        return; /* midge__sim_lookups_link_up */
    }
    if (lookup->host != NULL) {
        answer(sim, lookup->host, lookup->query, lookup->family);
    } else {
        answer_error(lookup->query, NO_SUCH_NAME);
        midge__sim_trace(sim, "answer %.200s: no such name", lookup->query->host);
    }
    sim->lookup_ended = true;
    remove_lookup(lookup);
}

static void no_answer(struct sim_event *event)
{
    struct sim_lookup *lookup =
        (struct sim_lookup *)(void *)((char *)event - offsetof(struct sim_lookup, limit));
    midge__sim_trace(lookup->sim, "answer %.200s: none came", lookup->query->host);
    answer_error(lookup->query, NO_ANSWER);
    lookup->sim->lookup_ended = true;
    remove_lookup(lookup);
}

static void begin(struct midge_sim *sim, struct midge_sim_host *host, struct midge_dns_query *query)
{
    struct sim_lookup *lookup = midge__sim_new(sizeof *lookup);
    *lookup = (struct sim_lookup){.next = sim->lookups,
                                  .sim = sim,
                                  .query = query,
                                  .host = host,
                                  .family = query->family,
                                  .answer = {.fire = fire},
                                  .limit = {.fire = no_answer}};
    sim->lookups = lookup;
    midge__sim_event_set(sim, &lookup->limit, sim->now_ns + LIMIT_NS);
    uint64_t wait = host == NULL ? 0 : host->naming.ms * SIM_NS_PER_MS;
    if (host == NULL || !host->naming.silent) {
        midge__sim_event_set(sim, &lookup->answer, sim->now_ns + wait);
    }
}

int midge__sim_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct midge_sim *sim = ctx;
    query->done = 0;
    query->count = 0;
    query->host = host;
    query->impl = NULL;
    int error = midge__sim_call(sim, MIDGE_SIM_RESOLVE, 0);
    midge__sim_trace(sim, "lookup %.253s, family %u", host, (unsigned)query->family);
    struct midge_sim_host *found = midge__sim_host_named(sim, host);
    if (error != 0 || strlen(host) > NAME_MAX_LEN) {
        answer_error(query, error != 0 ? error : NO_SUCH_NAME);
    } else if (found == NULL && midge__is_localhost(host)) {
        answer_localhost(query);
    } else if (found != NULL && found->naming.in_call && !sim->line.down) {
        answer(sim, found, query, query->family);
    } else {
        begin(sim, found, query);
    }
    return MIDGE_OK;
}

void midge__sim_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct midge_sim *sim = ctx;
    for (struct sim_lookup *at = sim->lookups; at != NULL; at = at->next) {
        if (at->query == query) {
            midge__sim_trace(sim, "lookup %.253s is canceled", query->host);
            remove_lookup(at);
            return;
        }
    }
}

/* A resolver asks again after some seconds. */
void midge__sim_lookups_link_up(struct midge_sim *sim)
{
    for (struct sim_lookup *at = sim->lookups; at != NULL && !sim->line.down; at = at->next) {
        if (at->answer.index == 0 && (at->host == NULL || !at->host->naming.silent)) {
            midge__sim_event_set(
                sim, &at->answer,
                midge__sim_line_again(at->answer.at_ns, sim->now_ns, 2000 * SIM_NS_PER_MS));
        }
    }
}

void midge__sim_lookups_free(struct midge_sim *sim)
{
    while (sim->lookups != NULL) {
        remove_lookup(sim->lookups);
    }
}
