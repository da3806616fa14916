/* SPDX-License-Identifier: MIT */
/* In place of cyw43-driver, which this test does not have: the names of it that pico-sdk's
   cyw43_arch.h and boards/pico/wireless use, from its public interface. Nothing of it can be
   linked. */
#ifndef CYW43_H
#define CYW43_H

#include <stdbool.h>
#include <stdint.h>

enum { CYW43_AUTH_OPEN = 0, CYW43_AUTH_WPA2_AES_PSK = 0x00400004 };
enum { CYW43_WL_GPIO_LED = 0 };

void cyw43_thread_enter(void);
void cyw43_thread_exit(void);

#endif
