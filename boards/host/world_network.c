/* SPDX-License-Identifier: MIT */
/*
 * Lines about the whole network, which stand before the first host, and lines about a path, which
 * may stand behind a host too.
 */
#include <string.h>
#include <midge/err.h>

#include "faults.h"
#include "world_build.h"

/* --- the whole network --- */

static void set_seed(struct world_builder *b)
{
    b->config.seed = world_number(&b->line, "seed", UINT64_MAX);
}

static void set_date(struct world_builder *b)
{
    b->config.date = world_is_next(&b->line, "none") ? -1 : world_date(&b->line, "date");
}

static void set_clock(struct world_builder *b)
{
    b->config.clock_start_ms = world_number32(b, "clock");
}

static void set_call_time(struct world_builder *b)
{
    uint32_t us = (uint32_t)world_number(&b->line, "call-time", 4000000);

    b->config.call_ns = us > 0 ? us * 1000 : UINT32_MAX;
}

static void set_sockets(struct world_builder *b)
{
    b->config.max_sockets = world_number32(b, "sockets");
}

static void set_would_block(struct world_builder *b)
{
    b->chance.would_block = world_rate(&b->line, "would-block");
}

static void set_short(struct world_builder *b)
{
    b->chance.short_calls = world_rate(&b->line, "short");
}

static void set_spurious(struct world_builder *b)
{
    b->chance.spurious = world_rate(&b->line, "spurious");
}

static void set_interrupted(struct world_builder *b)
{
    b->chance.interrupted = world_rate(&b->line, "interrupted");
}

static void set_recv_most(struct world_builder *b)
{
    b->chance.recv_most = world_number32(b, "recv-most");
}

static void set_send_most(struct world_builder *b)
{
    b->chance.send_most = world_number32(b, "send-most");
}

/* fail recv 3 ECONNRESET [sticky] */
static void set_fail(struct world_builder *b)
{
    static const char *const calls[] = {"connect", "send", "recv", "poll", "resolve", "file", NULL};
    struct world_fault fault = {0};

    fault.call = (enum midge_sim_call)world_choice(&b->line, "call", calls);
    fault.nth = world_number32(b, "number of the call");
    fault.code = faults_errno(world_word(&b->line, "error"));
    fault.sticky = world_is_next(&b->line, "sticky");
    if (fault.nth == 0 || fault.code == 0) {
        world_wrong(&b->line, "fail: it is CALL NUMBER ERRNO, as recv 3 ECONNRESET");
    } else if (b->n_faults == sizeof b->faults / sizeof b->faults[0]) {
        world_wrong(&b->line, "too many of fail");
    } else {
        b->faults[b->n_faults++] = fault;
    }
}

/* --- paths: of the network, or of the host --- */

static void set_latency(struct world_builder *b)
{
    b->path->latency_us = (uint32_t)world_milli(&b->line, "latency", WORLD_MS_MAX);
}

static void set_jitter(struct world_builder *b)
{
    b->path->jitter_us = (uint32_t)world_milli(&b->line, "jitter", WORLD_MS_MAX);
}

static void set_bandwidth(struct world_builder *b)
{
    b->path->bytes_per_s = world_number32(b, "bandwidth");
}

static void set_segment(struct world_builder *b)
{
    b->path->segment = world_number32(b, "segment");
}

static void set_split(struct world_builder *b)
{
    b->path->split = world_rate(&b->line, "split");
}

static void set_loss(struct world_builder *b)
{
    b->path->loss = world_rate(&b->line, "loss");
}

static void set_recv_buffer(struct world_builder *b)
{
    b->path->recv_buffer = world_number32(b, "recv-buffer");
}

static void set_send_buffer(struct world_builder *b)
{
    b->path->send_buffer = world_number32(b, "send-buffer");
}

static void set_reset_discards(struct world_builder *b)
{
    b->path->reset_discards = 1;
}

/* --- all of it --- */

/* The network is complete: opens it. */
void world_end_network(struct world_builder *b)
{
    if (b->world->sim != NULL || b->line.failed) {
        return;
    }
    if (b->seed != NULL) {
        b->config.seed = *b->seed;
    }
    if (midge_sim_open(&b->world->sim, &b->config) != MIDGE_OK) {
        world_wrong(&b->line, "the simulation can't be opened");
        return;
    }
    midge_sim_set_path(b->world->sim, &b->net_path);
    midge_sim_set_chance(b->world->sim, &b->chance);
    for (size_t i = 0; i < b->n_faults; i++) {
        const struct world_fault *f = &b->faults[i];
        (void)midge_sim_fail(b->world->sim, f->call, f->nth, f->code, f->sticky);
    }
}

const struct world_word world_network_words[] = {
    {"seed", set_seed},
    {"date", set_date},
    {"clock", set_clock},
    {"call-time", set_call_time},
    {"sockets", set_sockets},
    {"would-block", set_would_block},
    {"short", set_short},
    {"spurious", set_spurious},
    {"interrupted", set_interrupted},
    {"recv-most", set_recv_most},
    {"send-most", set_send_most},
    {"fail", set_fail},
    {NULL, NULL},
};

const struct world_word world_path_words[] = {
    {"latency", set_latency},
    {"jitter", set_jitter},
    {"bandwidth", set_bandwidth},
    {"segment", set_segment},
    {"split", set_split},
    {"loss", set_loss},
    {"recv-buffer", set_recv_buffer},
    {"send-buffer", set_send_buffer},
    {"reset-discards", set_reset_discards},
    {NULL, NULL},
};
