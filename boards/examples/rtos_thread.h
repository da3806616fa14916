/* SPDX-License-Identifier: MIT */
/*
 * midge under an RTOS: one thread owns the client; all others pass their work to it.
 *
 *     struct network_job job = {.url = "https://example.com/", .text = text, .cap = sizeof text};
 *     network_get(&job);                     this thread waits, the network thread works
 *     if (job.result.error == MIDGE_OK) ...
 */
#ifndef RTOS_THREAD_H
#define RTOS_THREAD_H

#include <lwip/sys.h>
#include <midge/midge.h>

struct network_job {
    const char *url;
    char *text; /* the body goes here, NUL-terminated; longer ones fail with TOO_LARGE */
    size_t cap;
    struct midge_result result;

    struct midge_buffer body; /* used by the network thread */
    sys_sem_t done;
};

/* Starts the thread; call it after tcpip_init. Returns when the client is open, or its error.
   config lives as long as the thread; its port has the clocks and entropy, the thread adds lwIP's
   sockets. */
int network_start(struct midge_config *config);

/* Callable from any thread, also from several at once. */
void network_get(struct network_job *job);

/* The thread's client, between start and stop: other threads, and interrupts if the port allows
   them, may call midge_wake with it, and nothing else. */
struct midge_client *network_client(void);

/* Call it when no thread is in network_get, or will be. Returns when the client is closed. */
void network_stop(void);

#endif
