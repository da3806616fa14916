/* SPDX-License-Identifier: MIT */
/* Makes requests from options. */
#ifndef MIDGE_CLI_PLAN_H
#define MIDGE_CLI_PLAN_H

#include "fetch.h"

struct plan {
    struct fetch *fetches;
    size_t n;
    struct output_line line;         /* of stdout */
    int needs_ca;                    /* at least one request verifies a certificate */
    int may_need_ca;                 /* or a redirect leads to one */
    int by_env;                      /* the environment's proxies count */
    int has_proxy;                   /* an option or the environment sets one, for some URLs */
    int has_report;                  /* which shows the hash of each body */
    struct midge_proxy secure_proxy; /* https:// proxy of a request; its host is NULL: none */
};

/* 0, or EXIT_USAGE after a line. A URL that cannot be asked is in the plan with its error. */
int plan_make(struct plan *plan, struct run *run, const struct options *options,
              const struct midge_port *port);

#endif
