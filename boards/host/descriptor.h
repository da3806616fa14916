/* SPDX-License-Identifier: MIT */
/* Files that the program itself reads and writes; those of bodies are the port's. */
#ifndef MIDGE_HOST_DESCRIPTOR_H
#define MIDGE_HOST_DESCRIPTOR_H

#include <stddef.h>

/* After a read or write that failed with errno: whether to repeat it. One of a descriptor that
   others made non-blocking is waited for (POLLIN, POLLOUT). */
int descriptor_again(int fd, short events);
/* All of it. 0 or errno. */
int descriptor_write(int fd, const void *data, size_t len);

/* For writing; "-" is stdout. -1 with errno. */
int descriptor_open(const char *path);
/* Writes all of it and closes what descriptor_open gave. 0 or errno. */
int descriptor_save(int fd, const void *data, size_t len);

/* Whether a path names the file that descriptor 1 is ("/dev/stdout"): that is written there, and
   not opened anew, which would begin at its start again. */
int descriptor_is_stdout(const char *path);

#endif
