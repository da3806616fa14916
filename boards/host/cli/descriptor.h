/* SPDX-License-Identifier: MIT */
/* Files that the program itself reads and writes; files of bodies are the port's. */
#ifndef MIDGE_CLI_DESCRIPTOR_H
#define MIDGE_CLI_DESCRIPTOR_H

#include <stddef.h>

#include "keep.h"

/* Call it after a read or write that failed with errno: should the call be repeated? For a
   descriptor that another program made non-blocking it waits (POLLIN, POLLOUT). */
int descriptor_again(int fd, short events);
/* Writes all of it. 0 or errno. */
int descriptor_write(int fd, const void *data, size_t len);

/* Opens for writing; "-" is stdout. -1 with errno. */
int descriptor_open(const char *path);
/* Writes all of it and closes a descriptor from descriptor_open. 0 or errno. */
int descriptor_save(int fd, const void *data, size_t len);

/* Writes a file, readable for its owner only, in place of the one before when it is complete; "-",
   and a path that is no regular file, are written directly. 0 or errno. */
int descriptor_replace(struct keep *keep, const char *path, const struct text *all);

/* Does a path name the file of descriptor 1 ("/dev/stdout")? Then descriptor 1 is used, because
   opening the file again would write from its start. */
int descriptor_is_stdout(const char *path);

#endif
