/* SPDX-License-Identifier: MIT */
/* An entry for each error of midge/err.h: one that has none does not compile. */
#include <midge/err.h>

#include "explain.h"

/* May the server have acted on the request? */
#define NOTHING_SENT "No: nothing of the request was sent."
#define BY_PHASE                                                                                   \
    "By result.phase: in queue, dns, connect and tls nothing was sent; from send on the server "   \
    "may have acted on it."
#define MAYBE    "Perhaps: the request was sent, at least in part."
#define ANSWERED "Yes: the server has answered."
#define NO_PEER  "It has nothing to do with a request's way to the server."

#define EXPLAIN_AGAIN                                                                              \
    "A function has nothing yet: midge_take before the end, a source without bytes.", NO_PEER,     \
        "Call midge_poll and ask again; a source calls midge_resume_source when it has bytes."
#define EXPLAIN_EOF                                                                                \
    "A source or a file has no more bytes.", NO_PEER, "Nothing: it is the end, not a failure."
#define EXPLAIN_PAUSE                                                                              \
    "A sink returns it from write: it has taken the bytes and wants no more for now.", NO_PEER,    \
        "Call midge_resume_sink when the sink can go on. Until then midge reads no more from the " \
        "server."
#define EXPLAIN_INVALID                                                                            \
    "An argument or a field of the configuration is out of its range, or a function was called "   \
    "where it may not be (midge_wait in a callback).",                                             \
        NOTHING_SENT,                                                                              \
        "The comment above the function in its header says what it expects. Clear each struct "    \
        "before you set its fields."
#define EXPLAIN_NO_MEMORY                                                                          \
    "midge_open: the block is smaller than midge_memory_least. midge_start: there is no room for " \
    "one more copy of a request. Later: the request needs more than the whole block has left, "    \
    "with no other connection open.",                                                              \
        BY_PHASE,                                                                                  \
        "`midge size` shows the bytes of each part. Give a larger block, or fewer of "             \
        "max_connections, max_awaitables, max_header. At midge_start: start it again when "        \
        "another request has ended (MIDGE_AWAIT_ROOM in a task)."
#define EXPLAIN_NO_SLOT                                                                            \
    "As many requests, sleeps, tasks and gathers exist as config.max_awaitables allows.",          \
        NOTHING_SENT,                                                                              \
        "Take or detach results that have ended; raise max_awaitables (12 bytes each on 32 "       \
        "bits); let a semaphore limit what begins."
#define EXPLAIN_STALE                                                                              \
    "The id is of something that has ended and whose result was taken.", NO_PEER,                  \
        "Take a result once. on_done has taken it already where the request has one."
#define EXPLAIN_BUSY                                                                               \
    "The awaitable has a watcher already: it was given to two gathers, tasks or timeouts.",        \
        NO_PEER, "Let one of them wait for it, and the others for that one."
#define EXPLAIN_CANCELED                                                                           \
    "midge_cancel, a gather that fails fast, midge_timeout, or a signal ended it.", BY_PHASE,      \
        "Nothing, if it was meant. Otherwise look for who cancels: config.trace tells each step."
#define EXPLAIN_CLOSED                                                                             \
    "midge_close was called while it was under way.", BY_PHASE,                                    \
        "Wait for what must end before you close the client."
#define EXPLAIN_TIMEOUT                                                                            \
    "A limit of struct midge_timeouts has passed; result.phase says which: queue, dns, connect, "  \
    "tls, first byte (wait), idle (body), or the total.",                                          \
        BY_PHASE,                                                                                  \
        "queue: more connections or memory, or fewer requests at once. dns: the address of the "   \
        "name server. connect: the host, its port, a firewall. tls: on a slow core a full "        \
        "handshake takes seconds: raise tls_ms, keep sessions. wait: the server computes for "     \
        "longer: raise first_byte_ms for this request. Repeat only what is idempotent, unless "    \
        "the phase is before send; struct midge_retry does so."
#define EXPLAIN_URL                                                                                \
    "The URL, or the target of a redirect, can't be read.", NOTHING_SENT,                          \
        "`midge parse-url URL` shows how it is read. Percent-encode blanks and non-ASCII."
#define EXPLAIN_SCHEME                                                                             \
    "The URL's scheme is neither http nor https, or a redirect leads from https to http.",         \
        "No, or only the server that redirected.",                                                 \
        "Use https. A redirect to http is followed only with MIDGE_REDIRECT_DOWNGRADE: others "    \
        "may "                                                                                     \
        "read it then."
#define EXPLAIN_HEADER                                                                             \
    "A header's name or value has a byte that is not allowed (CR, LF, NUL, a blank in the "        \
    "name), or sets what midge writes itself.",                                                    \
        NOTHING_SENT, "Check values that come from outside; header.h has the rules."
#define EXPLAIN_RESOLVE                                                                            \
    "The name server says that the name does not exist, or gives no answer. result.native has "    \
    "the resolver's code.",                                                                        \
        NOTHING_SENT,                                                                              \
        "Check the name. On a board: did DHCP give a name server, is the link up? Call "           \
        "midge_network_changed when it comes back."
#define EXPLAIN_CONNECT                                                                            \
    "No address of the host accepted a TCP connection. result.native is the errno of the last "    \
    "one.",                                                                                        \
        NOTHING_SENT,                                                                              \
        "111 (refused): nothing listens at this port. 113, 101: no route, so look at address and " \
        "gateway. No socket left: raise the port's or lwIP's number of them."
#define EXPLAIN_SEND                                                                               \
    "The connection broke while the request was being sent. result.native is the errno.", MAYBE,   \
        "Send it again if it is idempotent; struct midge_retry does so after a wait. A server "    \
        "that refuses a large upload may close so: send Expect: 100-continue."
#define EXPLAIN_RECV                                                                               \
    "The connection broke while the answer was awaited or read: a reset, or a network that is "    \
    "gone.",                                                                                       \
        MAYBE,                                                                                     \
        "As after SEND. If it happens to the first request after a pause, a router has forgotten " \
        "the connection: lower keep_alive_ms."
#define EXPLAIN_EMPTY_REPLY                                                                        \
    "The server closed the connection in an orderly way without one byte of an answer.", MAYBE,    \
        "Repeat what is idempotent. If it is always so: is this a port for TLS that was asked "    \
        "without, or the other way round? Does the server's log name a reason?"
#define EXPLAIN_TLS                                                                                \
    "The handshake or a record failed. The line names the reason: an alert of the server, no "     \
    "version in common, a server that does not speak TLS.",                                        \
        BY_PHASE,                                                                                  \
        "Explain the alert's name. `openssl s_client -connect HOST:443` shows what the server "    \
        "offers. Profiles small and tiny have TLS 1.2 only."
#define EXPLAIN_CERT                                                                               \
    "The server's certificate was not accepted. The line and result.verify_flags say why.",        \
        NOTHING_SENT,                                                                              \
        "Explain the reason, as \"certificate expired\". Most often the root is not in tls.ca or " \
        "tls.roots, or the device's clock is wrong. Do not turn the check off."
#define EXPLAIN_CA                                                                                 \
    "There is no root to verify with: tls.ca and tls.roots are empty, unreadable or damaged.",     \
        NOTHING_SENT,                                                                              \
        "Give tls.ca as PEM or DER, or a table that port/root_table.py made. Is the file's whole " \
        "length given?"
#define EXPLAIN_ENTROPY                                                                            \
    "The port's entropy function gives no random bytes, so that no key is safe.", NOTHING_SENT,    \
        "Bring up the chip's generator before midge_open (port/PORTING.md). midge uses nothing "   \
        "weaker in its place."
#define EXPLAIN_TLS_RECORD_SIZE                                                                    \
    "The server sent a TLS record or a certificate chain that is larger than the profile's "       \
    "input buffer.",                                                                               \
        BY_PHASE,                                                                                  \
        "Use profile small or full, whose buffer holds every record. With tiny: a server that "    \
        "honours max_fragment_length, or ask for a file in slices (slices.h)."
#define EXPLAIN_PROTOCOL                                                                           \
    "The answer is not HTTP as RFC 9112 or RFC 9113 has it: a bad status line, two lengths, a "    \
    "bad chunk size, a bare LF.",                                                                  \
        MAYBE,                                                                                     \
        "`midge -v URL` shows the head. Is it an HTTP server at this port, or something between "  \
        "that changes answers? midge does not guess: two readers could differ about such bytes."
#define EXPLAIN_PARTIAL                                                                            \
    "The connection ended before the body's announced end, or before the last chunk.",             \
        "Yes: the server has begun to answer.",                                                    \
        "Throw the body away, or go on behind what you have: download.h asks for the rest by "     \
        "Range."
#define EXPLAIN_TOO_LARGE                                                                          \
    "The body is longer than max_body, or the heads are longer than max_head_total, or a buffer "  \
    "of the application is full.",                                                                 \
        ANSWERED, "Raise the limit, or ask for less (a query, a Range). A sink needs no buffer."
#define EXPLAIN_HTTP_STATUS                                                                        \
    "midge_raise_for_status: the status is 400 or above. The transfer itself went well.",          \
        ANSWERED,                                                                                  \
        "401, 403: the key. 404: the path. 429: too many requests: wait for Retry-After, set "     \
        "config.rate. 5xx: repeat later. The body often says more."
#define EXPLAIN_WRITE                                                                              \
    "A sink, or the file that a body goes to, failed. result.native has the port's code.",         \
        ANSWERED, "Is there room in the file system? May the path be written?"
#define EXPLAIN_READ                                                                               \
    "A source, or the file of a request body or of roots, failed or was too short.", MAYBE,        \
        "Check the file. Its length is read when the request starts, so it must not shrink."
#define EXPLAIN_JSON                                                                               \
    "The text is not JSON (RFC 8259), or is nested deeper than the limit.", ANSWERED,              \
        "Look at status and Content-Type first: it may be an error page. json.h has the limits."
#define EXPLAIN_PORT                                                                               \
    "A function of the port failed in a way that it should not: poll, a clock, a socket that is "  \
    "none.",                                                                                       \
        BY_PHASE,                                                                                  \
        "Run the conformance tests on your port (tests/conformance). In the simulator the trace "  \
        "says `stuck` if nothing could ever happen."
#define EXPLAIN_UNSUPPORTED                                                                        \
    "The build does not have it: a feature was left out, or the profile lacks the TLS version.",   \
        NOTHING_SENT,                                                                              \
        "features.h names the macro; CMake's MIDGE_WITHOUT and MIDGE_PROFILE set it."
#define EXPLAIN_ZONE                                                                               \
    "An IPv6 address has a zone behind % that is not an interface of this machine.", NOTHING_SENT, \
        "Give the interface's name or number as the system has it, as fe80::1%eth0."
#define EXPLAIN_REDIRECTS                                                                          \
    "There were more redirects than max_redirects allows.",                                        \
        "Each server on the way has answered with a redirect.",                                    \
        "`midge -v -L URL` shows the hops. A loop often comes from a missing cookie."
#define EXPLAIN_REWIND                                                                             \
    "The body must be sent again, after a redirect or a 401, and its source can't begin anew.",    \
        "Yes, with a redirect or a refusal.",                                                      \
        "Give the source a rewind function, or follow the redirect yourself."
#define EXPLAIN_ENCODING                                                                           \
    "The Content-Encoding is unknown, or the compressed data are damaged.", ANSWERED,              \
        "Send Accept-Encoding only with what gunzip.h can read; compare with curl --compressed."
#define EXPLAIN_WINDOW                                                                             \
    "The data refer further back than MIDGE_GUNZIP_WINDOW.", ANSWERED,                             \
        "Ask without compression, or build with a window of 15 (32 KB)."
#define EXPLAIN_PROXY                                                                              \
    "The proxy refused to open a tunnel (CONNECT), or its answer was malformed.",                  \
        "The proxy has answered; the server got nothing.",                                         \
        "407: user and password. 403: the proxy does not allow this host or port."
#define EXPLAIN_RANGE                                                                              \
    "The server sent another part than was asked for, or no part.", ANSWERED,                      \
        "Begin the download anew without Range: the file may have changed."
#define EXPLAIN_MANIFEST                                                                           \
    "The manifest of an update can't be read.", ANSWERED,                                          \
        "Make it with boards/examples/make_manifest.sh. Is it perhaps an error page?"
#define EXPLAIN_SIGNATURE                                                                          \
    "The signature is not by the vendor's key.", ANSWERED,                                         \
        "Sign with the key whose public half is in the firmware. Take a refusal seriously."
#define EXPLAIN_PRODUCT                                                                            \
    "The manifest names another product than the device.", ANSWERED,                               \
        "Correct the URL or the manifest; the signature was good, so it is a mistake, no attack."
#define EXPLAIN_HARDWARE                                                                           \
    "The manifest does not list the device's hardware revision.", ANSWERED,                        \
        "Offer an image for this hardware, or list the revision."
#define EXPLAIN_ROLLBACK                                                                           \
    "The update is older than the installed version.", ANSWERED,                                   \
        "Give the older image a higher version if it must be installed."
#define EXPLAIN_INSTALLED                                                                          \
    "The manifest's version is the installed one.", ANSWERED, "Nothing: there is no update."
#define EXPLAIN_IMAGE                                                                              \
    "The image's length or SHA-256 is not the manifest's.", ANSWERED,                              \
        "Upload image and manifest together. The device keeps its running firmware."
#define EXPLAIN_PIN                                                                                \
    "The certificate is good, but the server's key is not among the pins.", NOTHING_SENT,          \
        "The server has a new key, or the connection is intercepted. Pin the next key before the " \
        "server changes (pins.h)."
#define EXPLAIN_CREDENTIAL                                                                         \
    "midge_open: the client's certificate or key can't be used. Later: the server refused it.",    \
        "No: the server refused the connection.",                                                  \
        "The reason is in credential.why, or in the line. Do key and certificate belong "          \
        "together, does the server trust the CA, has the certificate expired?"
#define EXPLAIN_CLOCK                                                                              \
    "Sessions can't be exported or imported without a trusted wall clock.", NO_PEER,               \
        "Set the clock first: SNTP, or the Date of an answer (boards/examples/sntp.c)."
#define EXPLAIN_SEAL                                                                               \
    "The sealed sessions were changed, or sealed by another device, key or configuration.",        \
        NO_PEER, "Throw them away: the next request makes a full handshake."

#define ROW(name, value, text) {#name, value, text, EXPLAIN_##name},

const struct explained_error explained_errors[] = {MIDGE_ERR_MAP(ROW)};
const size_t explained_errors_len = sizeof explained_errors / sizeof explained_errors[0];
