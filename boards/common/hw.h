/* SPDX-License-Identifier: MIT */
/*
 * The machine under boards/common: what each board's own folder defines. Nothing here knows
 * midge; main.c makes the port of these, of lwIP and of the services.
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

/* Clocks, tick, console. Interrupts are on afterwards. Called first, once. */
void hw_init(void);

/* Since hw_init; monotonic, never goes back. hw_micros need not be exact beyond what measuring
   wants, but must be fine-grained: 1 us or better than 100 us at least. */
uint64_t hw_millis(void);
uint64_t hw_micros(void);

/* Sleeps until an interrupt, at most some milliseconds (the tick is one). May return at once.
   Called with work known to be absent; a wake from an interrupt must not be lost: the tick ends
   the sleep then. */
void hw_idle(void);

/* The console, polled; "\n" is made "\r\n" by the caller. */
void hw_console_write(const char *text, size_t len);

/* lwIP's init function of the board's Ethernet chip: fills in hwaddr, mtu, flags, linkoutput
   (netif->output is etharp_output), starts the chip. ERR_IF when the chip does not answer. */
signed char hw_netif_init(struct netif *netif); /* err_t */

/* Hands received frames to netif->input, at most a few (bounded); tells lwIP of a changed link
   (netif_set_link_up, _down) where the chip knows. */
void hw_netif_poll(struct netif *netif);

/* True entropy, all len bytes, from a source of the machine. False: there is none. */
bool hw_entropy(uint8_t *buf, size_t len);

/* Does not return: stop, as a machine without a host does. Interrupts off. */
_Noreturn void hw_halt(void);

/* Stack: its bounds, from the linker script. main.c paints it and reports the high-water mark. */
extern uint8_t hw_stack_bottom[], hw_stack_top[];

#endif
