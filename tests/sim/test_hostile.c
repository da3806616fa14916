/* SPDX-License-Identifier: MIT */
/*
 * Hostile servers: each shape of tests/sim/hostile is answered to one of 32 requests. That one ends
 * with an error that the file names, and the 31 others, on servers of their own, get their answers
 * as fast as without it.
 *
 * A file: a line with the errors that are allowed ("OK" too), then the server's bytes, in which
 * backslash and n, r, t, 0, backslash or xHH are bytes, line ends are nothing, and these lines are
 * commands: @request waits for the client's first request, @wait MS, @fin, @reset, @repeat (the
 * bytes that follow are sent for ever). After a file idle_* one more request must succeed.
 */
#include <dirent.h>

#include "peer.h"
#include "sim_world.h"

enum { OTHERS = 31, HOSTS = 8, LIMIT_MS = 20000, SHAPES = 200 };

/* --- shapes --- */

enum command { SAY, REQUEST, WAIT, FIN, RESET, REPEAT, END };

struct step {
    enum command command;
    uint8_t *bytes;
    size_t len; /* of SAY; ms of WAIT */
};

struct shape {
    char name[64], errors[128];
    struct step steps[32];
    unsigned n;
};

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static void add_bytes(struct shape *shape, const char *line)
{
    struct step *step = shape->n > 0 ? &shape->steps[shape->n - 1] : NULL;
    if (step == NULL || step->command != SAY) {
        step = &shape->steps[shape->n++];
        *step = (struct step){SAY, NULL, 0};
    }
    step->bytes = realloc(step->bytes, step->len + strlen(line) + 1);
    for (const char *at = line; *at != '\0' && *at != '\n'; at++) {
        static const char escapes[] = "n\nr\rt\t0\0\\\\";
        char c = *at;
        if (c == '\\' && at[1] == 'x') {
            c = (char)(hex(at[2]) * 16 + hex(at[3]));
            at += 3;
        } else if (c == '\\') {
            for (size_t i = 0; i + 1 < sizeof escapes; i += 2) {
                c = escapes[i] == at[1] ? escapes[i + 1] : c;
            }
            at++;
        }
        step->bytes[step->len++] = (uint8_t)c;
    }
}

static void add_command(struct shape *shape, const char *line)
{
    static const char *const names[] = {"", "@request", "@wait", "@fin", "@reset", "@repeat"};
    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(line, names[i], strlen(names[i])) == 0) {
            const char *value = line + strlen(names[i]);
            shape->steps[shape->n++] =
                (struct step){(enum command)i, NULL, (size_t)strtoul(value, NULL, 10)};
            return;
        }
    }
    fail_msg("%s: %s", shape->name, line);
}

static void read_shape(struct shape *shape, const char *name)
{
    char path[512], line[1024];
    *shape = (struct shape){0};
    (void)snprintf(shape->name, sizeof shape->name, "%s", name);
    (void)snprintf(path, sizeof path, "%s/%s", MIDGE_HOSTILE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(shape->errors, sizeof shape->errors, file));
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(shape->n + 2 < sizeof shape->steps / sizeof shape->steps[0]);
        if (line[0] == '@') {
            add_command(shape, line);
        } else {
            add_bytes(shape, line);
        }
    }
    (void)fclose(file);
    shape->steps[shape->n++] = (struct step){END, NULL, 0};
}

static void free_shape(struct shape *shape)
{
    for (unsigned i = 0; i < shape->n; i++) {
        free(shape->steps[i].bytes);
    }
}

/* --- their server --- */

struct hostile {
    unsigned at, loop;
    bool asked, loops, waits;
    char last[4]; /* bytes of the request */
};

static void go_on(struct sim_peer *peer)
{
    struct hostile *h = peer->state;
    const struct shape *shape = peer->config;
    while (!h->waits && h->at < shape->n && sim_peer_queued(peer) < 4096) {
        const struct step *step = &shape->steps[h->at];
        if (step->command == REQUEST && !h->asked) {
            return;
        }
        if (step->command == END) {
            h->at = h->loops ? h->loop : h->at;
            if (!h->loops) {
                return;
            }
            continue;
        }
        h->at++;
        if (step->command == SAY && !sim_peer_send(peer, step->bytes, step->len)) {
            h->at = shape->n;
        } else if (step->command == WAIT) {
            h->waits = true;
            sim_peer_after(peer, (uint32_t)step->len);
        } else if (step->command == FIN) {
            sim_peer_shutdown(peer);
        } else if (step->command == RESET) {
            sim_peer_reset(peer);
        } else if (step->command == REPEAT) {
            h->loops = true;
            h->loop = h->at;
        }
    }
}

static void waited(struct sim_peer *peer)
{
    struct hostile *h = peer->state;
    h->waits = false;
    go_on(peer);
}

static void hostile_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct hostile *h = peer->state;
    for (size_t i = 0; i < len && !h->asked; i++) {
        memmove(h->last, h->last + 1, 3);
        h->last[3] = (char)data[i];
        h->asked = memcmp(h->last, "\r\n\r\n", 4) == 0;
    }
    go_on(peer);
}

static const struct sim_peer_type hostile_type = {.name = "hostile",
                                                  .size = sizeof(struct hostile),
                                                  .opened = go_on,
                                                  .bytes = hostile_bytes,
                                                  .drained = go_on,
                                                  .timer = waited};

/* --- 32 requests --- */

static struct sim_world w;
static struct sim_get others[OTHERS], bad;
static uint64_t ended_ms[OTHERS];

static void start_others(void)
{
    static char urls[OTHERS][32];
    for (unsigned i = 0; i < OTHERS; i++) {
        (void)snprintf(urls[i], sizeof urls[i], "http://good%u.test/", i % HOSTS);
        sim_get_init(&w, &others[i], urls[i]);
        others[i].request.sink = NULL;
        sim_get_start(&w, &others[i]);
    }
}

/* Milliseconds until each of the others had ended; with the bad one when shape is not NULL. */
static void crowd(const struct shape *shape, uint64_t ms[OTHERS])
{
    const struct midge_config config = {.max_connections = 32};
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    sim_world_add_good(&w, HOSTS, false);
    if (shape != NULL) {
        struct midge_sim_host *host = midge_sim_add_host(w.sim, "bad.test");
        midge_sim_set_host_path(
            host, &(struct midge_sim_path){.latency_us = 1000, .bytes_per_s = 300000});
        (void)midge__sim_listen(w.sim, "bad.test", 80, &hostile_type, shape);
        sim_get_init(&w, &bad, "http://bad.test/");
        bad.request.sink = NULL;
        bad.request.timeouts.total_ms = LIMIT_MS;
        sim_get_start(&w, &bad);
    }
    start_others();
    memset(ms, 0, OTHERS * sizeof *ms);
    while (midge_poll(w.client, -1) > 0) {
        for (unsigned i = 0; i < OTHERS; i++) {
            ms[i] = others[i].dones > 0 && ms[i] == 0 ? midge_sim_now_ms(w.sim) : ms[i];
        }
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        ms[i] = ms[i] == 0 ? midge_sim_now_ms(w.sim) : ms[i];
    }
}

static void judge(const struct shape *shape, const uint64_t alone[OTHERS])
{
    const char *name = bad.result.error == MIDGE_OK ? "OK" : midge_err_name(bad.result.error);
    if (bad.dones != 1 || strstr(shape->errors, name) == NULL) {
        fail_msg("%s: %s (%s), allowed: %s", shape->name, name, bad.result.detail, shape->errors);
    }
    if (midge_sim_now_ms(w.sim) > LIMIT_MS + 2000) {
        fail_msg("%s: it took longer than its limit", shape->name);
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        if (others[i].result.error != MIDGE_OK || others[i].result.body_len != 50000) {
            fail_msg("%s: another request failed: %s", shape->name,
                     midge_err_name(others[i].result.error));
        }
        if (ended_ms[i] > alone[i] + 20) {
            fail_msg("%s: request %u took %u ms, alone %u", shape->name, i, (unsigned)ended_ms[i],
                     (unsigned)alone[i]);
        }
    }
}

/* Bytes that came while the connection was idle belong to no answer: the next request gets its own.
 */
static void ask_again(const struct shape *shape)
{
    struct sim_get get;
    midge_sim_advance(w.sim, 1000);
    sim_get_init(&w, &get, "http://bad.test/");
    sim_get_start(&w, &get);
    (void)midge_sim_run(w.sim, w.client, LIMIT_MS);
    if (get.result.error != MIDGE_OK || get.body.len != 2 || memcmp(get.body.data, "ok", 2) != 0) {
        fail_msg("%s: the next request: %s, %u bytes", shape->name,
                 midge_err_name(get.result.error), (unsigned)get.body.len);
    }
    sim_get_free(&get);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned list_shapes(char *names[SHAPES])
{
    unsigned n = 0;
    DIR *dir = opendir(MIDGE_HOSTILE_DIR);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strstr(entry->d_name, ".txt") != NULL && n < SHAPES) {
            names[n++] = strdup(entry->d_name);
        }
    }
    (void)closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    return n;
}

static void shapes(void **state)
{
    static struct shape shape;
    char *names[SHAPES];
    uint64_t alone[OTHERS];
    unsigned n = list_shapes(names);
    (void)state;
    assert_true(n > 20);
    crowd(NULL, alone);
    sim_world_close(&w);
    for (unsigned i = 0; i < n; i++) {
        read_shape(&shape, names[i]);
        crowd(&shape, ended_ms);
        judge(&shape, alone);
        if (strncmp(shape.name, "idle_", 5) == 0) {
            ask_again(&shape);
        }
        sim_world_close(&w);
        free_shape(&shape);
        free(names[i]);
    }
    print_message("%u shapes, each beside %d others\n", n, OTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
