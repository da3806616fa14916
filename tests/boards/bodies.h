/* SPDX-License-Identifier: MIT */
/* The test program of bodies and state on a board: bodies.c reads its lines, bodies_how.c knows the
   requests. */
#ifndef TESTS_BOARDS_BODIES_H
#define TESTS_BOARDS_BODIES_H

#include <midge/midge.h>

#include "board.h"

#define BODIES_TEXT 80

/* The last sink: a sum and the first bytes. */
struct sum {
    struct midge_sink sink;
    struct midge_sha256 hash;
    uint64_t len;
    char text[BODIES_TEXT];
};

/* A body of a pattern: byte i is 'a' + i % 26. Its length is not announced. */
struct pattern {
    struct midge_source source;
    size_t len, at;
};

/* All that lives from one request to the next, and the parts of one request. In the client's block:
   a board of 64 KB has no room beside it. */
struct bodies {
    struct board *board;
    struct midge_client *client;
    char *words[4]; /* of the line: how, values, URL */
    size_t n_words;

    struct midge_proxy proxy;
    char proxy_text[80];
    struct midge_cookies jar;
    unsigned char cookies[1024];
    struct midge_validators stored;
    char stored_url[96];

    struct midge_request request;
    struct midge_result result;
    struct midge_header header;
    struct midge_retry retry;
    struct sum sum;
    struct midge_gunzip gunzip;
    struct midge_json_filter filter;
    char value[BODIES_TEXT];
    unsigned values;
    struct midge_download download;
    struct midge_slices slices;
    struct midge_conditional conditional;
    struct midge_content_range range;
    struct midge_auth auth;
    struct midge_multipart form;
    struct midge_part parts[2];
    struct midge_file_source file;
    struct pattern pattern;
};

/* A kind of request. */
struct how {
    const char *name;
    size_t n_values; /* words between name and URL */
    /* Adds to bodies->request, a GET of the URL. NULL: nothing. Negative: why not. */
    int (*prepare)(struct bodies *bodies, char **values);
};

/* NULL: there is none of that name. */
const struct how *how_find(const char *name);

#endif
