/* SPDX-License-Identifier: MIT */
/*
 * lwip_rtos-sockets THREADS JOBS CA.pem DNS_PORT URL...
 *
 * boards/examples/rtos_thread.c on the desktop: THREADS threads each get JOBS URLs by the network
 * thread, one after another. A line of JSON for each job.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "examples/rtos_thread.h"
#include "../ca_file.h"
#include "machine.h"

enum { THREADS_MAX = 64, BODY = 70000 };

struct worker {
    pthread_t thread;
    unsigned number, jobs;
    char **urls;
    size_t n_urls;
};

static void *work(void *arg)
{
    const struct worker *w = arg;
    char *text = malloc(BODY);

    for (unsigned i = 0; i < w->jobs && text != NULL; i++) {
        struct network_job job = {
            .url = w->urls[(w->number + i) % w->n_urls], .text = text, .cap = BODY};
        network_get(&job);
        printf("{\"worker\":%u,\"url\":\"%s\",\"error\":\"%s\",\"status\":%d,\"len\":%zu}\n",
               w->number, job.url, midge_err_name(job.result.error), job.result.status,
               job.body.len);
    }
    free(text);
    return NULL;
}

static int run(unsigned threads, unsigned jobs, char **urls, size_t n_urls)
{
    static struct worker workers[THREADS_MAX];

    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){.number = i, .jobs = jobs, .urls = urls, .n_urls = n_urls};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < threads; i++)
        (void)pthread_join(workers[i].thread, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct midge_port port;
    /* Fewer than there are threads: some jobs wait for room. */
    struct midge_config config = {.port = &port, .max_connections = 4, .max_awaitables = 4};
    const unsigned threads = argc > 5 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    int failed = 1;

    if (argc <= 5 || threads > THREADS_MAX || !ca_file_read(&config.tls, argv[3]))
        return 2;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    machine_open(&port, (unsigned short)strtoul(argv[4], NULL, 10));
    if (network_start(&config) == MIDGE_OK) {
        failed = run(threads, (unsigned)strtoul(argv[2], NULL, 10), argv + 5, (size_t)argc - 5);
        network_stop();
    }
    machine_close();
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
