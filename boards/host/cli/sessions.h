/* SPDX-License-Identifier: MIT */
/* --ssl-sessions and --session-key: sessions in a file, from one run of the program to the next. */
#ifndef MIDGE_CLI_SESSIONS_H
#define MIDGE_CLI_SESSIONS_H

#include "run.h"

#if MIDGE_WITH_SESSION_STORE
/* Reads the key. 0, or an exit code after a line. */
int sessions_open(struct run *run);
/* Removes the file, and gives its sessions to the client; a line if they cannot be used. */
void sessions_import(struct run *run);
/* Takes the client's sessions before it is closed. */
void sessions_export(struct run *run);
/* Writes them. Returns code, or EXIT_WRITE after a line. */
int sessions_save(struct run *run, int code);
#else
#define sessions_open(run)       0
#define sessions_import(run)     ((void)(run))
#define sessions_export(run)     ((void)(run))
#define sessions_save(run, code) (code)
#endif

#endif
