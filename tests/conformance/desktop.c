/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "desktop.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct {
    void (*interrupt)(void);
    int ms;
} waker;

static void *wake_thread(void *arg)
{
    const struct midge_port *port = arg;

    (void)poll(NULL, 0, waker.ms);
    port->wake(port->ctx);
    if (waker.interrupt != NULL) {
        waker.interrupt();
    }
    return NULL;
}

static void wake_later(void *ctx, uint32_t ms)
{
    pthread_t thread;

    waker.ms = (int)ms;
    if (pthread_create(&thread, NULL, wake_thread, ctx) == 0) {
        (void)pthread_detach(thread);
    }
}

uint16_t desktop_base(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: peer.py -- %s\n", argv[0]);
        exit(2);
    }
    return (uint16_t)strtoul(argv[argc - 1], NULL, 10);
}

void desktop_few_files(unsigned most)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > most) {
        limit.rlim_cur = most;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void desktop_peer(struct conformance_peer *peer, struct midge_port *port, uint16_t base,
                  const uint8_t address[4], void (*interrupt)(void))
{
    static char file[64];

    memset(peer, 0, sizeof *peer);
    waker.interrupt = interrupt;
    peer->addr.family = 4;
    memcpy(peer->addr.bytes, address, 4);
    peer->base = base;
    peer->name = "peer.test";
    peer->wake_later = wake_later;
    peer->wake_ctx = port;
    (void)snprintf(file, sizeof file, "/tmp/midge-conformance.%ld", (long)getpid());
    peer->file = file;
}

/* --- a port that hangs or crashes: the promise that was being checked is named --- */

enum { PROMISE_S = 120 }; /* the longest takes a fifth of it */

static const char *volatile running;

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) {
        _exit(3);
    }
}

static void on_signal(int number)
{
    say("BROKEN  ");
    say(running);
    say(number == SIGALRM ? ": it hangs; does one of its calls block?\n" : ": it crashes\n");
    if (number == SIGALRM) {
        _exit(1);
    } /* else the default action follows, as the instruction is repeated */
}

static void watch(void)
{
    static const int numbers[] = {SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
#ifdef __SANITIZE_ADDRESS__ /* which tells more of a crash */
    size_t n = 1;
#else
    size_t n = sizeof numbers / sizeof numbers[0];
#endif
    for (size_t i = 0; i < n; i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
}

static void report(void *ctx, const char *promise, enum conformance_result result, const char *why)
{
    static const char *const words[] = {"ok", "BROKEN", "skipped"};
    int *count = ctx;

    if (result == BEGINS) {
        running = promise;
        (void)alarm(PROMISE_S);
        return;
    }
    count[result]++;
    (void)printf("%-7s %s%s%s\n", words[result], promise, why ? ": " : "", why ? why : "");
    (void)fflush(stdout);
}

int desktop_run(const struct midge_port *port, const struct conformance_peer *peer)
{
    int count[3] = {0};
    watch();
    int broken = midge_conformance(port, peer, report, count);

    (void)alarm(0);
    if (peer->file != NULL) {
        (void)unlink(peer->file);
    }
    (void)printf("%d promises kept, %d broken, %d skipped\n", count[CONFORMS], count[BROKEN],
                 count[SKIPPED]);
    return broken != 0;
}
