/* SPDX-License-Identifier: MIT */
/*
 * Services from outside the machine: arguments, settings, files, the date, the end. One of these is
 * linked:
 *   semihost.c    QEMU and debuggers: all of it from the host
 *   standalone.c  hardware: compiled-in arguments, no files, no date, no end
 */
#ifndef MIDGE_BOARDS_SERVICES_H
#define MIDGE_BOARDS_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <midge/port.h>

/* Called once, after hw_init. */
void services_init(void);

/* The words of the command line, including KEY=VALUE settings; they stay valid. The first word is
   the first argument, not the program's name. At most SERVICES_ARGS. */
#ifndef SERVICES_ARGS
#define SERVICES_ARGS 32
#endif
int services_args(char ***argv);

/* The value of a KEY=VALUE word before the app's own words, or NULL. */
const char *services_env(const char *name);

/* Seconds since 1970, or MIDGE_ERR_UNSUPPORTED. */
int64_t services_wall_time(void);

/* Entropy from outside the machine, for tests only: prints a warning once. False: none. */
bool services_entropy(uint8_t *buf, size_t len);

/* Sets the file_* calls, or leaves them NULL. */
void services_files(struct midge_port *port);

/* Ends with the app's exit code. Hardware: hw_halt. */
_Noreturn void services_exit(int code);

#endif
