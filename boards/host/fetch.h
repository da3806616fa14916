/* SPDX-License-Identifier: MIT */
/*
 * One URL of the command line: what is asked, where the answer goes, what came. Made by plan.c,
 * driven by run.c, told by report.c and the rest.
 */
#ifndef MIDGE_HOST_FETCH_H
#define MIDGE_HOST_FETCH_H

#include <midge/request.h>

#include "options.h"
#include "output.h"
#include "reply.h"
#include "upload.h"

enum fetch_state {
    FETCH_WAITING, /* not on a connection yet */
    FETCH_SENT,
    FETCH_BODY,
    FETCH_DONE
};

struct run;

struct fetch {
    struct run *run;
    const struct group *group;
    size_t index;      /* among all URLs */
    const char *given; /* the URL as typed */
    const char *url;   /* what is asked, in normal form; as typed when it has none */
    const char *method;
    const char *local_name;  /* -o, -O; NULL: stdout */
    const char *upload_path; /* -T */
    struct midge_request request;
    struct upload upload;
    struct output output;
    struct reply reply;
    struct midge_result result;
    const char *what;    /* why it failed, in words of the program's own; NULL: the result's */
    const char *message; /* the line shown to people; NULL while all is well */
    int exit_code;
    midge_id id;
    uint8_t state; /* enum fetch_state */
    uint8_t started;
    uint8_t told; /* people know already why it failed */
};

/* It ends before it began: with this error. */
void fetch_refuse(struct fetch *fetch, int error, int native, const char *what);

#endif
