/* SPDX-License-Identifier: MIT */
/* SIGINT and SIGTERM become a flag to check after each turn. */
#ifndef MIDGE_HOST_INTERRUPT_H
#define MIDGE_HOST_INTERRUPT_H

struct midge_client;

/* Makes the signals wake the client. One client at a time. */
void interrupt_catch(struct midge_client *client);
void interrupt_release(void);
int interrupt_came(void);

#endif
