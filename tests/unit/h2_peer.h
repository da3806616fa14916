/* SPDX-License-Identifier: MIT */
/* Frames of an HTTP/2 server, for scripts of fake_port.h. */
#ifndef H2_PEER_H
#define H2_PEER_H

#include "fake_port.h"

#include "h2_frames.h"

/* The client's first bytes came, preface and SETTINGS; then its requests, since no time passes
   while it has something to do. */
#define H2_BEGUN SENT(58), WAIT(1)

#endif
