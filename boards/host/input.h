/* SPDX-License-Identifier: MIT */
/* Standard input without waiting, beside a client's sockets. */
#ifndef MIDGE_HOST_INPUT_H
#define MIDGE_HOST_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct midge_client;

bool input_is_terminal(void);
/* MIDGE_OK with *n > 0, AGAIN, EOF, READ. */
int input_read(char *buf, size_t cap, size_t *n);
/* Waits until there is input, the client has work to do, or a signal came. client NULL: only for
   input. */
void input_wait(const struct midge_client *client);

#endif
