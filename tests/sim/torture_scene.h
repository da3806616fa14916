/* SPDX-License-Identifier: MIT */
/* For torture.h: the kinds of requests that are tried with each fault. */
#ifndef TORTURE_SCENE_H
#define TORTURE_SCENE_H

/* CLOSING: the body ends with the connection, and comes slowly: in several records. In TLS its end
   is authentic, else it is not. REDIRECT: an upload that is sent again to another host. RETRY: two
   answers say 503. HOOK: a hook repeats an upload after 401, when a token has come. RATE: the
   client has rates, and one answer holds both requests back. TUNNEL: the server is a proxy too, and
   has a tunnel to itself. GUNZIP: a compressed answer in chunks. EVENTS: an event source in place
   of a request. STATE: a download with cookies, Digest and a condition. FORM: with a file, and
   Expect. */
enum scene {
    PLAIN,
    TLS12,
    TLS13,
    UPLOAD,
    GATHER,
    FILE_SINK,
    FILTER,
    CLOSING,
    CLOSING_TLS,
    REDIRECT,
    RETRY,
    HOOK,
    RATE,
    TUNNEL,
    GUNZIP,
    EVENTS,
    STATE,
    FORM,
    SCENES
};

static const char *const scene_names[SCENES] = {
    "plain",    "tls12", "tls13", "upload", "gather", "file",   "filter", "closing", "closing_tls",
    "redirect", "retry", "hook",  "rate",   "tunnel", "gunzip", "events", "state",   "form"};

#endif
