/* SPDX-License-Identifier: MIT */
/* The program's failures: curl's exit codes, and one line of text. */
#ifndef MIDGE_CLI_FAILURE_H
#define MIDGE_CLI_FAILURE_H

#include <stdbool.h>

#include "keep.h"

struct midge_result;

enum exit_code {
    EXIT_GOOD = 0,
    EXIT_SCHEME = 1,
    EXIT_USAGE = 2,
    EXIT_URL = 3,
    EXIT_PROXY = 5, /* its name is not resolved */
    EXIT_RESOLVE = 6,
    EXIT_CONNECT = 7,
    EXIT_REPLY = 8,
    EXIT_HTTP2 = 16, /* the connection */
    EXIT_PARTIAL = 18,
    EXIT_STATUS = 22,
    EXIT_WRITE = 23,
    EXIT_READ = 26,
    EXIT_MEMORY = 27,
    EXIT_TIMEOUT = 28,
    EXIT_RANGE = 33,
    EXIT_TLS = 35,
    EXIT_RESUME = 36,
    EXIT_ABORTED = 42,
    EXIT_REDIRECTS = 47,
    EXIT_EMPTY = 52,
    EXIT_SEND = 55,
    EXIT_RECV = 56,
    EXIT_CREDENTIAL = 58,
    EXIT_CERT = 60,
    EXIT_ENCODING = 61,
    EXIT_SIZE = 63,
    EXIT_REWIND = 65,
    EXIT_CA = 77,
    EXIT_PIN = 90,
    EXIT_STREAM = 92 /* of HTTP/2 */
};

/* The exit code for a result's error and phase. */
int failure_exit_code(int error, int phase);
/* The one that it has instead if it was sent by HTTP/2, by the result's native; -1: none. */
int failure_http2_code(int error, int native);
/* Does a request of the program end with it? Others come to programs that use the library. */
bool failure_ends_requests(int error);

/* "midge: (60) https://host/path: certificate expired (tls, X509 flags 0x1)", with the exit code in
   front. what: the program's own words in place of the result's; NULL: none. url: NULL: none. */
char *failure_line(struct keep *keep, int exit_code, const struct midge_result *result,
                   const char *url, const char *what);

/* Prints one line and a reference to the help on stderr; returns EXIT_USAGE. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
