/* SPDX-License-Identifier: MIT */
/* A port to start from: copy the folder, rename, and follow port/PORTING.md. */
#ifndef MYPORT_H
#define MYPORT_H

#include <midge/port.h>

enum { MYPORT_SOCKS = 4 }; /* connections at once */

/* The port, of which there is one. NULL: the machine could not be started. */
struct midge_port *myport_open(void);
void myport_close(struct midge_port *port);

#endif
