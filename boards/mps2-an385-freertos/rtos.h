/* SPDX-License-Identifier: MIT */
/* Shared by the sources of this board: the kernel's hooks, the network, the marks, the load. */
#ifndef BOARD_RTOS_H
#define BOARD_RTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"

/* Priorities; lwIP's own task has 5 (lwipopts.h), midge's 3 (rtos_thread.c). */
enum { PRIORITY_PROGRAM = 3, PRIORITY_WORKER = 2, PRIORITY_CONSOLE = 4, PRIORITY_DRIVER = 6 };

#define RTOS_BLOCK_BYTES (1024u * 1024u) /* midge's memory at most */

/* --- rtos.c: the kernel's hooks --- */

/* Wakes this client from the tick's interrupt every so many ticks, until it is called with NULL;
   that comes before the client is closed. */
void rtos_wake_from_tick(struct midge_client *client, unsigned every);
/* Wakes from the tick so far. */
unsigned rtos_wakes(void);
/* Calls a port's wake once, in the tick's interrupt, after ms: for tests/conformance. */
void rtos_wake_later(void *port, uint32_t ms);
/* Paints the stack of interrupts, before the kernel starts. */
void rtos_paint(void);
/* Bytes of the stack of interrupts that were never used. */
size_t rtos_interrupt_stack_left(void);

/* --- network.c --- */

/* Starts lwIP's task, the driver's, and waits for an address. False: a line says why. */
bool network_up(void);

/* --- board.c --- */

extern struct midge_port rtos_port; /* clocks, entropy, files */
extern uint64_t rtos_block[RTOS_BLOCK_BYTES / sizeof(uint64_t)];

/* Before all of the following: the console's lock, and the task that takes what is typed. */
bool rtos_console(void);
/* The console is every task's: one writes at a time. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Reads the setting CA into tls. False: a line says why. */
bool rtos_trust(struct midge_tls *tls);

/* --- marks.c --- */

struct marks {
    size_t lwip_heap, rtos_heap; /* used; free */
    unsigned sockets, buffers, messages;
};
void marks_take(struct marks *marks);
/* Waits until all is given back, at most some seconds; false: a line says what is not. */
bool marks_return_to(const struct marks *before);
/* The bytes of stack that each task never used, and the most that heaps and pools gave. */
void marks_show(void);

/* --- mixed.c --- */

/* mixed WORKERS JOBS URL...: each worker task gets JOBS of the URLs by rtos_thread.c. */
int mixed(int argc, char **argv);

#endif
