/* SPDX-License-Identifier: MIT */
/*
 * The hops of a fetch. A request's timings are sums over its hops. The phases before `send` that
 * were added since the hop before began to send belong to this hop; those from `send` on to the hop
 * that was sending:
 *
 *     before[i]             before[i + 1], or the result
 *     ---|------------------|-------------
 *        send wait body  queue dns connect tls
 *        of hop i        of hop i + 1
 */
#include "har.h"

#include <midge/err.h>

#include "run.h"

struct har_hop *har_add(struct fetch *fetch)
{
    struct har_hops *hops = &fetch->hops;

    hops->at = keep_room(fetch->run->keep, hops->at, hops->n, sizeof *hops->at);
    hops->at[hops->n] = (struct har_hop){0};
    return &hops->at[hops->n++];
}

void har_again(struct fetch *fetch, uint64_t us)
{
    struct har_hops *hops = &fetch->hops;

    if (hops->n == hops->n_before) { /* otherwise the attempt was sent, and is a hop */
        hops->again = keep_room(fetch->run->keep, hops->again, hops->n_again, sizeof *hops->again);
        hops->again[hops->n_again++] = us;
    }
    hops->n_before = hops->n;
}

void har_end(struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;
    const struct har_hops *hops = &fetch->hops;

    if (result->error == MIDGE_OK || (hops->n > 0 && result->phase >= MIDGE_PHASE_SEND)) {
        return;
    }
    *har_add(fetch) = (struct har_hop){
        .method = fetch->hop_method != NULL ? fetch->hop_method : fetch->method,
        .url = fetch->url,
        .before = result->t,
        .connection = result->connection,
        .redirects = result->redirects,
        .retries = result->retries,
        .has_body = !fetch->lost_body,
    };
}

uint64_t har_until_sent(const struct midge_timings *t)
{
    return (uint64_t)t->queue_us + t->dns_us + t->connect_us + t->tls_us;
}

uint64_t har_since_sent(const struct midge_timings *t)
{
    return (uint64_t)t->send_us + t->wait_us + t->body_us;
}

struct midge_timings har_timings(const struct fetch *fetch, size_t i)
{
    static const struct midge_timings none;
    const struct har_hop *hop = &fetch->hops.at[i];
    const struct midge_timings *last = i > 0 ? &hop[-1].before : &none, *before = &hop->before;
    const struct midge_timings *after = i + 1 < fetch->hops.n ? &hop[1].before : &fetch->result.t;

    return (struct midge_timings){
        .queue_us = before->queue_us - last->queue_us,
        .dns_us = before->dns_us - last->dns_us,
        .connect_us = before->connect_us - last->connect_us,
        .tls_us = before->tls_us - last->tls_us,
        .send_us = after->send_us - before->send_us,
        .wait_us = after->wait_us - before->wait_us,
        .body_us = after->body_us - before->body_us,
        .start_us = after->start_us + har_until_sent(last) + har_since_sent(before),
    };
}
