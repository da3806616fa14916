/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <midge/client.h>

/* A handler gets no context, so these are the program's only globals. */
static volatile sig_atomic_t came;
static struct midge_client *volatile waked;

static void on_signal(int number)
{
    if (came == 0 || number != SIGINT) {
        came = number;
    }
    if (waked != NULL) {
        midge_wake(waked);
    }
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal that was ignored at the start (nohup) stays ignored. */
static void set_handler(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(number, &action, NULL);
    }
}

void interrupt_catch(struct midge_client *client)
{
    waked = client;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) { /* once: a second signal … */
        set_handler(signals[i], on_signal, (int)SA_RESETHAND);        /* … ends the process */
    }
    signal(SIGPIPE, SIG_IGN);
}

void interrupt_release(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        set_handler(signals[i], SIG_DFL, 0);
    }
    waked = NULL;
}

int interrupt_came(void)
{
    return came != 0;
}

int interrupt_is_key(void)
{
    return came == SIGINT;
}

int interrupt_take_key(void)
{
    if (came != SIGINT) {
        return 0;
    }
    came = 0;
    set_handler(SIGINT, on_signal, (int)SA_RESETHAND);
    return 1;
}
