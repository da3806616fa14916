/* SPDX-License-Identifier: MIT */
/*
 * --har: the run as an HTTP Archive 1.2, which the developer tools of browsers open
 * (http://www.softwareishard.com/blog/har-12-spec/). har_record.c notes each hop of each fetch, for
 * the waterfall too (har_hops.c); har.c writes the file, har_body.c the bodies in it.
 */
#ifndef MIDGE_CLI_HAR_H
#define MIDGE_CLI_HAR_H

#include <midge/client.h>
#include <midge/hooks.h>
#include <midge/response.h>

#include "reply.h"

#define HAR_TEXT 65536u /* bytes of one body in the file at most */

struct fetch;
struct options;
struct run;

/* One hop: a request that was sent, and the head of its answer (status 0: none came). */
struct har_hop {
    const char *method, *url;
    struct reply_fields sent;
    size_t head_len;             /* 0: unknown */
    struct midge_timings before; /* the fetch's, when the hop began to send */
    uint32_t connection;
    uint8_t redirects, retries, repeats;
    uint8_t has_body;
    uint8_t framing; /* of the answer */
    struct reply reply;
};
struct har_hops {
    struct har_hop *at;
    size_t n;
    uint64_t *again; /* when attempts that were not sent failed and were repeated, microseconds */
    size_t n_again, n_before; /* n_before: of n, those of earlier attempts and of redirects */
};

/* Of the run. */
struct har {
    struct midge_hook hook;
    int64_t wall_ms;   /* Unix time at */
    uint64_t clock_us; /* this time of the port */
};

/* Are hops noted: for an archive, a waterfall or a page? */
int har_notes(const struct options *options);
/* Prepares the run, if hops are noted. Its connections must be noted (remote.h). */
void har_setup(struct run *run);
/* The fetch's hops are noted. Called when all its other hooks are set; may be called again. */
void har_apply(struct fetch *fetch);
/* A new, cleared hop of the fetch. */
struct har_hop *har_add(struct fetch *fetch);
/* The attempt has failed and is repeated; us: now, by the port's clock. */
void har_again(struct fetch *fetch, uint64_t us);
/* The fetch has ended: a last attempt that failed before it could send is a hop without head and
   answer. Called once. */
void har_end(struct fetch *fetch);
/* The durations of a hop, and when it began (start_us), of a fetch that has ended. */
struct midge_timings har_timings(const struct fetch *fetch, size_t hop);
/* The sums of a hop's phases before and from `send` on. */
uint64_t har_until_sent(const struct midge_timings *t);
uint64_t har_since_sent(const struct midge_timings *t);
/* 0, or EXIT_WRITE after a line. */
int har_write(struct run *run);

/* --- har_body.c --- */

/* Is a body of this type kept? */
int har_is_text(const char *type);
/* The value of the first field of that name; "": none. */
const char *har_field(const struct reply_fields *fields, const char *name);
/* The members bodySize and postData of a request. */
void har_add_post(struct text *out, const struct fetch *fetch, const struct har_hop *hop);
/* The members bodySize and content of an answer; is_last: the fetch's result. */
void har_add_content(struct text *out, const struct fetch *fetch, const struct har_hop *hop,
                     int is_last);

#endif
