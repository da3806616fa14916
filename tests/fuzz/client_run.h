/* SPDX-License-Identifier: MIT */
/*
 * A whole client against servers that say the input's bytes, on the port of tests/unit/fake_port.h.
 *
 * The input is text and, at its end, choices. The text is cut at each 0x01 into answers: a
 * connection waits for a request, says its answer, then does one of a few things (nothing, a pause,
 * the end, a reset), and goes on with the next answer. Later connections begin at later answers.
 * The choices are the requests (method, body, pause, cancel), slices of send and recv, limits of
 * memory, and which allocation fails.
 *
 * Each request ends once; a body that is said to be complete has the announced length; at the end
 * nothing is left, and one more request to a healthy server works.
 */
#ifndef FUZZ_CLIENT_RUN_H
#define FUZZ_CLIENT_RUN_H

#include "fake_port.h"
#include "fuzz.h"

enum { RUN_REQUESTS = 6, RUN_SERVERS = 4, RUN_TURNS = 20000 };

struct run_request {
    struct probe probe;
    uint8_t framing;
    uint64_t announced;
    bool used, head;
};

struct run {
    struct world w;
    struct run_request requests[RUN_REQUESTS];
    struct fake_script servers[RUN_SERVERS];
    unsigned n;
};

static struct run run;

/* --- servers --- */

static void run_step(struct fake_script *s, unsigned *at, struct fake_step step)
{
    if (*at < FAKE_STEPS - 2) {
        s->steps[(*at)++] = step;
    }
}

static void run_answer(struct fake_script *s, unsigned *at, struct fuzz_in text, unsigned choice)
{
    static const enum fake_kind then[] = {FAKE_END,  FAKE_WAIT,       FAKE_FIN,  FAKE_RESET,
                                          FAKE_LOOP, FAKE_SEND_FAILS, FAKE_DEAF, FAKE_WAIT};
    if (choice % 8 != 0) { /* else it talks without being asked */
        run_step(s, at, (struct fake_step){FAKE_REQUEST, NULL, 0});
    }
    if (text.len > 0) {
        run_step(s, at, (struct fake_step){FAKE_SAY, (const char *)text.at, text.len});
    }
    enum fake_kind kind = then[choice / 8 % 8];
    /* A loop without a step that waits would never end. */
    bool endless = kind == FAKE_LOOP && choice % 8 == 0;
    if (kind != FAKE_END && !endless) {
        run_step(s, at, (struct fake_step){kind, NULL, 1 + choice * 3});
    }
}

/* Cuts the next answer off the text. */
static struct fuzz_in run_cut(struct fuzz_in *text)
{
    const uint8_t *end = text->len > 0 ? memchr(text->at, 1, text->len) : NULL;
    struct fuzz_in answer = {text->at, end != NULL ? (size_t)(end - text->at) : text->len};
    size_t used = answer.len + (end != NULL);
    text->at += used;
    text->len -= used;
    return answer;
}

static void run_server(struct fake_script *s, const struct fake_step *hello, size_t n_hello,
                       struct fuzz_in text, struct fuzz_in *choices)
{
    unsigned at = 0, shape = fuzz_choice(choices);
    memset(s, 0, sizeof *s);
    s->recv_slice = (shape & 1) != 0 ? 1 + fuzz_choice(choices) : 0;
    s->send_slice =
        (shape & 2) != 0 ? 3 + fuzz_choice(choices) : 0; /* fake_tls.h sends 3 at once */
    s->connect_ms = (shape & 4) != 0 ? fuzz_choice(choices) : 0;
    s->connect = (shape & 0xf8) == 0xf8 ? FAKE_REFUSES : FAKE_ACCEPTS;
    for (size_t i = 0; i < n_hello; i++) {
        run_step(s, &at, hello[i]);
    }
    while (text.len > 0 && at < FAKE_STEPS - 4) {
        run_answer(s, &at, run_cut(&text), fuzz_choice(choices));
    }
}

/* --- requests --- */

static int run_on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct run_request *r = MIDGE_CONTAINER_OF(ctx, struct run_request, probe);
    r->framing = response->framing;
    r->announced = response->content_len;
    return probe_on_response(ctx, id, response);
}

static void run_cancel(struct probe *p)
{
    (void)midge_cancel(p->w->client, p->id);
}

static void run_start(struct run_request *r, const char *url, unsigned choice, unsigned more)
{
    static const char *const methods[] = {NULL, NULL, "HEAD", "POST", "PUT", NULL, "OPTIONS", NULL};
    struct probe *p = &r->probe;
    memset(r, 0, sizeof *r);
    probe_init(p, &run.w, url);
    p->request.method = methods[choice % 8];
    p->request.on_response = run_on_response;
    p->request.dangerously_skip_verification = 1;
    p->request.timeouts = (struct midge_timeouts){.total_ms = 3000, .idle_ms = 1000};
    p->request.no_reuse = (choice & 8) != 0;
    p->pause = (choice & 16) != 0;
    p->write_err = (choice & 0xe0) == 0xe0 ? MIDGE_ERR_WRITE : MIDGE_OK;
    if ((choice & 0xe0) == 0x20 || choice % 8 == 3) {
        probe_source(p, more * 7U, (choice & 64) != 0 ? (int64_t)more * 7 : -1);
        p->piece = more % 5 * 50;
    }
    if ((more & 0xe0) == 0xe0) {
        p->act = run_cancel;
        p->at = (enum where)(more % ON_WATCH);
    }
    r->head = choice % 8 == 2;
    r->used = midge_start(run.w.client, &p->request, &p->id) == MIDGE_OK;
}

static void run_look_at(struct run_request *r)
{
    const struct midge_result *result = &r->probe.result;
    bool reached = r->probe.responses > 0;
    FUZZ_CHECK(r->probe.dones == 1);
    FUZZ_CHECK(result->error != MIDGE_OK || (result->complete != MIDGE_COMPLETE_NO && reached));
    FUZZ_CHECK(result->complete != MIDGE_COMPLETE_YES || reached);
    FUZZ_CHECK(result->body_len == r->probe.len || result->error != MIDGE_OK);
    if (result->complete == MIDGE_COMPLETE_YES && r->framing == MIDGE_FRAMING_LENGTH && !r->head) {
        FUZZ_CHECK(r->probe.len == r->announced);
    }
    probe_ended(&r->probe, result->error);
    r->used = false;
}

/* Turns until all have ended; paused ones go on after some. */
static void run_turns(void)
{
    int live = 1;
    for (unsigned turns = 0; live > 0; turns++) {
        FUZZ_CHECK(turns < RUN_TURNS);
        live = midge_poll(run.w.client, -1);
        FUZZ_CHECK(live >= 0);
        for (unsigned i = 0; i < RUN_REQUESTS; i++) {
            struct run_request *r = &run.requests[i];
            if (r->used && r->probe.dones == 0) {
                r->probe.pause = r->probe.pause && r->probe.writes < 20;
                (void)midge_resume(run.w.client, r->probe.id);
            }
        }
    }
}

static void run_all(const char *url, struct fuzz_in *choices)
{
    unsigned n = 1 + fuzz_choice(choices) % RUN_REQUESTS;
    unsigned fail = fuzz_choice(choices), sticky = fail & 128;
    if (fail != 0) {
        midge__memory_fail_at(&run.w.client->memory, 1 + (fail & 127) * 3, sticky != 0);
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned choice = fuzz_choice(choices);
        run_start(&run.requests[i], url, choice, fuzz_choice(choices));
    }
    run_turns();
    midge__memory_fail_at(&run.w.client->memory, 0, false);
    for (unsigned i = 0; i < n; i++) {
        if (run.requests[i].used) {
            run_look_at(&run.requests[i]);
        }
    }
}

/* --- the whole --- */

static struct midge_config run_config(struct fuzz_in *choices, bool sessions)
{
    unsigned shape = fuzz_choice(choices);
    struct midge_config c = {.max_connections = (uint16_t)(1 + shape % 3),
                             .max_awaitables = 16,
                             .no_sessions = !sessions,
                             .max_header = (shape & 4) != 0 ? 256 : 0,
                             .turn_steps = (shape & 8) != 0 ? 1 : 0,
                             .turn_bytes = (shape & 16) != 0 ? 10 : 0};
    c.memory_size =
        midge_memory_least(&c) + ((shape & 32) != 0 ? 16U * fuzz_choice(choices) : 20000);
    return c;
}

static void run_listen(const struct fake_step *hello, size_t n_hello, struct fuzz_in *in)
{
    unsigned count = 1 + fuzz_choice(in) % RUN_SERVERS;
    struct fuzz_in choices = {in->at, in->len};
    size_t kept = in->len / 8 < 40 ? in->len / 8 : 40; /* for the requests */
    in->len -= kept;
    choices.len = in->len;
    size_t part = in->len / 6 < 60 ? in->len / 6 : 60;
    struct fuzz_in text = {in->at, in->len - part};
    choices = (struct fuzz_in){in->at + in->len - part, part};
    for (unsigned i = 0; i < count; i++) {
        run_server(&run.servers[i], hello, n_hello, text, &choices);
        fake_next(&run.w.fake, &run.servers[i]);
        (void)run_cut(&text);
    }
    *in = (struct fuzz_in){in->at + in->len, kept};
}

static void run_check_healthy(const char *url)
{
    struct probe p;
    run.w.fake.next_at = run.w.fake.n_next; /* only healthy servers from now on */
    probe_init(&p, &run.w, url);
    p.request.dangerously_skip_verification = 1;
    p.request.no_reuse = 1;
    probe_start(&p);
    world_run(&run.w);
    probe_is_hello(&p);
}

#endif
