/* SPDX-License-Identifier: MIT */
/* SIGINT and SIGTERM become a flag to check after each turn. */
#ifndef MIDGE_HOST_INTERRUPT_H
#define MIDGE_HOST_INTERRUPT_H

struct midge_client;

/* Makes the signals wake the client. One client at a time. */
void interrupt_catch(struct midge_client *client);
void interrupt_release(void);
int interrupt_came(void);
/* SIGINT came, and no other of the signals. */
int interrupt_is_key(void);
/* After it the same signal can come again. 1: SIGINT had come. */
int interrupt_take_key(void);

#endif
