/* SPDX-License-Identifier: MIT */
/*
 * One URL of the command line: the request, the destination of the answer, the result. plan.c makes
 * it, run.c drives it, report.c and others print it.
 */
#ifndef MIDGE_CLI_FETCH_H
#define MIDGE_CLI_FETCH_H

#include <midge/gunzip.h>
#include <midge/hooks.h>
#include <midge/request.h>

#include "form.h"
#include "har.h"
#include "options.h"
#include "output.h"
#include "part.h"
#include "reply.h"
#include "upload.h"
#include "url_user.h"

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
    size_t index;                    /* among all URLs */
    const char *given;               /* the URL as typed, without user and password */
    struct url_user in_url;          /* these */
    const char *url;                 /* the URL to ask, in normal form; as typed when it has none */
    const char *method, *hop_method; /* of the first hop; after redirects, of the newest one */
    const char *local_name;          /* -o, -O; NULL: stdout */
    const char *upload_path;         /* -T */
    struct midge_request request;
    struct midge_retry retry;
    struct midge_hook hook;   /* for -e */
    const char *referer;      /* of the next hop; NULL: none */
    struct midge_proxy proxy; /* of the newest hop; its host is NULL: none */
    struct midge_hook etag_hook;
    const char *etag; /* of the answer, for --etag-save; NULL: none */
    struct upload upload;
    struct form form; /* -F */
    struct output output;
    struct midge_gunzip gunzip; /* --compressed */
    struct part part;           /* -r, -C */
    struct reply reply;
    struct text heads;    /* for the file of -D */
    struct har_hops hops; /* har_notes */
    unsigned client;      /* of a log with several clients: from 1; else 0 */
    struct midge_result result;
    const char *what;    /* the failure in the program's own words; NULL: the result's */
    const char *message; /* the line shown to the user; NULL: no failure */
    int exit_code;
    midge_id id;
    uint8_t state; /* enum fetch_state */
    uint8_t started;
    uint8_t lost_body, lost_credentials; /* on the way of redirects */
    uint8_t told;                        /* the failure has been shown to the user */
};

/* Adds a hook behind the others. */
static inline void fetch_add_hook(struct fetch *fetch, struct midge_hook *hook)
{
    struct midge_hook **last = &fetch->request.hooks;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = hook;
}
/* Ends the fetch before it begins, with this error. */
void fetch_refuse(struct fetch *fetch, int error, int native, const char *what);

#endif
