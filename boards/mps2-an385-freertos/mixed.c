/* SPDX-License-Identifier: MIT */
/*
 * mixed BLOCK WORKERS JOBS URL...
 *
 * WORKERS tasks hand URLs to the network task of boards/examples/rtos_thread.c, each JOBS times,
 * and wait for the answers, while the tick's interrupt wakes that task every 5 ms. BLOCK is the
 * bytes of midge's memory; 0: midge_memory_least, so requests wait for each other.
 *
 * mixed BLOCK 0 MS
 *
 * The network task has nothing to do for MS milliseconds but to be woken: the turns that are
 * reported are its wakes.
 */
#include <stdlib.h>
#include <string.h>

#include <lwip/opt.h>

#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#include "common/hw.h"
#include "examples/rtos_thread.h"
#include "rtos.h"

enum { WORKERS = 8, TEXT_BYTES = 4096, WORKER_WORDS = 384, WAKE_TICKS = 5 };

static struct {
    int jobs, n_urls;
    char **urls;
    SemaphoreHandle_t done;
    unsigned ok, failed;
    size_t stack_left;
} load;
static char texts[WORKERS][TEXT_BYTES];

/* --- a worker --- */

static void count(const struct network_job *job)
{
    const bool ok = job->result.error == MIDGE_OK && job->result.status == 200;

    taskENTER_CRITICAL();
    load.ok += ok;
    load.failed += !ok;
    taskEXIT_CRITICAL();
    if (!ok) {
        say("mixed: %s: %s %d\n", job->url, midge_err_name(job->result.error), job->result.status);
    }
}

static void worker_ends(void)
{
    const size_t left = uxTaskGetStackHighWaterMark(NULL) * sizeof(StackType_t);

    taskENTER_CRITICAL();
    if (left < load.stack_left) {
        load.stack_left = left;
    }
    taskEXIT_CRITICAL();
    xSemaphoreGive(load.done);
    vTaskDelete(NULL);
}

static void worker(void *arg)
{
    const int number = (int)(intptr_t)arg;

    for (int i = 0; i < load.jobs; i++) {
        struct network_job job = {
            .url = load.urls[(number + i) % load.n_urls], .text = texts[number], .cap = TEXT_BYTES};
        network_get(&job);
        count(&job);
    }
    worker_ends();
}

/* --- the load --- */

static void run_workers(int workers)
{
    const uint64_t start = hw_millis();
    const unsigned wakes = rtos_wakes();

    rtos_wake_from_tick(network_client(), WAKE_TICKS);
    if (workers == 0) {
        vTaskDelay(pdMS_TO_TICKS((unsigned)load.jobs));
    }
    for (int i = 0; i < workers; i++) {
        (void)xTaskCreate(worker, "worker", WORKER_WORDS, (void *)(intptr_t)i, PRIORITY_WORKER,
                          NULL);
    }
    for (int i = 0; i < workers; i++) {
        (void)xSemaphoreTake(load.done, portMAX_DELAY);
    }
    say("mixed: %u ok, %u failed in %u ms, %u wakes by the tick\n", load.ok, load.failed,
        (unsigned)(hw_millis() - start), rtos_wakes() - wakes);
    marks_show();
    if (workers > 0) {
        say("stack left: worker %u\n", (unsigned)load.stack_left);
    }
    rtos_wake_from_tick(NULL, 0);
}

static bool prepare(struct midge_config *config, const char *block)
{
    config->port = &rtos_port;
    config->max_connections = RTOS_SOCKS;
    config->memory = rtos_block;
    if (!rtos_trust(&config->tls)) {
        return false;
    }
    config->memory_size = strtoul(block, NULL, 10);
    if (config->memory_size == 0) {
        config->memory_size = midge_memory_least(config);
    }
    if (config->memory_size > sizeof rtos_block) {
        config->memory_size = sizeof rtos_block;
    }
    say("mixed: block %u of %u needed, least %u\n", (unsigned)config->memory_size,
        (unsigned)midge_memory_needed(config), (unsigned)midge_memory_least(config));
    return true;
}

static void report(const struct midge_stats *s)
{
    say("mixed: %u requests, %u failed, %u connections (%u at once), %u full and %u resumed "
        "handshakes\n",
        (unsigned)s->requests, (unsigned)s->failed, (unsigned)s->connections,
        (unsigned)s->peak_connections, (unsigned)s->handshakes_full,
        (unsigned)s->handshakes_resumed);
    say("mixed: block peak %u, live %u at the end, %u turns\n", (unsigned)s->alloc_peak,
        (unsigned)s->alloc_live, (unsigned)s->turns);
}

int mixed(int argc, char **argv)
{
    static struct midge_config config;
    static struct midge_stats stats;
    const int workers = argc > 3 ? (int)strtol(argv[2], NULL, 10) : -1;

    if (workers < 0 || workers > WORKERS || (workers > 0 && argc < 5)) {
        say("usage: mixed BLOCK WORKERS(0-%d) JOBS URL...\n", WORKERS);
        return BOARD_EXIT_USAGE;
    }
    load.jobs = (int)strtol(argv[3], NULL, 10);
    load.urls = argv + 4;
    load.n_urls = argc - 4;
    load.ok = load.failed = 0;
    load.stack_left = SIZE_MAX;
    config = (struct midge_config){.stats_at_close = &stats};
    if (!prepare(&config, argv[1])) {
        return BOARD_EXIT_FAILED;
    }
    load.done = xSemaphoreCreateCounting(WORKERS, 0);
    const int err = network_start(&config);
    if (err != MIDGE_OK) {
        say("mixed: the client can't be opened: %s\n", midge_err_name(err));
        vSemaphoreDelete(load.done);
        return BOARD_EXIT_FAILED;
    }
    run_workers(workers);
    network_stop();
    vSemaphoreDelete(load.done);
    report(&stats);
    return load.failed == 0 && stats.alloc_live == 0 ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
