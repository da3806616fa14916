/* SPDX-License-Identifier: MIT */
/* From options to requests. */
#ifndef MIDGE_HOST_PLAN_H
#define MIDGE_HOST_PLAN_H

#include "fetch.h"

struct plan {
    struct fetch *fetches;
    size_t n;
    struct output_line line; /* of stdout */
    int needs_ca;            /* some request will verify a certificate */
};

/* 0, or EXIT_USAGE after a line. A URL that can't be asked is in the plan, refused already. */
int plan_make(struct plan *plan, struct run *run, const struct options *options,
              const struct midge_port *port);

#endif
