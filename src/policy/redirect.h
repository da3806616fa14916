/* SPDX-License-Identifier: MIT */
/* Redirects: where does an answer lead, and with which request (redirect.c)? */
#ifndef MIDGE_POLICY_REDIRECT_H
#define MIDGE_POLICY_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request and its answer. */
struct midge__redirect_from {
    const char *url;      /* the request's, complete; it may have userinfo */
    const char *method;   /* the request's */
    const char *location; /* the value of Location, from outside; NULL: there is none */
    unsigned status;
    unsigned rules;      /* MIDGE_REDIRECT_x of request.h */
    unsigned done, most; /* redirects that were followed, and that may be */
};

/* The next request. */
struct midge__redirect {
    size_t url_len;
    bool is_get;     /* it has no body, and its method is GET unless it was HEAD */
    bool is_foreign; /* scheme, host or port differ */
    bool drops_credentials;
};

/* Does the answer redirect? Otherwise it is final. */
bool midge__redirect_leads(const struct midge__redirect_from *from);
/* Bytes that the next URL takes at most, with its NUL. */
size_t midge__redirect_bound(const struct midge__redirect_from *from);
/* Only if it redirects. Writes the next URL to out. REDIRECTS: there were too many; URL: Location
   is malformed; SCHEME: its scheme is not supported, or not allowed here; TOO_LARGE: cap. */
int midge__redirect(const struct midge__redirect_from *from, char *out, size_t cap,
                    struct midge__redirect *to);

#endif
