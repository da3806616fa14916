/* SPDX-License-Identifier: MIT */
/* The pins of the NUCLEO-F767ZI (UM1974): console, Ethernet, LEDs. */
#ifndef MIDGE_F767_PINS_H
#define MIDGE_F767_PINS_H

#include <stdbool.h>

enum led {
    LED_GREEN, /* LD1: the program runs */
    LED_BLUE,  /* LD2: the network cable's link is up */
    LED_RED    /* LD3: clock, Ethernet or random numbers do not work */
};

/* Turns the clocks of the ports on, and gives all pins to their users. */
void pins_start(void);

void pins_led(enum led led, bool on);

#endif
