/* SPDX-License-Identifier: MIT */
/*
 * The conformance program on the desktop: what a main() of it needs beside its port.
 *
 *     peer.py -- conformance-NAME       PORT comes as the last argument
 */
#ifndef MIDGE_CONFORMANCE_DESKTOP_H
#define MIDGE_CONFORMANCE_DESKTOP_H

#include "conformance.h"

/* The first of the peer's ports, the last of argv. Exits without one. */
uint16_t desktop_base(int argc, char **argv);

/* Limits the descriptors of this process, so that a port of the system has an end of sockets. */
void desktop_few_files(unsigned most);

/* The peer at that address. Wakes come from a thread, which calls interrupt afterwards (NULL: not):
   what on a chip would end its sleep. */
void desktop_peer(struct conformance_peer *peer, struct midge_port *port, uint16_t base,
                  const uint8_t address[4], void (*interrupt)(void));

/* Runs all checks and prints one line for each: the exit status. */
int desktop_run(const struct midge_port *port, const struct conformance_peer *peer);

#endif
