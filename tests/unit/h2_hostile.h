/* SPDX-License-Identifier: MIT */
/*
 * What a client of HTTP/2 must pass (RFC 9113): a table of bytes, most of them hostile. Several
 * requests begin together; the bytes concern the first one (stream 1). If they harm the stream
 * only, the others are answered on the same connection; else they are sent again on another one.
 */
#ifndef H2_HOSTILE_H
#define H2_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include <midge/err.h>

#include "h2_frames.h"

struct h2_row {
    const char *name;
    const char *text;
    size_t len;
    int err;          /* of the first request */
    bool same;        /* the second one is answered on the same connection */
    const char *sent; /* the client sends this: RST_STREAM or GOAWAY with a code */
    size_t sent_len;
    unsigned fills; /* the last `fill` bytes of the text are said so many times */
    size_t fill;
};

#define TEXT(text)   (text), sizeof(text) - 1
#define RESET_1(n)   TEXT("\0\0\4\3\0\0\0\0\1\0\0\0" n)
#define FAREWELL(n)  TEXT("\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0" n)
#define NOTHING      NULL, 0
#define STREAM_ERROR MIDGE_ERR_PROTOCOL, true
#define CONN_ERROR   MIDGE_ERR_PROTOCOL, false
#define FINE         MIDGE_OK, true

static const struct h2_row h2_rows[] = {
    /* good and tolerated */
    {"in one piece", TEXT(HELLO_2("\1")), FINE, NOTHING, 0, 0},
    {"empty DATA at the end",
     TEXT(H2_HEADERS("\1", EOH_, "\1")
              OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_DATA("\0", END_, "\1")),
     FINE, NOTHING, 0, 0},
    {"padded",
     TEXT(H2_HEADERS("\4", "\14", "\1") "\2" OK_200
                                        "\0\0" H2_DATA("\11", "\11", "\1") "\3hello\0\0\0"),
     FINE, NOTHING, 0, 0},
    {"padding only",
     TEXT(H2_HEADERS("\1", EOH_, "\1")
              OK_200 H2_DATA("\3", "\10", "\1") "\2\0\0" H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"with priority",
     TEXT(H2_HEADERS("\6", "\44", "\1") "\0\0\0\0\1" OK_200 H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"in CONTINUATION",
     TEXT(H2_HEADERS("\0", NONE_, "\1") H2_MORE("\1", EOH_, "\1")
              OK_200 H2_DATA("\5", END_, "\1") "hello"),
     FINE, NOTHING, 0, 0},
    {"content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("5") H2_DATA("\5", END_, "\1") "hello"), FINE,
     NOTHING, 0, 0},
    {"unknown frames, PRIORITY, ALTSVC, PRIORITY_UPDATE",
     TEXT(H2_FRAME("\1", "\60", "\377", "\1") "x" H2_FRAME(
         "\5", "\2", NONE_,
         "\1") "\0\0\0\0\1" H2_FRAME("\2", "\12", NONE_,
                                     "\0") "\0\0" H2_FRAME("\4", "\20", NONE_,
                                                           "\0") "\0\0\0\1" HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"1xx",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "103" HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"trailers",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\5", NONE_, "\1") "hello" H2_HEADERS(
         "\12", BOTH_, "\1") "\0\6x-test\1v"),
     FINE, NOTHING, 0, 0},
    {"RST_STREAM after END_STREAM", TEXT(HELLO_2("\1") H2_RST("\1", "\0")), FINE, NOTHING, 0, 0},
    {"WINDOW_UPDATE after END_STREAM", TEXT(HELLO_2("\1") H2_UPDATE("\1", "\0\0\0\5")), FINE,
     NOTHING, 0, 0},
    {"HEADERS and DATA on a closed stream",
     TEXT(HELLO_2("\1") H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\5", END_, "\1") "again"),
     FINE, NOTHING, 0, 0},
    {"PING", TEXT(H2_PING HELLO_2("\1")), FINE,
     TEXT("\0\0\10\6\1\0\0\0\0"
          "12345678"),
     0, 0},
    {"SETTINGS of all kinds",
     TEXT(H2_SETTING("\1", "\0\0\20\0") H2_SETTING("\3", "\0\0\0\144") H2_SETTING("\4", "\0\0\0\0")
              H2_SETTING("\5", "\0\1\0\0") H2_SETTING("\6", "\0\0\0\1") HELLO_2("\1")),
     FINE, NOTHING, 0, 0},
    {"initial window up and below 0",
     TEXT(H2_SETTING("\4", "\177\377\377\377") H2_SETTING("\4", "\0\0\0\0") HELLO_2("\1")), FINE,
     NOTHING, 0, 0},
    {"size update to 0",
     TEXT(H2_HEADERS("\2", EOH_, "\1") "\x20" OK_200 H2_DATA("\5", END_, "\1") "hello"), FINE,
     NOTHING, 0, 0},

    {"late PING answer, SETTINGS answer",
     TEXT(H2_FRAME("\10", "\6", "\1", "\0") "12345678" H2_FRAME("\0", "\4", "\1", "\0")
              HELLO_2("\1")),
     FINE, NOTHING, 0, 0},

    /* errors of the stream */
    {"cut by RST_STREAM",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_RST("\1", "\2")),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"NO_ERROR in the body",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", NONE_, "\1") "he" H2_RST("\1", "\0")),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"reset before the head", TEXT(H2_RST("\1", "\2")), MIDGE_ERR_RECV, true, NOTHING, 0, 0},
    {"DATA before the head", TEXT(H2_DATA("\5", END_, "\1") "hello"), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"more than content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("4") H2_DATA("\5", END_, "\1") "hello"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"less than content-length",
     TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 LENGTH_("6") H2_DATA("\5", END_, "\1") "hello"),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"two content-lengths", TEXT(H2_HEADERS("\11", EOH_, "\1") OK_200 LENGTH_("5") LENGTH_("6")),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"upper case", TEXT(H2_HEADERS("\5", EOH_, "\1") OK_200 "\0\1X\0"), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"connection field", TEXT(H2_HEADERS("\17", BOTH_, "\1") OK_200 "\0\12connection\1x"),
     STREAM_ERROR, NOTHING, 0, 0},
    {"no :status", TEXT(H2_HEADERS("\4", EOH_, "\1") LENGTH_("5")), STREAM_ERROR, RESET_1("\1"), 0,
     0},
    {"two :status", TEXT(H2_HEADERS("\2", EOH_, "\1") OK_200 OK_200), STREAM_ERROR, RESET_1("\1"),
     0, 0},
    {"late :status", TEXT(H2_HEADERS("\5", EOH_, "\1") LENGTH_("5") OK_200), STREAM_ERROR,
     RESET_1("\1"), 0, 0},
    {"101",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "101"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"1xx with END_STREAM",
     TEXT(H2_HEADERS("\5", BOTH_, "\1") "\x08\3"
                                        "103"),
     STREAM_ERROR, NOTHING, 0, 0},
    {"trailers without END_STREAM",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_HEADERS("\12", EOH_, "\1") "\0\6x-test\1v"),
     STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"trailers with a pseudo-field",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_HEADERS("\1", BOTH_, "\1") OK_200), STREAM_ERROR,
     NOTHING, 0, 0},
    {"increment of 0", TEXT(H2_UPDATE("\1", "\0\0\0\0")), STREAM_ERROR, RESET_1("\1"), 0, 0},
    {"window of the stream beyond 2^31 - 1", TEXT(H2_UPDATE("\1", "\177\377\377\377")),
     STREAM_ERROR, RESET_1("\3"), 0, 0},

    {"content-length without a body", TEXT(H2_HEADERS("\5", BOTH_, "\1") OK_200 LENGTH_("5")),
     MIDGE_ERR_PARTIAL, true, NOTHING, 0, 0},
    {"transfer-encoding",
     TEXT(H2_HEADERS("\34", EOH_, "\1") OK_200 "\0\21transfer-encoding\7chunked"), STREAM_ERROR,
     RESET_1("\1"), 0, 0},
    {"reset: enhance your calm", TEXT(H2_RST("\1", "\13")), MIDGE_ERR_RECV, true, NOTHING, 0, 0},

    /* errors of the connection */
    {"HTTP/1.1", TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"PUSH_PROMISE", TEXT(H2_FRAME("\5", "\5", EOH_, "\1") "\0\0\0\2" OK_200), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"idle stream", TEXT(H2_HEADERS("\1", EOH_, "\11") OK_200), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"even stream", TEXT(H2_HEADERS("\1", EOH_, "\2") OK_200), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"DATA on stream 0", TEXT(H2_DATA("\1", NONE_, "\0") "x"), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"SETTINGS on a stream", TEXT(H2_FRAME("\0", "\4", NONE_, "\1")), CONN_ERROR, FAREWELL("\1"), 0,
     0},
    {"PING of 7 bytes", TEXT(H2_FRAME("\7", "\6", NONE_, "\0") "1234567"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"frame of 16,385 bytes", TEXT("\0\100\1\0\0\0\0\0\1"), CONN_ERROR, FAREWELL("\6"), 0, 0},
    {"index 0", TEXT(H2_HEADERS("\1", EOH_, "\1") "\x80"), CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"index 62", TEXT(H2_HEADERS("\1", EOH_, "\1") "\xbe"), CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"cut block", TEXT(H2_HEADERS("\3", EOH_, "\1") OK_200 "\0\6"), CONN_ERROR, FAREWELL("\11"), 0,
     0},
    {"another frame in a block", TEXT(H2_HEADERS("\1", NONE_, "\1") OK_200 H2_PING), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"window of the connection beyond 2^31 - 1", TEXT(H2_UPDATE("\0", "\177\377\377\377")),
     CONN_ERROR, FAREWELL("\3"), 0, 0},
    {"initial window beyond 2^31 - 1", TEXT(H2_SETTING("\4", "\200\0\0\0")), CONN_ERROR,
     FAREWELL("\3"), 0, 0},

    {"integer that overflows", TEXT(H2_HEADERS("\6", EOH_, "\1") "\xff\xff\xff\xff\xff\x7f"),
     CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"size update above 0", TEXT(H2_HEADERS("\2", EOH_, "\1") "\x21" OK_200), CONN_ERROR,
     FAREWELL("\11"), 0, 0},
    {"late size update", TEXT(H2_HEADERS("\2", EOH_, "\1") OK_200 "\x20"), CONN_ERROR,
     FAREWELL("\11"), 0, 0},
    {"EOS", TEXT(H2_HEADERS("\11", EOH_, "\1") OK_200 "\0\1x\x84\xff\xff\xff\xff"), CONN_ERROR,
     FAREWELL("\11"), 0, 0},
    {"padding of 8 bits and more", TEXT(H2_HEADERS("\7", EOH_, "\1") OK_200 "\0\1x\x82\x1f\xff"),
     CONN_ERROR, FAREWELL("\11"), 0, 0},
    {"padding of zeros", TEXT(H2_HEADERS("\6", EOH_, "\1") OK_200 "\0\1x\x81\x18"), CONN_ERROR,
     FAREWELL("\11"), 0, 0},
    {"HEADERS on stream 0", TEXT(H2_HEADERS("\1", EOH_, "\0") OK_200), CONN_ERROR, FAREWELL("\1"),
     0, 0},
    {"RST_STREAM on an idle stream", TEXT(H2_RST("\11", "\0")), CONN_ERROR, FAREWELL("\1"), 0, 0},
    {"WINDOW_UPDATE on an idle stream", TEXT(H2_UPDATE("\11", "\0\0\0\1")), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"GOAWAY on a stream", TEXT(H2_FRAME("\10", "\7", NONE_, "\1") "\0\0\0\1\0\0\0\0"), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"RST_STREAM of 3 bytes", TEXT(H2_FRAME("\3", "\3", NONE_, "\1") "\0\0\0"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"WINDOW_UPDATE of 5 bytes", TEXT(H2_FRAME("\5", "\10", NONE_, "\1") "\0\0\0\1\0"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"SETTINGS of 5 bytes", TEXT(H2_FRAME("\5", "\4", NONE_, "\0") "\0\1\0\0\0"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"answer to SETTINGS with a setting", TEXT(H2_FRAME("\6", "\4", "\1", "\0") "\0\3\0\0\0\1"),
     CONN_ERROR, FAREWELL("\6"), 0, 0},
    {"GOAWAY of 7 bytes", TEXT(H2_FRAME("\7", "\7", NONE_, "\0") "\0\0\0\1\0\0\0"), CONN_ERROR,
     FAREWELL("\6"), 0, 0},
    {"padding longer than the frame",
     TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\2", "\10", "\1") "\5x"), CONN_ERROR,
     FAREWELL("\1"), 0, 0},
    {"CONTINUATION without HEADERS", TEXT(H2_MORE("\1", EOH_, "\1") OK_200), CONN_ERROR,
     FAREWELL("\1"), 0, 0},

    /* floods */
    {"PING", TEXT(H2_PING), CONN_ERROR, FAREWELL("\13"), 1100, 17},
    {"SETTINGS", TEXT(H2_SETTINGS), CONN_ERROR, FAREWELL("\13"), 1100, 9},
    {"empty DATA", TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\0", NONE_, "\1")), CONN_ERROR,
     FAREWELL("\13"), 1100, 9},
    {"padding", TEXT(H2_HEADERS("\1", EOH_, "\1") OK_200 H2_DATA("\1", "\10", "\1") "\0"),
     CONN_ERROR, FAREWELL("\13"), 1100, 10},
    {"CONTINUATION", TEXT(H2_HEADERS("\1", NONE_, "\1") OK_200 H2_MORE("\0", NONE_, "\1")),
     CONN_ERROR, NOTHING, 1100, 9},
    {"1xx",
     TEXT(H2_HEADERS("\5", EOH_, "\1") "\x08\3"
                                       "103"),
     CONN_ERROR, FAREWELL("\13"), 1100, 14},
    {"WINDOW_UPDATE", TEXT(H2_UPDATE("\1", "\0\0\0\1")), CONN_ERROR, FAREWELL("\13"), 1100, 13},
    {"CONTINUATION with fields",
     TEXT(H2_HEADERS("\1", NONE_, "\1") OK_200 H2_MORE("\4", NONE_, "\1") "\0\1x\0"), CONN_ERROR,
     FAREWELL("\13"), 1100, 13},
    {"unknown frames", TEXT(H2_FRAME("\1", "\60", NONE_, "\0") "x"), CONN_ERROR, FAREWELL("\13"),
     1100, 10},
    {"frames on closed streams", TEXT(HELLO_2("\1") H2_RST("\1", "\0")), MIDGE_OK, false,
     FAREWELL("\13"), 1100, 13},
};

#endif
