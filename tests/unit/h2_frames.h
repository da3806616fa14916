/* SPDX-License-Identifier: MIT */
/* Frames of an HTTP/2 server as texts. */
#ifndef H2_FRAMES_H
#define H2_FRAMES_H

/* Each argument is one byte, as a text; ids are those of streams up to 255. */
#define H2_FRAME(len, type, flags, id) "\0\0" len type flags "\0\0\0" id
#define H2_DATA(len, flags, id)        H2_FRAME(len, "\0", flags, id)
#define H2_HEADERS(len, flags, id)     H2_FRAME(len, "\1", flags, id)
#define H2_MORE(len, flags, id)        H2_FRAME(len, "\11", flags, id)
#define H2_RST(id, code)               H2_FRAME("\4", "\3", "\0", id) "\0\0\0" code
#define H2_UPDATE(id, increment)       H2_FRAME("\4", "\10", "\0", id) increment
#define H2_GOAWAY(last, code)                                                                      \
    H2_FRAME("\10", "\7", "\0", "\0")                                                              \
    "\0\0\0" last "\0\0\0" code
#define H2_SETTINGS      H2_FRAME("\0", "\4", "\0", "\0")
#define H2_PING          H2_FRAME("\10", "\6", "\0", "\0") "12345678"
#define H2_SETTING(n, v) H2_FRAME("\6", "\4", "\0", "\0") "\0" n v

/* flags */
#define NONE_ "\0"
#define END_  "\1" /* END_STREAM */
#define EOH_  "\4" /* END_HEADERS */
#define BOTH_ "\5"

/* header blocks */
#define OK_200      "\x88"
#define LENGTH_(n)  "\x0f\x0d\1" n /* content-length of one digit */
#define HELLO_2(id) H2_HEADERS("\1", EOH_, id) OK_200 H2_DATA("\5", END_, id) "hello"

#endif
