/* SPDX-License-Identifier: MIT */
/*
 * midge --explain NAME: what an error, an exit code, a TLS alert or a reason of a refused
 * certificate means, and what to try. The tables are the only place of these texts:
 * include/midge/ERRORS.md is made of them, by midge --explain page.
 */
#ifndef MIDGE_CLI_EXPLAIN_H
#define MIDGE_CLI_EXPLAIN_H

#include <stddef.h>

/* Returns the exit code. */
int explain(const char *name);

/* --- the tables --- */

struct explained_error {
    const char *name; /* without MIDGE_ERR_ */
    int value;
    const char *text;  /* of midge_err_text */
    const char *when;  /* it occurs */
    const char *acted; /* Can the server have acted on the request? */
    const char *advice;
};
extern const struct explained_error explained_errors[];
extern const size_t explained_errors_len;

/* An exit code; its errors are those that failure_exit_code gives it. */
struct explained_code {
    int code;
    const char *text;
};
extern const struct explained_code explained_codes[];
extern const size_t explained_codes_len;

/* A text in the brackets or after the colon of an error's line, from TLS. */
struct explained_detail {
    const char *name; /* an alert's name, or the whole text */
    int alert;        /* its number, -1: not an alert */
    const char *text;
};
extern const struct explained_detail explained_details[];
extern const size_t explained_details_len;

/* explain_page.c: all of them, as Markdown. */
void explain_page(void);
/* The exit codes that an error gives, by its phase: "28", "7, 6, 35, 55, 56 by the phase", or with
   HTTP/2. */
void explain_exit_codes(const struct explained_error *error, char *text, size_t cap);

#endif
