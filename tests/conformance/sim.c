/* SPDX-License-Identifier: MIT */
/* The conformance program on the simulated port. Its peers are in the same process, so peer.py has
   nothing to do here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/sim.h>

#include "check.h"
#include "peer.h"

enum { BASE = 20000 };

/* --- the peers, in the order of enum conformance_service --- */

struct service {
    size_t at;  /* bytes of the pattern sent or got */
    bool wrong; /* other bytes came */
    uint8_t total[4];
    size_t n_total;
};

/* The newest connection to SINK, and how it went. */
static struct sim_peer *sink;
static struct service sink_result;

static void send_pattern(struct sim_peer *peer, size_t total)
{
    struct service *s = peer->state;
    uint8_t buf[2048];
    while (s->at < total && sim_peer_queued(peer) < 65536) {
        size_t n = total - s->at < sizeof buf ? total - s->at : sizeof buf;
        check_fill(buf, s->at, n);
        if (!sim_peer_send(peer, buf, n)) {
            return;
        }
        s->at += n;
    }
    if (s->at == total) {
        sim_peer_shutdown(peer);
    }
}

static void echo_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    (void)sim_peer_send(peer, data, len);
}

static void source_more(struct sim_peer *peer)
{
    send_pattern(peer, PEER_SOURCE_BYTES);
}

static void sink_opened(struct sim_peer *peer)
{
    sink = peer;
    sink_result = (struct service){0};
    sim_peer_hold(peer, true);
}

static void sink_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    if (peer == sink) {
        sink_result.wrong = sink_result.wrong || !check_is_pattern(data, sink_result.at, len);
        sink_result.at += len;
    }
}

static void sink_closed(struct sim_peer *peer)
{
    sink = peer == sink ? NULL : sink;
}

static void go_opened(struct sim_peer *peer)
{
    (void)peer;
    if (sink != NULL) {
        sim_peer_hold(sink, false);
    }
}

static void go_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct service *s = peer->state;
    for (size_t i = 0; i < len && s->n_total < 4; i++) {
        s->total[s->n_total++] = data[i];
    }
    if (s->n_total == 4) {
        sim_peer_after(peer, 1000); /* all bytes are there by then */
    }
}

static void go_timer(struct sim_peer *peer)
{
    const struct service *s = peer->state;
    size_t total = (size_t)s->total[0] << 24 | (size_t)s->total[1] << 16 |
                   (size_t)s->total[2] << 8 | s->total[3];
    bool right = !sink_result.wrong && sink_result.at == total;
    (void)sim_peer_send(peer, right ? "y" : "n", 1);
}

static void rst_opened(struct sim_peer *peer)
{
    sim_peer_reset(peer);
}

static void fin_opened(struct sim_peer *peer)
{
    sim_peer_shutdown(peer);
}

static void data_fin_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    send_pattern(peer, PEER_DATA_BYTES);
}

static void data_rst_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct service *s = peer->state;
    uint8_t buf[PEER_DATA_BYTES];
    (void)data;
    (void)len;
    if (s->at == 0) {
        s->at = sizeof buf;
        check_fill(buf, 0, sizeof buf);
        (void)sim_peer_send(peer, buf, sizeof buf);
        sim_peer_after(peer, 50);
    }
}

static void trickle_opened(struct sim_peer *peer)
{
    sim_peer_after(peer, 0);
}

static void trickle_timer(struct sim_peer *peer)
{
    struct service *s = peer->state;
    uint8_t byte;
    check_fill(&byte, s->at, 1);
    if (s->at++ < PEER_TRICKLE_BYTES && sim_peer_send(peer, &byte, 1)) {
        sim_peer_after(peer, 1);
    } else {
        sim_peer_shutdown(peer);
    }
}

#define SERVICE(text) .name = text, .size = sizeof(struct service)

static const struct sim_peer_type types[PEER_DNS] = {
    [PEER_ECHO] = {SERVICE("echo"), .bytes = echo_bytes},
    [PEER_SOURCE] = {SERVICE("source"), .opened = source_more, .drained = source_more},
    [PEER_SINK] = {SERVICE("sink"), .opened = sink_opened, .bytes = sink_bytes,
                   .closed = sink_closed},
    [PEER_GO] = {SERVICE("go"), .opened = go_opened, .bytes = go_bytes, .timer = go_timer},
    [PEER_FIN] = {SERVICE("fin"), .opened = fin_opened},
    [PEER_RST] = {SERVICE("rst"), .opened = rst_opened},
    [PEER_DATA_FIN] = {SERVICE("data_fin"), .bytes = data_fin_bytes},
    [PEER_DATA_RST] = {SERVICE("data_rst"), .bytes = data_rst_bytes, .timer = rst_opened},
    [PEER_TRICKLE] = {SERVICE("trickle"), .opened = trickle_opened, .timer = trickle_timer},
};

/* --- the world --- */

/* Each address has a machine of its own, so that one of them is silent at one port. */
static void build(struct midge_sim *sim, struct conformance_peer *peer)
{
    struct midge_sim_host *host = midge_sim_add_host(sim, "peer*.test");
    struct midge_sim_host *slow = midge_sim_add_host(sim, "slow*.test");
    struct midge_sim_host *silent = midge_sim_add_host(sim, "silent*.test");
    (void)midge_sim_add_address(host, "192.0.2.1", MIDGE_SIM_ANSWERS);
    (void)midge_sim_add_address(slow, "192.0.2.1", MIDGE_SIM_ANSWERS);
    midge_sim_set_name(host, &(struct midge_sim_name){.ms = 1});
    midge_sim_set_name(slow, &(struct midge_sim_name){.ms = 500});
    midge_sim_set_name(silent, &(struct midge_sim_name){.silent = 1});
    midge_sim_set_path(sim, &(struct midge_sim_path){.latency_us = 1000});
    for (int i = 0; i < PEER_DNS; i++) {
        if (types[i].name != NULL) {
            (void)midge__sim_listen(sim, "peer*.test", (uint16_t)(BASE + i), &types[i], NULL);
        }
    }
    (void)midge__sim_listen(sim, "peer*.test", BASE + PEER_SILENT, NULL, NULL);
    peer->addr = (struct midge_addr){.family = 4, .bytes = {192, 0, 2, 1}};
}

static void wake(void *ctx)
{
    struct midge_port *port = midge_sim_port(ctx);
    port->wake(port->ctx);
}

static void wake_later(void *ctx, uint32_t ms)
{
    midge_sim_at(ctx, midge_sim_now_ms(ctx) + ms, wake, ctx);
}

static void report(void *ctx, const char *promise, enum conformance_result result, const char *why)
{
    static const char *const words[] = {"ok", "BROKEN", "skipped"};
    int *count = ctx;
    if (result == BEGINS) {
        return;
    }
    count[result]++;
    (void)printf("%-7s %s%s%s\n", words[result], promise, why ? ": " : "", why ? why : "");
    (void)fflush(stdout);
}

static void show(void *ctx, const char *line)
{
    (void)ctx;
    (void)puts(line);
}

/* conformance-sim [SOCKETS] [--trace]: with every line of it. */
int main(int argc, char **argv)
{
    struct conformance_peer peer = {
        .base = BASE, .name = "peer.test", .file = "/conformance", .wake_later = wake_later};
    bool trace = argc > 1 && strcmp(argv[argc - 1], "--trace") == 0;
    peer.max_socks = argc > 1 && !(trace && argc == 2) ? strtoul(argv[1], NULL, 10) : 32;
    /* A look at the clock takes time: one check waits for it without a poll. */
    const struct midge_sim_config config = {.seed = 1,
                                            .clock_ns = 1000,
                                            .max_sockets = (unsigned)peer.max_socks,
                                            .trace = trace ? show : NULL};
    struct midge_sim *sim;
    int count[3] = {0}, broken;
    if (midge_sim_open(&sim, &config) != MIDGE_OK) {
        return 2;
    }
    build(sim, &peer);
    peer.wake_ctx = sim;
    broken = midge_conformance(midge_sim_port(sim), &peer, report, count);
    (void)printf("%d promises kept, %d broken, %d skipped\n", count[CONFORMS], count[BROKEN],
                 count[SKIPPED]);
    (void)printf("trace %016llx\n", (unsigned long long)midge_sim_hash(sim));
    return midge_sim_close(sim) != 0 || broken != 0;
}
