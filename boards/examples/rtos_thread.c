/* SPDX-License-Identifier: MIT */
/*
 * A thread that owns the client. Only one thread may call midge, except midge_wake. So jobs come
 * through a mailbox, and a wake makes the thread read it.
 *
 * Mailboxes, semaphores and threads are used by lwIP's names for them, so this runs under each RTOS
 * that lwIP has been ported to.
 */
#include "rtos_thread.h"

#include <stdbool.h>

#include <lwip/sockets.h>
#include <midge/port_lwip.h>

enum {
    JOBS_WAITING = 8,   /* in the mailbox; further callers wait for room */
    STACK_BYTES = 8192, /* mostly for TLS; a board's report shows how much it used */
    PRIORITY = 3        /* lower than lwIP's own thread and the driver's */
};

static struct midge_client *client;
static sys_mbox_t jobs;
static sys_sem_t changed;       /* signalled when the thread is ready or has ended */
static int opened;              /* midge_open's answer */
static struct network_job last; /* in the mailbox it means: end */
static unsigned running;        /* begun and not ended */

/* --- In the network thread --- */

static void job_ends(struct network_job *job, const struct midge_result *result)
{
    job->result = *result;
    sys_sem_signal(&job->done);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    running--;
    job_ends(ctx, result);
}

/* False: no room until another job has ended. */
static bool begin(struct network_job *job)
{
    struct midge_request get = {
        .url = job->url, .sink = &job->body.sink, .ctx = job, .on_done = on_done};
    struct midge_result failed = {0};

    midge_buffer_init(&job->body, job->text, job->cap);
    failed.error = midge_start(client, &get, NULL);
    if (failed.error == MIDGE_OK) {
        running++;
        return true;
    }
    if (running > 0 && (failed.error == MIDGE_ERR_NO_MEMORY || failed.error == MIDGE_ERR_NO_SLOT)) {
        return false;
    }
    job_ends(job, &failed);
    return true;
}

/* Until the last job: begins the jobs that came, then waits for the network or for a wake. */
static void serve(void)
{
    void *job = NULL;
    midge_id door; /* Never completes. midge_poll would not wait for a client without work. */

    (void)midge_future(client, NULL, NULL, &door);
    for (;;) {
        while (job != NULL || sys_arch_mbox_tryfetch(&jobs, &job) != SYS_MBOX_EMPTY) {
            if (job == &last) {
                return;
            }
            if (!begin(job)) {
                break;
            }
            job = NULL;
        }
        (void)midge_poll(client, -1);
    }
}

static void network_thread(void *arg)
{
    struct midge_config *config = arg;

    opened = midge_lwip_sockets_attach(config->port);
    if (opened == MIDGE_OK) {
        opened = midge_open(&client, config);
        if (opened != MIDGE_OK) {
            midge_lwip_sockets_detach(config->port);
        }
    }
    sys_sem_signal(&changed);
    if (opened == MIDGE_OK) {
        serve();
        midge_close(client);
        midge_lwip_sockets_detach(config->port);
        sys_sem_signal(&changed);
    }
    lwip_socket_thread_cleanup(); /* the semaphore that attach made for this thread */
#ifdef RTOS_THREAD_DELETE
    RTOS_THREAD_DELETE(); /* FreeRTOS: vTaskDelete(NULL); its threads must not return */
#endif
}

/* --- In the other threads --- */

int network_start(struct midge_config *config)
{
    if (sys_sem_new(&changed, 0) != ERR_OK || sys_mbox_new(&jobs, JOBS_WAITING) != ERR_OK) {
        return MIDGE_ERR_NO_MEMORY;
    }
    (void)sys_thread_new("network", network_thread, config, STACK_BYTES, PRIORITY);
    (void)sys_arch_sem_wait(&changed, 0);
    if (opened != MIDGE_OK) {
        sys_sem_free(&changed);
        sys_mbox_free(&jobs);
    }
    return opened;
}

void network_get(struct network_job *job)
{
    job->result = (struct midge_result){.error = MIDGE_ERR_NO_MEMORY};
    if (sys_sem_new(&job->done, 0) != ERR_OK) {
        return;
    }
    sys_mbox_post(&jobs, job);
    midge_wake(client);
    (void)sys_arch_sem_wait(&job->done, 0);
    sys_sem_free(&job->done);
}

struct midge_client *network_client(void)
{
    return client;
}

void network_stop(void)
{
    sys_mbox_post(&jobs, &last);
    midge_wake(client);
    (void)sys_arch_sem_wait(&changed, 0);
    sys_sem_free(&changed);
    sys_mbox_free(&jobs);
}
