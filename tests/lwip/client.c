/* SPDX-License-Identifier: MIT */
/*
 * lwip_client-PORT [OPTION...] CA.pem DNS_PORT URL...
 *
 * Gets all URLs at once by midge on lwIP, and says a JSON line for each: how it ended and the hash
 * of the body. Then one that says what lwIP has in use before the first and after the last.
 *
 *     --rounds N     all of it N times; lines of the last round
 *     --dns-ms N     limit of a lookup
 *     --family N     4 or 6: addresses asked for and used
 *     --no-reuse     no connection is kept
 *     --wakes N      no URL: another thread hands over N jobs, each with a wake, and awaits each
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <midge/midge.h>

#include "../ca_file.h"
#include "machine.h"

enum { URLS_MAX = 64, CONNECTIONS = 16 };

struct options {
    unsigned rounds, dns_ms, family, wakes;
    bool no_reuse;
    const char *ca;
    unsigned short dns_port;
    char **urls;
    unsigned n_urls;
};

/* --- One URL --- */

struct hashing {
    struct midge_sink sink;
    uint64_t hash; /* FNV-1a */
};

static int hash_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct hashing *h = (struct hashing *)sink;

    for (size_t i = 0; i < len; i++)
        h->hash = (h->hash ^ data[i]) * 0x100000001b3u;
    return MIDGE_OK;
}

static int hash_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)complete;
    return err;
}

static void say_result(const char *url, const struct midge_result *r, const struct hashing *h)
{
    char text[200];

    (void)midge_result_text(r, text, sizeof text);
    printf(
        "{\"url\":\"%s\",\"error\":\"%s\",\"phase\":%d,\"native\":%d,\"status\":%d,"
        "\"complete\":%d,\"reused\":%d,\"body_len\":%llu,\"hash\":\"%016llx\",\"text\":\"%s\"}\n",
        url, midge_err_name(r->error), r->phase, r->native, r->status, r->complete, r->reused,
        (unsigned long long)r->body_len, (unsigned long long)h->hash, text);
}

/* --- Rounds --- */

static int fetch_all(struct midge_client *client, const struct options *o, bool say)
{
    static struct hashing bodies[URLS_MAX];
    midge_id ids[URLS_MAX];
    struct midge_result result;

    for (unsigned i = 0; i < o->n_urls; i++) {
        struct midge_request get = {
            .url = o->urls[i],
            .sink = &bodies[i].sink,
            .timeouts.dns_ms = o->dns_ms,
            .family = (uint8_t)o->family,
            .no_reuse = o->no_reuse,
        };
        bodies[i] =
            (struct hashing){{.write = hash_write, .finish = hash_finish}, 0xcbf29ce484222325u};
        if (midge_start(client, &get, &ids[i]) != MIDGE_OK)
            return 1;
    }
    for (unsigned i = 0; i < o->n_urls; i++) {
        (void)midge_wait(client, ids[i], &result);
        if (say)
            say_result(o->urls[i], &result, &bodies[i]);
    }
    return 0;
}

static int run_rounds(struct midge_client *client, const struct options *o)
{
    for (unsigned round = 1; round <= o->rounds; round++)
        if (fetch_all(client, o, round == o->rounds) != 0)
            return 1;
    return 0;
}

/* --- Wakes: a lost one costs the port's longest sleep, a second --- */

enum { LATE_MS = 700 };

struct jobs {
    struct midge_client *client;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned n, given, taken, late;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void *give_jobs(void *arg)
{
    struct jobs *jobs = arg;

    (void)pthread_mutex_lock(&jobs->lock);
    while (jobs->given < jobs->n) {
        const uint64_t start = now_ms();
        jobs->given++;
        (void)pthread_mutex_unlock(&jobs->lock);
        midge_wake(jobs->client);
        machine_interrupt();
        (void)pthread_mutex_lock(&jobs->lock);
        while (jobs->taken < jobs->given)
            (void)pthread_cond_wait(&jobs->answered, &jobs->lock);
        jobs->late += now_ms() - start >= LATE_MS;
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

static bool take_jobs(struct jobs *jobs)
{
    bool more;

    (void)pthread_mutex_lock(&jobs->lock);
    jobs->taken = jobs->given;
    more = jobs->taken < jobs->n;
    (void)pthread_cond_signal(&jobs->answered);
    (void)pthread_mutex_unlock(&jobs->lock);
    return more;
}

static int run_wakes(struct midge_client *client, unsigned n)
{
    struct jobs jobs = {.client = client,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .answered = PTHREAD_COND_INITIALIZER,
                        .n = n};
    unsigned long turns = 0;
    pthread_t giver;
    midge_id door; /* something to wait for: a client that has nothing left does not wait */

    if (midge_future(client, NULL, NULL, &door) != MIDGE_OK ||
        pthread_create(&giver, NULL, give_jobs, &jobs) != 0)
        return 1;
    do {
        turns++;
        if (midge_poll(client, -1) < 0)
            return 1;
    } while (take_jobs(&jobs));
    (void)pthread_join(giver, NULL);
    printf("{\"wakes\":%u,\"late\":%u,\"turns\":%lu}\n", jobs.taken, jobs.late, turns);
    return 0;
}

/* --- The program --- */

static void say_use(const char *name, const struct machine_use *u)
{
    printf("\"%s\":{\"connections\":%u,\"sockets\":%u,\"buffers\":%u,\"messages\":%u,"
           "\"semaphores\":%u,\"heap\":%u}",
           name, u->connections, u->sockets, u->buffers, u->messages, u->semaphores, u->heap);
}

/* The connections' goodbyes are lwIP's to finish. */
static void await_close(const struct midge_port *port)
{
    struct machine_use use;

    do {
        (void)port->poll(port->ctx, NULL, 0, 10);
        machine_use(&use);
    } while (use.connections > 0);
}

static int run(const struct options *o, struct midge_port *port)
{
    struct midge_config config = {.port = port, .max_connections = CONNECTIONS};
    struct midge_client *client = NULL;
    int failed = 1;

    if (!ca_file_read(&config.tls, o->ca))
        return 1;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && midge_open(&client, &config) == MIDGE_OK)
        failed = o->wakes > 0 ? run_wakes(client, o->wakes) : run_rounds(client, o);
    midge_close(client);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}

static unsigned number(const char *text)
{
    return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

static bool read_options(struct options *o, char **argv)
{
    for (argv++; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv++) {
        if (strcmp(*argv, "--no-reuse") == 0) {
            o->no_reuse = true;
            continue;
        }
        unsigned *into = strcmp(*argv, "--rounds") == 0   ? &o->rounds
                         : strcmp(*argv, "--dns-ms") == 0 ? &o->dns_ms
                         : strcmp(*argv, "--family") == 0 ? &o->family
                         : strcmp(*argv, "--wakes") == 0  ? &o->wakes
                                                          : NULL;
        if (into == NULL || argv[1] == NULL)
            return false;
        *into = number(*++argv);
    }
    if (argv[0] == NULL || argv[1] == NULL)
        return false;
    o->ca = argv[0];
    o->dns_port = (unsigned short)number(argv[1]);
    o->urls = argv + 2;
    while (o->urls[o->n_urls] != NULL)
        o->n_urls++;
    return o->n_urls <= URLS_MAX;
}

int main(int argc, char **argv)
{
    struct options o = {.rounds = 1};
    struct machine_use before, after;
    struct midge_port port;
    int failed;

    (void)argc;
    if (!read_options(&o, argv))
        return 2;
    machine_open(&port, o.dns_port);
    machine_use(&before);
    machine_attach(&port);
    failed = run(&o, &port);
    await_close(&port);
    machine_detach(&port);
    machine_use(&after);
    machine_close();
    printf("{");
    say_use("before", &before);
    printf(",");
    say_use("after", &after);
    printf("}\n");
    return failed;
}
