/* SPDX-License-Identifier: MIT */
/*
 * A failure's exit code comes from a table by its error, else from the phase in which it happened.
 * Its line is composed of the URL, the text, the system's words for an errno, and a hint; at the
 * end it is cleaned of bytes that could disturb a terminal.
 */
#define _GNU_SOURCE
#include "failure.h"

#include <stdio.h>
#include <string.h>
#include <midge/err.h>
#include <midge/response.h>

/* --- exit codes --- */

static const struct {
    int error;
    enum exit_code code;
} codes[] = {
    {MIDGE_OK, EXIT_GOOD},
    {MIDGE_ERR_INVALID, EXIT_USAGE},
    {MIDGE_ERR_HEADER, EXIT_USAGE},
    {MIDGE_ERR_UNSUPPORTED, EXIT_USAGE},
    {MIDGE_ERR_SCHEME, EXIT_SCHEME},
    {MIDGE_ERR_URL, EXIT_URL},
    {MIDGE_ERR_RESOLVE, EXIT_RESOLVE},
    {MIDGE_ERR_ZONE, EXIT_RESOLVE},
    {MIDGE_ERR_CONNECT, EXIT_CONNECT},
    {MIDGE_ERR_PROTOCOL, EXIT_REPLY},
    {MIDGE_ERR_PARTIAL, EXIT_PARTIAL},
    {MIDGE_ERR_HTTP_STATUS, EXIT_STATUS},
    {MIDGE_ERR_WRITE, EXIT_WRITE},
    {MIDGE_ERR_READ, EXIT_READ},
    {MIDGE_ERR_NO_MEMORY, EXIT_MEMORY},
    {MIDGE_ERR_NO_SLOT, EXIT_MEMORY},
    {MIDGE_ERR_TIMEOUT, EXIT_TIMEOUT},
    {MIDGE_ERR_ENTROPY, EXIT_TLS},
    {MIDGE_ERR_CANCELED, EXIT_ABORTED},
    {MIDGE_ERR_CLOSED, EXIT_ABORTED},
    {MIDGE_ERR_EMPTY_REPLY, EXIT_EMPTY},
    {MIDGE_ERR_SEND, EXIT_SEND},
    {MIDGE_ERR_RECV, EXIT_RECV},
    {MIDGE_ERR_PROXY, EXIT_RECV},
    {MIDGE_ERR_CREDENTIAL, EXIT_CREDENTIAL},
    {MIDGE_ERR_CERT, EXIT_CERT},
    {MIDGE_ERR_PIN, EXIT_PIN},
    {MIDGE_ERR_ENCODING, EXIT_ENCODING},
    {MIDGE_ERR_WINDOW, EXIT_ENCODING},
    {MIDGE_ERR_TOO_LARGE, EXIT_SIZE},
    {MIDGE_ERR_REDIRECTS, EXIT_REDIRECTS},
    {MIDGE_ERR_REWIND, EXIT_REWIND},
    {MIDGE_ERR_RANGE, EXIT_RANGE},
    {MIDGE_ERR_CA, EXIT_CA},
};

/* -1: it has none of its own. */
static int own_exit_code(int error)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].error == error) {
            return (int)codes[i].code;
        }
    }
    return -1;
}

bool failure_ends_requests(int error)
{
    return own_exit_code(error) >= 0 || error == MIDGE_ERR_TLS ||
           error == MIDGE_ERR_TLS_RECORD_SIZE || error == MIDGE_ERR_PORT;
}

/* Errors without an exit code of their own (TLS, the port) get the code of the phase in which they
   happened. */
static int phase_exit_code(int phase)
{
    switch ((enum midge_phase)phase) {
    case MIDGE_PHASE_QUEUE:
    case MIDGE_PHASE_CONNECT:
        return EXIT_CONNECT;
    case MIDGE_PHASE_DNS:
        return EXIT_RESOLVE;
    case MIDGE_PHASE_TLS:
        return EXIT_TLS;
    case MIDGE_PHASE_SEND:
        return EXIT_SEND;
    case MIDGE_PHASE_WAIT:
    case MIDGE_PHASE_BODY:
    case MIDGE_PHASE_DONE:
    case MIDGE_PHASES:
        break;
    }
    return EXIT_RECV;
}

int failure_exit_code(int error, int phase)
{
    if (error == MIDGE_ERR_RANGE && phase == MIDGE_PHASE_QUEUE) {
        return EXIT_RESUME; /* our own file is the reason: nothing was asked */
    }
    const int own = own_exit_code(error);
    return own >= 0 ? own : phase_exit_code(phase);
}

/* Other errors of a stream than PARTIAL have no native code, those of a connection have one
   (response.h). */
int failure_http2_code(int error, int native)
{
    enum { HTTP_1_1_REQUIRED = 13 }; /* RFC 9113 7; the answer was one of HTTP/1 */
    if (native == 0 && (error == MIDGE_ERR_PROTOCOL || error == MIDGE_ERR_RECV)) {
        return EXIT_STREAM;
    }
    return error == MIDGE_ERR_PROTOCOL && native != HTTP_1_1_REQUIRED ? EXIT_HTTP2 : -1;
}

/* --- lines --- */

/* Does native hold an errno? The code of a TLS or resolver failure belongs to another library. */
static int is_errno(const struct midge_result *result)
{
    switch (result->error) {
    case MIDGE_ERR_CONNECT:
    case MIDGE_ERR_SEND:
    case MIDGE_ERR_RECV:
    case MIDGE_ERR_WRITE:
    case MIDGE_ERR_READ:
    case MIDGE_ERR_CA:
    case MIDGE_ERR_CREDENTIAL:
    case MIDGE_ERR_PORT:
    case MIDGE_ERR_PARTIAL:
        return result->native > 0;
    default:
        return 0;
    }
}

/* The option that helps most users next. */
static const char *hint(const struct midge_result *result)
{
    switch (result->error) {
    case MIDGE_ERR_NO_MEMORY:
        return "; try a larger --heap";
    case MIDGE_ERR_TOO_LARGE:
        return "; see --max-body and --max-header";
    default:
        return "";
    }
}

/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069: they break a line or reverse its text. */
static int is_reordering(const unsigned char *at)
{
    if (at[0] != 0xe2 || at[1] == '\0') {
        return 0;
    }
    if (at[1] == 0x80) {
        return at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae);
    }
    return at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
}

/* Makes it one line, whatever a server, a file name or an argument put into it. */
static void clean(char *line)
{
    for (unsigned char *at = (unsigned char *)line; *at != '\0'; at++) {
        if (at[0] < ' ' || at[0] == 0x7f) {
            at[0] = '?';
        }
        if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) { /* C1, obeyed by some terminals */
            at[0] = at[1] = '?';
        }
        if (is_reordering(at)) {
            at[0] = at[1] = at[2] = '?';
        }
    }
}

/* "connection failed (connect, errno 111)": inserts the system's words before the bracket. */
static void add_with_system_error(struct text *line, const char *text, int native)
{
    const char *bracket = strstr(text, " (");
    size_t len = bracket != NULL ? (size_t)(bracket - text) : strlen(text);

    text_add(line, text, len);
    text_format(line, ": %s", strerror(native));
    text_puts(line, text + len);
}

char *failure_line(struct keep *keep, int exit_code, const struct midge_result *result,
                   const char *url, const char *what)
{
    char text[512];
    struct text line = {.keep = keep};

    midge_result_text(result, text, sizeof text);
    text_format(&line, "midge: (%d) ", exit_code);
    if (url != NULL) {
        text_format(&line, "%s: ", url);
    }
    if (is_errno(result)) {
        add_with_system_error(&line, what != NULL ? what : text, result->native);
    } else {
        text_puts(&line, what != NULL ? what : text);
    }
    if (what == NULL) {
        text_puts(&line, hint(result));
    }
    clean(line.data);
    return line.data;
}

int usage_error(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    clean(text);
    fprintf(stderr, "midge: %s (midge --help lists what there is)\n", text);
    return EXIT_USAGE;
}
