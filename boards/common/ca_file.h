/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_BOARDS_CA_FILE_H
#define MIDGE_BOARDS_CA_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <midge/port.h>

/* Reads a whole file of the port's file store. TOO_LARGE: it has cap bytes or more; UNSUPPORTED:
   there are no files; READ and others of port.h. *len: bytes read, also after an error. */
int ca_file_read(const struct midge_port *port, const char *path, uint8_t *buf, size_t cap,
                 size_t *len);

#endif
