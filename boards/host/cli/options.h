/* SPDX-License-Identifier: MIT */
/*
 * The command line as values. The options of one group of URLs (up to --next) are in struct group;
 * the options of the whole run are in struct options.
 */
#ifndef MIDGE_CLI_OPTIONS_H
#define MIDGE_CLI_OPTIONS_H

#include <stdint.h>
#include <midge/rate.h>

#include "keep.h"

/* The option that an item of a list came from. */
enum item_kind {
    ITEM_PLAIN,
    ITEM_OUTPUT,      /* -o */
    ITEM_REMOTE_NAME, /* -O; text is NULL */
    ITEM_DATA,        /* -d */
    ITEM_DATA_RAW,    /* --data-raw */
    ITEM_DATA_BINARY, /* --data-binary */
    ITEM_DATA_URLENCODE,
    ITEM_JSON,
    ITEM_FORM,       /* -F */
    ITEM_FORM_STRING /* --form-string */
};
struct item {
    enum item_kind kind;
    const char *text;
    const char *why; /* a URL: why its pattern is malformed (glob.h); NULL: it is not */
};
struct items {
    struct item *at;
    size_t n;
};

struct group {
    struct items urls, outputs, headers, data, resolve, connect_to, uploads, cookies, forms;
    const char *method, *output_dir, *servername, *user_agent, *bearer;
    const char *tls_max, *pinned;
    const char *proxy, *proxy_user, *noproxy;
    const char *write_out, *dump_header, *referer, *cookie_jar, *user, *netrc_file;
    const char *etag_save, *etag_compare;
    uint64_t max_time_ms, connect_timeout_ms, expect_ms;
    uint8_t get, globoff, head, include, fail, fail_with_body, create_dirs, insecure;
    uint8_t proxy_insecure;
    uint8_t tls_1_2, tls_1_3, ipv4, ipv6;
    uint8_t http_1_1, http_2, http_2_prior;
    uint64_t retry, retry_delay_ms, retry_max_time_ms;
    uint8_t retry_all_errors, compressed, has_expect_ms;
    const char *max_redirs, *proto_redir;
    const char *range, *continue_at;
    uint8_t basic, digest, anyauth, netrc;
    uint8_t location, location_trusted, post301, post302, post303;
    /* Computed from the above. */
    const char *password; /* from user, which ends before the colon then */
    uint8_t min_tls, max_tls, max_redirects, redirect_rules, auto_referer;
};

struct options {
    struct keep *keep;
    struct group *groups;
    size_t n_groups;
    const char *sim; /* the file of a world; NULL: the machine's network */
    const char *device;
    const char *rate_text, *cacert, *cert, *cert_type, *key, *key_type, *pass;
    const char *ssl_sessions, *session_key;
    const char *explain; /* the name of an error */
    const char *report, *waterfall_file, *har, *fail_alloc;
    const char *memory, *page; /* files of pictures: --memory, --report-html */
    const char *beside;        /* of midge log --beside */
    int *ciphers;              /* computed from the next two; NULL: midge's */
    const char *ciphers_12, *ciphers_13;
    struct items fail_io;
    uint64_t parallel_max, max_conns, per_host, handshakes, heap, max_header, max_body;
    uint64_t http2_window, http2_conn_window;
    struct midge_rate rate; /* computed from rate_text; no requests: none */
    uint64_t recv_slice, send_slice, now, seed;
    uint8_t has_now, has_seed, sync, silent, show_error, verbose, waterfall, help, version;
    uint8_t accepted; /* options for the program's usual behaviour: -N, -Z */
};

/* 0, or EXIT_USAGE after one line on stderr. Strings point into argv. */
int options_parse(struct options *options, int argc, char **argv);

/* Does a group ask for HTTP/2? */
int options_http2(const struct options *options);

/* --- the table, option_table.c --- */

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_NUMBER,    /* min..max */
    OPTION_SECONDS,   /* with decimals; kept in milliseconds */
    OPTION_ITEM,      /* adds an item to a list */
    OPTION_ITEM_FLAG, /* the same without a value */
    OPTION_FILE_FLAG, /* --name or --name=FILE */
    OPTION_NEXT,
    OPTION_CONFIG, /* a file of options */
    OPTION_REFUSED /* curl or cli.md has it, this build does not */
};
struct option_row {
    char letter; /* 0 none */
    uint8_t kind;
    uint8_t of_group;
    uint8_t item; /* enum item_kind */
    const char *name;
    size_t offset; /* of the value */
    size_t seen;   /* FILE_FLAG: offset of the file; NUMBER: of its "given" flag, 0: none */
    uint64_t min, max;
    const char *value; /* name of the value in the help */
    const char *help;
};
extern const struct option_row option_table[];
extern const size_t option_table_len;

#endif
