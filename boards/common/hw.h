/* SPDX-License-Identifier: MIT */
/*
 * The machine under boards/common: the functions that each board's own folder defines. They do not
 * know midge; main.c makes the port from these, from lwIP and from the services.
 *
 *     reset -> start code (copies data, clears bss) -> main(): hw_init, services, lwIP, the app
 */
#ifndef MIDGE_BOARDS_HW_H
#define MIDGE_BOARDS_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netif;

/* "mps2-an385" */
extern const char hw_name[];

/* Starts clocks, tick, console. Interrupts are on afterwards. Called first, once. */
void hw_init(void);

/* Time since hw_init; monotonic. hw_micros only serves measurements, so it need not be exact, but
   it must be fine-grained: better than 100 us, if possible 1 us. */
uint64_t hw_millis(void);
uint64_t hw_micros(void);

/* Sleeps until an interrupt, at most some milliseconds (the tick is one). May return immediately.
   It is called when there is no work. If an interrupt has set a wake just before, the tick ends the
   sleep. */
void hw_idle(void);

/* Writes to the console, polled. The caller has made "\r\n" from "\n". */
void hw_console_write(const char *text, size_t len);

/* Takes a character that was typed, polled. False: there is none. */
bool hw_console_read(char *c);

/* lwIP's init function of the board's Ethernet chip: fills in hwaddr, mtu, flags, linkoutput
   (netif->output is etharp_output) and starts the chip. ERR_IF: the chip does not respond. */
signed char hw_netif_init(struct netif *netif); /* err_t */

/* Passes received frames to netif->input, only a few a call, and reports a change of the link to
   lwIP (netif_set_link_up, _down), if the chip detects it. */
void hw_netif_poll(struct netif *netif);

/* Fills buf with true entropy from a source of the machine. False: there is none. */
bool hw_entropy(uint8_t *buf, size_t len);

/* Stops the machine, interrupts off; for machines without a host. Does not return. */
_Noreturn void hw_halt(void);

/* The stack's bounds, from the linker script. main.c fills it with a pattern and reports the
   largest use. */
extern uint8_t hw_stack_bottom[], hw_stack_top[];

#endif
