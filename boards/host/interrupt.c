/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <midge/client.h>

/* A handler gets no context: the program's only globals. */
static volatile sig_atomic_t came;
static struct midge_client *volatile waked;

static void on_signal(int number)
{
    (void)number;
    came = 1;
    if (waked != NULL)
        midge_wake(waked);
}

void interrupt_catch(struct midge_client *client)
{
    /* Once: whoever insists ends the program the hard way. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    waked = client;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void interrupt_release(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    waked = NULL;
}

int interrupt_came(void)
{
    return came;
}
