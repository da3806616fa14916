/* SPDX-License-Identifier: MIT */
/*
 * A token that expires: a hook adds it to the requests for one origin. After 401 it fetches a new
 * one and has the request sent again. Ten requests that get 401 at once wait for one new token.
 * tests/sim/test_token.c runs it.
 *
 *     token_init(&token, "https://api.example.com/", "https://login.example.com/token");
 *     config.hooks = &token.hook;
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <midge/midge.h>

struct token {
    struct midge_hook hook;
    const char *origin; /* with its slash: the token is sent to URLs that begin so only */
    const char *url;    /* answers a POST with a new token, as text */
    midge_id renewal;   /* the request for it; 0: there is none */
    char text[100];     /* a new one; a longer one fails */
    char value[sizeof "Bearer " + 100]; /* of Authorization */
    struct midge_buffer body;
};

void token_init(struct token *token, const char *origin, const char *url);

#endif
