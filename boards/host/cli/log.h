/* SPDX-License-Identifier: MIT */
/* midge log FILE: a board's log of events as text, waterfall and archive. */
#ifndef MIDGE_CLI_LOG_H
#define MIDGE_CLI_LOG_H

struct log;
struct run;

/* argv[0] is the first argument of the command. Returns the exit code: READ if the file cannot be
   read, or is damaged; what was readable is shown. */
int log_main(int argc, char **argv);

/* --- log_text.c --- */

/* Prints each event on stdout. */
void log_show(const struct log *log);

/* --- log_run.c --- */

/* Makes the run of a log: its fetches with their hops and times, for the waterfall and the archive.
   run has its keep. */
void log_run(const struct log *log, struct run *run);

#endif
