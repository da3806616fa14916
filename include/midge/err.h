/* SPDX-License-Identifier: MIT */
/*
 * Errors: 0 is success, everything negative is an error. The list is written once, here; the
 * texts can be compiled out (MIDGE_WITH_TEXTS, midge/features.h).
 *
 * A callback that ends its request may return any of these, or a negative number of its own, which
 * is passed on unchanged; midge_err_name returns "UNKNOWN" for it.
 */
#ifndef MIDGE_ERR_H
#define MIDGE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text). Values are part of the ABI: append only. */
#define MIDGE_ERR_MAP(X)                                                                           \
    X(AGAIN, -1, "not ready yet, try again later")                                                 \
    X(EOF, -2, "end of data")                                                                      \
    X(PAUSE, -3, "sink wants no more for now")                                                     \
    X(INVALID, -4, "invalid argument")                                                             \
    X(NO_MEMORY, -5, "out of memory")                                                              \
    X(NO_SLOT, -6, "too many awaitables, raise config.max_awaitables")                             \
    X(STALE, -7, "unknown or already finished id")                                                 \
    X(BUSY, -8, "already awaited by another")                                                      \
    X(CANCELED, -9, "canceled")                                                                    \
    X(CLOSED, -10, "client closed")                                                                \
    X(TIMEOUT, -11, "timed out")                                                                   \
    X(URL, -12, "malformed URL")                                                                   \
    X(SCHEME, -13, "unsupported URL scheme")                                                       \
    X(HEADER, -14, "header name or value not allowed")                                             \
    X(RESOLVE, -15, "host name not resolved")                                                      \
    X(CONNECT, -16, "connection failed")                                                           \
    X(SEND, -17, "sending failed")                                                                 \
    X(RECV, -18, "receiving failed")                                                               \
    X(EMPTY_REPLY, -19, "server closed without an answer")                                         \
    X(TLS, -20, "TLS failure")                                                                     \
    X(CERT, -21, "server certificate not accepted")                                                \
    X(CA, -22, "no usable CA certificate")                                                         \
    X(ENTROPY, -23, "no entropy source")                                                           \
    X(TLS_RECORD_SIZE, -24, "server's TLS records exceed this profile's input buffer")             \
    X(PROTOCOL, -25, "malformed HTTP response")                                                    \
    X(PARTIAL, -26, "body ended before its announced end")                                         \
    X(TOO_LARGE, -27, "size limit exceeded")                                                       \
    X(HTTP_STATUS, -28, "HTTP error status")                                                       \
    X(WRITE, -29, "writing the body failed")                                                       \
    X(READ, -30, "reading a body or file failed")                                                  \
    X(JSON, -31, "malformed JSON")                                                                 \
    X(PORT, -32, "port call failed")                                                               \
    X(UNSUPPORTED, -33, "not supported in this build")                                             \
    X(ZONE, -34, "unknown network interface after the % of an IPv6 address")                       \
    X(REDIRECTS, -35, "too many redirects")                                                        \
    X(REWIND, -36, "the request body cannot be sent again")                                        \
    X(ENCODING, -37, "content encoding unknown or malformed")                                      \
    X(WINDOW, -38, "compressed with a larger window than this build has")                          \
    X(PROXY, -39, "the proxy did not open a tunnel")                                               \
    X(RANGE, -40, "not the part that was asked for")                                               \
    X(MANIFEST, -41, "malformed manifest of an update")                                            \
    X(SIGNATURE, -42, "signature not accepted")                                                    \
    X(PRODUCT, -43, "the update is for another product")                                           \
    X(HARDWARE, -44, "the update is for another hardware")                                         \
    X(ROLLBACK, -45, "the update is older than the installed version")                             \
    X(INSTALLED, -46, "this version is installed already")                                         \
    X(IMAGE, -47, "not the image of the manifest")                                                 \
    X(PIN, -48, "server's key is not pinned")                                                      \
    X(CREDENTIAL, -49, "client certificate or key not accepted")                                   \
    X(CLOCK, -50, "no trusted wall clock")                                                         \
    X(SEAL, -51, "sessions damaged, or of another device or configuration")

/* MIDGE_OK, and MIDGE_ERR_x for each x of the list above. */
enum midge_err {
    MIDGE_OK = 0, /* success */
#define MIDGE_ERR_ENUM(name, value, text) MIDGE_ERR_##name = value,
    MIDGE_ERR_MAP(MIDGE_ERR_ENUM)
#undef MIDGE_ERR_ENUM
};

/* The MIDGE_ERR name without its prefix ("TIMEOUT"), "" for 0, "UNKNOWN" for anything else. */
const char *midge_err_name(int err);

/* One short sentence without the final stop; never NULL. "" without texts (config.h). */
const char *midge_err_text(int err);

/* Where a request was when it ended. */
enum midge_phase {
    MIDGE_PHASE_QUEUE,   /* waits for a connection, memory or another request's ticket */
    MIDGE_PHASE_DNS,     /* the name is looked up */
    MIDGE_PHASE_CONNECT, /* TCP, and a proxy's tunnel */
    MIDGE_PHASE_TLS,     /* the handshake */
    MIDGE_PHASE_SEND,    /* the request is written */
    MIDGE_PHASE_WAIT,    /* sent; the first byte of the answer has not arrived yet */
    MIDGE_PHASE_BODY,    /* head of the answer or its body is arriving */
    MIDGE_PHASE_DONE,    /* it ended without an error */
    MIDGE_PHASES         /* count */
};

/* "queue", "dns", "connect", "tls", "send", "wait", "body", "done". */
const char *midge_phase_name(enum midge_phase phase);

#ifdef __cplusplus
}
#endif
#endif
