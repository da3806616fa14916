/* SPDX-License-Identifier: MIT */
/*
 * The command line as values. What holds for one group of URLs (up to --next) is a struct group;
 * what holds for the whole run is in struct options.
 */
#ifndef MIDGE_HOST_OPTIONS_H
#define MIDGE_HOST_OPTIONS_H

#include <stdint.h>

#include "keep.h"

/* What an item of a list came from. */
enum item_kind {
    ITEM_PLAIN,
    ITEM_OUTPUT,      /* -o */
    ITEM_REMOTE_NAME, /* -O; text is NULL */
    ITEM_DATA,        /* -d */
    ITEM_DATA_RAW,    /* --data-raw */
    ITEM_DATA_BINARY, /* --data-binary */
    ITEM_DATA_URLENCODE,
    ITEM_JSON
};
struct item {
    enum item_kind kind;
    const char *text;
};
struct items {
    struct item *at;
    size_t n;
};

struct group {
    struct items urls, outputs, headers, data, resolve, connect_to, uploads;
    const char *method, *output_dir, *servername, *user_agent, *bearer;
    const char *tls_max;
    const char *noproxy;
    uint64_t max_time_ms, connect_timeout_ms;
    uint8_t get, globoff, head, include, fail, insecure;
    uint8_t tls_1_2, tls_1_3, ipv4, ipv6;
    /* Worked out of the above. */
    uint8_t min_tls, max_tls;
};

struct options {
    struct keep *keep;
    struct group *groups;
    size_t n_groups;
    const char *cacert, *report, *waterfall_file;
    uint64_t parallel_max, max_conns, per_host, handshakes, heap, max_header, max_body;
    uint64_t recv_slice, send_slice, now;
    uint8_t has_now, sync, silent, show_error, verbose, waterfall, help, version;
    uint8_t accepted; /* what this program does anyway: -N, --http1.1 */
};

/* 0, or EXIT_USAGE after one line on stderr. Strings point into argv. */
int options_parse(struct options *options, int argc, char **argv);

/* --- the table, option_table.c --- */

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_NUMBER,    /* min..max */
    OPTION_SECONDS,   /* with decimals; kept in milliseconds */
    OPTION_ITEM,      /* one more for a list */
    OPTION_ITEM_FLAG, /* the same without a value */
    OPTION_FILE_FLAG, /* --name or --name=FILE */
    OPTION_NEXT,
    OPTION_REFUSED /* curl or cli.md has it, this build does not */
};
struct option_row {
    char letter; /* 0 none */
    uint8_t kind;
    uint8_t of_group;
    uint8_t item; /* enum item_kind */
    const char *name;
    size_t offset; /* of the value */
    size_t seen;   /* FILE_FLAG: of the file; NUMBER: of the flag that it was given, 0 none */
    uint64_t min, max;
    const char *value; /* its name in the help */
    const char *help;
};
extern const struct option_row option_table[];
extern const size_t option_table_len;

#endif
