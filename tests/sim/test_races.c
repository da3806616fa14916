/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand races between a request and the end of the kept connection that it is sent on. The
 * server closes an idle connection after five seconds, by FIN or reset, and sometimes crashes when
 * it has read a request: it processes it, and the connection ends without an answer. The client
 * waits about as long before each request. Each GET succeeds. Each POST succeeds, or fails and says
 * so; the server never processes one twice (RFC 9110 9.2.2). No other request is processed twice
 * either, but for a GET whose server crashed.
 */
#include "sim_world.h"

#include "peer.h"

enum { RACES = 10000, IDLE_MS = 5000, LATENCY_MS = 20 };

/* --- the server --- */

struct server {
    char head[512];
    size_t len;
    bool kept;    /* it has answered on this connection */
    bool closing; /* it takes no requests any more */
};

static unsigned processed[RACES], crashed[RACES], crashes, closes;
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static unsigned chance(struct sim_peer *peer, unsigned n)
{
    uint8_t byte;
    sim_peer_random(peer, &byte, 1);
    return byte % n;
}

static void end(struct sim_peer *peer)
{
    struct server *s = peer->state;
    s->closing = true;
    if (chance(peer, 2) == 0) {
        sim_peer_shutdown(peer);
    } else {
        sim_peer_reset(peer);
    }
}

/* A crash on a fresh connection would be no race. */
static void process(struct sim_peer *peer)
{
    struct server *s = peer->state;
    unsigned number = (unsigned)strtoul(strchr(s->head, '/') + 1, NULL, 10);
    assert_true(number < RACES);
    processed[number]++;
    s->len = 0;
    if (s->kept && chance(peer, 16) == 0) {
        crashed[number]++;
        crashes++;
        end(peer);
        return;
    }
    s->kept = true;
    (void)sim_peer_send(peer, answer, sizeof answer - 1);
    sim_peer_after(peer, IDLE_MS);
}

static void bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct server *s = peer->state;
    for (size_t i = 0; i < len && !s->closing; i++) {
        assert_true(s->len < sizeof s->head - 1);
        s->head[s->len++] = (char)data[i];
        s->head[s->len] = '\0';
        size_t body = strncmp(s->head, "POST ", 5) == 0 ? 2 : 0;
        const char *empty = strstr(s->head, "\r\n\r\n");
        if (empty != NULL && strlen(empty) == 4 + body) {
            process(peer);
        }
    }
}

static void timer(struct sim_peer *peer)
{
    struct server *s = peer->state;
    if (s->len == 0 && !s->closing) {
        closes++;
        end(peer);
    }
}

static const struct sim_peer_type racer = {
    .name = "racer", .size = sizeof(struct server), .bytes = bytes, .timer = timer};

/* --- the client --- */

static struct sim_world w;
static uint64_t stream = 1;
static unsigned failed, retried, reused;

/* From 0 to n-1 (SplitMix64). */
static uint32_t random_below(uint32_t n)
{
    uint64_t z = stream += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z >> 31) % n);
}

/* Around the server's timer, in steps of 10 us. poll: the client looks at its connections. */
static void wait_a_while(void)
{
    uint64_t ns = (IDLE_MS - 4 * LATENCY_MS) * 1000000ULL + random_below(16000) * 10000ULL;
    if (random_below(4) == 0) {
        midge_sim_charge(w.sim, ns); /* it computes: the end is not seen before it sends */
        return;
    }
    midge_id id;
    midge_sim_charge(w.sim, ns % 1000000);
    assert_int_equal(midge_sleep(w.client, (uint32_t)(ns / 1000000), &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, NULL), MIDGE_OK);
}

static void race(unsigned number)
{
    struct sim_get get;
    char url[64];
    bool post = random_below(2) == 0;
    (void)snprintf(url, sizeof url, "http://a.test/%u", number);
    sim_get_init(&w, &get, url);
    if (post) {
        get.request.body = "up";
        get.request.body_len = 2;
    }
    sim_get_start(&w, &get);
    sim_world_run(&w);
    const struct midge_result *r = &get.result;
    bool good = r->error == MIDGE_OK && r->status == 200 && get.body.len == 2;
    if (get.dones != 1 || (!good && (!post || r->error == MIDGE_OK)) ||
        (post && processed[number] > 1) || processed[number] != good + crashed[number]) {
        fail_msg("race %u: %s: %u times %s, %d; processed %u times", number, post ? "POST" : "GET",
                 get.dones, midge_err_name(r->error), r->status, processed[number]);
    }
    failed += !good;
    retried += r->retries;
    reused += r->reused;
    sim_get_free(&get);
}

static void races(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    midge_sim_set_path(
        w.sim, &(struct midge_sim_path){.latency_us = 1000 * LATENCY_MS, .jitter_us = 2000});
    (void)midge_sim_add_host(w.sim, "a.test");
    assert_int_equal(midge__sim_listen(w.sim, "a.test", 80, &racer, NULL), MIDGE_OK);
    for (unsigned i = 0; i < RACES; i++) {
        race(i);
        wait_a_while();
    }
    print_message("%u races: %u on the kept connection, %u sent again, %u POSTs failed; the server "
                  "closed %u and crashed %u times\n",
                  (unsigned)RACES, reused, retried, failed, closes, crashes);
    assert_true(reused > 1000 && retried > 200 && failed > 200); /* there were races */
    sim_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(races)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
