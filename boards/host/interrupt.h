/* SPDX-License-Identifier: MIT */
/* SIGINT and SIGTERM, as something to ask for after each turn. */
#ifndef MIDGE_HOST_INTERRUPT_H
#define MIDGE_HOST_INTERRUPT_H

struct midge_client;

/* Wakes the client when one comes. One client at a time. */
void interrupt_catch(struct midge_client *client);
void interrupt_release(void);
int interrupt_came(void);

#endif
