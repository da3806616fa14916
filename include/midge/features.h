/* SPDX-License-Identifier: MIT */
/*
 * Features: what a device may do without. Each is 1, or 0 to leave it out; boards/README.md has a
 * generated list of their prices in flash and RAM. Set them for the library and for the code that
 * uses it: the CMake list MIDGE_WITHOUT="gather;texts" does both, and MIDGE_WITHOUT=all leaves all
 * of them out, except for those in the list MIDGE_WITH. A function that is left out is not
 * declared.
 */
#ifndef MIDGE_FEATURES_H
#define MIDGE_FEATURES_H

#ifdef MIDGE_CONFIG_FILE
#include MIDGE_CONFIG_FILE
#endif

/* Texts for people. Without them result.detail, midge_err_text and midge_status_text are "", and
   result.cert_date and result.offset are 0. Values for programs stay: errors and their names,
   phases, native codes, verify_flags, statuses. */
#ifndef MIDGE_WITH_TEXTS
#define MIDGE_WITH_TEXTS 1
#endif

/* Texts that are seldom needed. Without it result.detail is "" for a malformed answer, where the
   byte is told, "certificate not accepted" for faults of the CAs above it, where verify_flags say
   more, and "TLS alert of unknown number" for alerts that servers hardly ever send;
   midge_status_text is "" for all but the common statuses. */
#ifndef MIDGE_WITH_RARE_TEXTS
#define MIDGE_WITH_RARE_TEXTS 1
#endif
#if MIDGE_WITH_RARE_TEXTS && !MIDGE_WITH_TEXTS
#undef MIDGE_WITH_RARE_TEXTS
#define MIDGE_WITH_RARE_TEXTS 0
#endif

/* Reports for logs: config.trace and config.on_peer. Without it the functions are not called. */
#ifndef MIDGE_WITH_TRACE
#define MIDGE_WITH_TRACE 1
#endif

/* A record for each step of requests and connections: config.on_event (events.h), and the log of
   them (event_log.h). */
#ifndef MIDGE_WITH_EVENTS
#define MIDGE_WITH_EVENTS 1
#endif

/* No feature: the keys of all connections can be told to the application (midge_tls.on_key). Never
   in a program that is released; set it by CMake's option MIDGE_KEYLOG. */
#ifndef MIDGE_KEYLOG
#define MIDGE_KEYLOG 0
#endif

/* Counters and peaks: midge_client_stats, config.stats_at_close, and memory_peak and
   longest_step_us of a result. Without it and TIMINGS the port's clock_us is not called. */
#ifndef MIDGE_WITH_STATS
#define MIDGE_WITH_STATS 1
#endif

/* Failures of memory on demand: config.fail_alloc, to test a program. */
#ifndef MIDGE_WITH_FAULTS
#define MIDGE_WITH_FAULTS 1
#endif

/* config.alloc and release. Without them midge_open refuses config.memory NULL (UNSUPPORTED). */
#ifndef MIDGE_WITH_ALLOCATORS
#define MIDGE_WITH_ALLOCATORS 1
#endif

/* Lists of free memory by size, so that it is found in a few instructions. Without it all free
   pieces are in one list, and a full handshake takes 3 % longer. */
#ifndef MIDGE_WITH_FAST_MEMORY
#define MIDGE_WITH_FAST_MEMORY 1
#endif

/* Resumption of TLS sessions. Without it every connection makes a full handshake, as with
   config.no_sessions, and idle connections are not closed early after a sleep of 12 days in which
   the port's clock_ms stood still. */
#ifndef MIDGE_WITH_SESSIONS
#define MIDGE_WITH_SESSIONS 1
#endif

/* Large reads of ciphertext, see MIDGE_READ_AHEAD. Without it each record takes two port calls. */
#ifndef MIDGE_WITH_READ_AHEAD
#define MIDGE_WITH_READ_AHEAD 1
#endif

/* TLS record buffers in places of their own, which other memory cannot fragment. Without it a
   handshake begins only if one free piece of the block holds both record buffers and its largest
   other allocation: in a small block it may wait longer for that. */
#ifndef MIDGE_WITH_RECORD_SLOTS
#define MIDGE_WITH_RECORD_SLOTS 1
#endif

/* Small records (max_fragment_length, RFC 6066 4) are asked for, see MIDGE_MAX_FRAGMENT. Without it
   a connection of profile tiny keeps its record buffers until it closes. */
#ifndef MIDGE_WITH_SMALL_RECORDS
#define MIDGE_WITH_SMALL_RECORDS 1
#endif
#if MIDGE_WITH_SMALL_RECORDS && !MIDGE_WITH_RECORD_SLOTS
#error "MIDGE_WITH_SMALL_RECORDS needs MIDGE_WITH_RECORD_SLOTS: handshakes share the large buffers"
#endif

/* One full handshake for requests that start together to one origin: the others wait for its
   session. Without it each of them begins at once, with a full handshake if there is no session
   yet. */
#ifndef MIDGE_WITH_LEADERS
#define MIDGE_WITH_LEADERS 1
#endif
#if MIDGE_WITH_LEADERS && !MIDGE_WITH_SESSIONS
#error "MIDGE_WITH_LEADERS needs MIDGE_WITH_SESSIONS: others resume the leader's session"
#endif

/* Sessions that outlive the client, over deep sleep (sessions.h). They need sessions. */
#ifndef MIDGE_WITH_SESSION_STORE
#define MIDGE_WITH_SESSION_STORE 1
#endif
#if MIDGE_WITH_SESSION_STORE && !MIDGE_WITH_SESSIONS
#undef MIDGE_WITH_SESSION_STORE
#define MIDGE_WITH_SESSION_STORE 0
#endif
/* Each address of a host gets its share of the time to connect, and the one that worked last is
   tried first, without a lookup. Without it the next address is tried only when the one before has
   refused, and each new connection looks the name up. */
#ifndef MIDGE_WITH_FAIL_OVER
#define MIDGE_WITH_FAIL_OVER 1
#endif
/* Happy Eyeballs (RFC 8305): the addresses of a host are tried beside each other, a new one each
   config.attempt_delay_ms, and the first that answers is used. Without it the next address is tried
   when the one before has failed, or has used up its share of the time. */
#ifndef MIDGE_WITH_HAPPY_EYEBALLS
#define MIDGE_WITH_HAPPY_EYEBALLS 1
#endif
#if MIDGE_WITH_HAPPY_EYEBALLS && !MIDGE_WITH_FAIL_OVER
#error "MIDGE_WITH_HAPPY_EYEBALLS needs MIDGE_WITH_FAIL_OVER: it races for the remaining time"
#endif
/* midge_network_changed. */
#ifndef MIDGE_WITH_NETWORK_CHANGE
#define MIDGE_WITH_NETWORK_CHANGE 1
#endif
/* A request that can use an idle connection begins before one that waits for memory or a place, at
   most twice. Without it the idle connection closes for the one that waits. */
#ifndef MIDGE_WITH_OVERTAKING
#define MIDGE_WITH_OVERTAKING 1
#endif

/* Trusted roots as PEM text. Without it config.tls.ca is DER: certificates one after another. */
#ifndef MIDGE_WITH_PEM
#define MIDGE_WITH_PEM 1
#endif

/* Checks of certificate chains that mbedTLS lacks: name constraints and extended key usage of CAs,
   chains in any order and with certificates that are not needed. Without them mbedTLS verifies the
   chain alone: a chain in the wrong order, or with a critical extension that it does not know (name
   constraints are one), is refused; constraints that are not critical, and the key usage of CAs, do
   not count. */
#ifndef MIDGE_WITH_CHAIN_CHECKS
#define MIDGE_WITH_CHAIN_CHECKS 1
#endif

/* Trusted roots in flash (roots.h). Without it: UNSUPPORTED. An external mbedTLS asks for them by
   its callback, so the build says by MIDGE_TLS_CA_CALLBACK=1 that it has
   MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK. */
#ifndef MIDGE_WITH_ROOT_TABLE
#define MIDGE_WITH_ROOT_TABLE 1
#endif
#if MIDGE_WITH_ROOT_TABLE && defined(MIDGE_TLS_EXTERNAL) && !defined(MIDGE_TLS_CA_CALLBACK)
#undef MIDGE_WITH_ROOT_TABLE
#define MIDGE_WITH_ROOT_TABLE 0
#endif
/* ESP-IDF's bundles as such roots. Without it they are refused (CA). */
#ifndef MIDGE_WITH_ROOT_BUNDLE
#define MIDGE_WITH_ROOT_BUNDLE 1
#endif
#if MIDGE_WITH_ROOT_BUNDLE && !MIDGE_WITH_ROOT_TABLE
#undef MIDGE_WITH_ROOT_BUNDLE
#define MIDGE_WITH_ROOT_BUNDLE 0
#endif

/* Settings of one request that make its connection another one than the URL's with the client's
   settings: connect_host, connect_port, servername, min_tls, max_tls and
   dangerously_skip_verification of struct midge_request. Without them midge_start answers
   UNSUPPORTED to a request that has one; those of the client (struct midge_tls) stay. Without them
   and without MIDGE_WITH_REPLAY, it answers so to no_reuse, too. */
#ifndef MIDGE_WITH_OVERRIDES
#define MIDGE_WITH_OVERRIDES 1
#endif

/* Pins of public keys (pins.h). Without them midge_open and midge_start answer UNSUPPORTED if there
   are any. */
#ifndef MIDGE_WITH_PINS
#define MIDGE_WITH_PINS 1
#endif

/* Certificates of the client: tls.credential (credential.h). Without it they are refused
   (UNSUPPORTED) unless NULL, and a server that requires one fails a request with TLS. */
#ifndef MIDGE_WITH_CREDENTIAL
#define MIDGE_WITH_CREDENTIAL 1
#endif
/* Keys of PSA in place of the client's own: credential.key_id. Only profile full has PSA. */
#ifndef MIDGE_WITH_KEY_ID
#define MIDGE_WITH_KEY_ID 1
#endif
#if MIDGE_WITH_KEY_ID && !MIDGE_WITH_CREDENTIAL
#undef MIDGE_WITH_KEY_ID
#define MIDGE_WITH_KEY_ID 0
#endif
/* Pre-shared keys: tls.psk (credential.h). Off unless CMake's option MIDGE_PSK is on: it changes
   mbedTLS, too. */
#ifndef MIDGE_WITH_PSK
#define MIDGE_WITH_PSK 0
#endif
/* A choice of cipher suites: config.tls.ciphers. Without it midge_open answers UNSUPPORTED if it is
   not NULL. */
#ifndef MIDGE_WITH_CIPHERS
#define MIDGE_WITH_CIPHERS 1
#endif
/* URLs as people paste them, and relative ones: midge_url_normalise, midge_url_resolve and
   config.base_url. Without it a request's URL must be complete and in the characters that
   midge_url_parse accepts, and config.base_url is refused (UNSUPPORTED). A URL with userinfo is
   refused (URL), whatever allow_userinfo says, and each scheme but http and https is SCHEME, also
   if it is none. */
#ifndef MIDGE_WITH_URL_MENDING
#define MIDGE_WITH_URL_MENDING 1
#endif
/* IPv6 addresses in URLs, with their zones (http://[fe80::1%25eth0]/). Without it they are refused
   (URL): for a network stack without IPv6. */
#ifndef MIDGE_WITH_IPV6
#define MIDGE_WITH_IPV6 1
#endif
/* Redirects: request.max_redirects. Without them midge_start answers UNSUPPORTED to a request that
   sets it. They need the mending of URLs, since a Location may be relative. */
#ifndef MIDGE_WITH_REDIRECTS
#define MIDGE_WITH_REDIRECTS 1
#endif
#if MIDGE_WITH_REDIRECTS && !MIDGE_WITH_URL_MENDING
#undef MIDGE_WITH_REDIRECTS
#define MIDGE_WITH_REDIRECTS 0
#endif
/* Repeats of requests that failed: request.retry and config.retry. Without them these are ignored
   if they are NULL, and else midge_start and midge_open answer UNSUPPORTED. */
#ifndef MIDGE_WITH_RETRY
#define MIDGE_WITH_RETRY 1
#endif
/* Hooks around each hop: request.hooks and config.hooks (hooks.h). Refused as request.retry is. */
#ifndef MIDGE_WITH_HOOKS
#define MIDGE_WITH_HOOKS 1
#endif
/* A jar of cookies (cookies.h), which needs hooks. */
#ifndef MIDGE_WITH_COOKIES
#define MIDGE_WITH_COOKIES 1
#endif
#if MIDGE_WITH_COOKIES && !MIDGE_WITH_HOOKS
#undef MIDGE_WITH_COOKIES
#define MIDGE_WITH_COOKIES 0
#endif
/* Basic and Digest authentication (auth.h), which need hooks. */
#ifndef MIDGE_WITH_DIGEST
#define MIDGE_WITH_DIGEST 1
#endif
#if MIDGE_WITH_DIGEST && !MIDGE_WITH_HOOKS
#undef MIDGE_WITH_DIGEST
#define MIDGE_WITH_DIGEST 0
#endif
/* Conditional requests (conditional.h), which need hooks. */
#ifndef MIDGE_WITH_CONDITIONAL
#define MIDGE_WITH_CONDITIONAL 1
#endif
#if MIDGE_WITH_CONDITIONAL && !MIDGE_WITH_HOOKS
#undef MIDGE_WITH_CONDITIONAL
#define MIDGE_WITH_CONDITIONAL 0
#endif
/* Rates (rate.h): config.rate and origin_rates, refused as config.retry is. Without it Retry-After
   delays only the request that is repeated. It needs sessions, since both remember origins. */
#ifndef MIDGE_WITH_RATE
#define MIDGE_WITH_RATE 1
#endif
#if MIDGE_WITH_RATE && !MIDGE_WITH_SESSIONS
#undef MIDGE_WITH_RATE
#define MIDGE_WITH_RATE 0
#endif
/* Requests through a proxy: config.proxy and request.proxy. Without it they are refused
   (UNSUPPORTED) unless NULL. */
#ifndef MIDGE_WITH_PROXY
#define MIDGE_WITH_PROXY 1
#endif
/* TLS to a proxy: struct midge_proxy's `secure`. Without it such a proxy is refused
   (UNSUPPORTED). */
#ifndef MIDGE_WITH_PROXY_TLS
#define MIDGE_WITH_PROXY_TLS 1
#endif
#if MIDGE_WITH_PROXY_TLS && !MIDGE_WITH_PROXY
#undef MIDGE_WITH_PROXY_TLS
#define MIDGE_WITH_PROXY_TLS 0
#endif
/* Names are remembered with their addresses for the time that their DNS records allow, and names
   that do not exist; see MIDGE_MAX_NAMES. It needs a port that gives this time (ttl_s in port.h).
   Without it each connection looks its name up, unless MIDGE_WITH_FAIL_OVER remembers the address
   that worked last. It needs sessions, since both are forgotten when memory is short. */
#ifndef MIDGE_WITH_NAMES
#define MIDGE_WITH_NAMES 1
#endif
#if MIDGE_WITH_NAMES && !MIDGE_WITH_SESSIONS
#undef MIDGE_WITH_NAMES
#define MIDGE_WITH_NAMES 0
#endif
/* midge's own resolver in the ports for BSD sockets and lwIP: several addresses, TCP for long
   answers, cancelling. Without it those for lwIP use lwIP's, which takes less flash and more RAM,
   and port_bsd.h needs a dns_start of yours. The port is compiled with the same value. */
#ifndef MIDGE_WITH_RESOLVER
#define MIDGE_WITH_RESOLVER 1
#endif
/* HTTP/2 (RFC 9113): config.http and request.http. It needs LEADERS and REPLAY. */
#ifndef MIDGE_WITH_HTTP2
#define MIDGE_WITH_HTTP2 1
#endif
/* result.retry_after_s. Without it that is always 0. */
#ifndef MIDGE_WITH_RETRY_AFTER
#define MIDGE_WITH_RETRY_AFTER 1
#endif
/* A Retry-After that is a date. Without it result.retry_after_s is 0 for such an answer; seconds
   count as before. */
#ifndef MIDGE_WITH_RETRY_DATES
#define MIDGE_WITH_RETRY_DATES 1
#endif
#if MIDGE_WITH_RETRY_DATES && !MIDGE_WITH_RETRY_AFTER
#undef MIDGE_WITH_RETRY_DATES
#define MIDGE_WITH_RETRY_DATES 0
#endif
/* midge_response_date (response.h). */
#ifndef MIDGE_WITH_DATE_HINT
#define MIDGE_WITH_DATE_HINT 1
#endif
/* The limits of an idle connection that servers announce (Keep-Alive: timeout=5, max=100). Without
   it connections idle for config.keep_alive_ms. */
#ifndef MIDGE_WITH_KEEP_ALIVE_HINTS
#define MIDGE_WITH_KEEP_ALIVE_HINTS 1
#endif
/* request.on_trailer. Without it trailers are checked as before, but not given. */
#ifndef MIDGE_WITH_TRAILERS
#define MIDGE_WITH_TRAILERS 1
#endif
/* Heads longer than config.max_header lose the fields that are not needed. Without it such an
   answer fails with MIDGE_ERR_TOO_LARGE. */
#ifndef MIDGE_WITH_HEAD_SKIPPING
#define MIDGE_WITH_HEAD_SKIPPING 1
#endif
/* A head that comes as a whole is parsed where it lies: half the instructions. */
#ifndef MIDGE_WITH_WHOLE_HEADS
#define MIDGE_WITH_WHOLE_HEADS 1
#endif
/* Durations of a request's phases: result.t. */
#ifndef MIDGE_WITH_TIMINGS
#define MIDGE_WITH_TIMINGS 1
#endif
/* Limits of a request's phases. Without them only total_ms of struct midge_timeouts counts, so set
   it, for the request or the client: nothing else ends a request whose peer is silent. */
#ifndef MIDGE_WITH_PHASE_DEADLINES
#define MIDGE_WITH_PHASE_DEADLINES 1
#endif
/* The copy of a request at its start. Without it a request must set `borrow`, or midge_start
   answers UNSUPPORTED: the struct, its strings and headers stay unchanged until completion. A
   prepared request is borrowed until midge_prepared_free. */
#ifndef MIDGE_WITH_REQUEST_COPY
#define MIDGE_WITH_REQUEST_COPY 1
#endif
/* Headers of the client (struct midge_config). Without them midge_open answers UNSUPPORTED if there
   are any; User-Agent and Accept are sent as before. */
#ifndef MIDGE_WITH_HEADER_DEFAULTS
#define MIDGE_WITH_HEADER_DEFAULTS 1
#endif
/* midge_prepare and midge_start_prepared (prepared.h). */
#ifndef MIDGE_WITH_PREPARED
#define MIDGE_WITH_PREPARED 1
#endif
/* midge_sleep, midge_call_later and midge_future; the features of MIDGE__FUTURES include them. */
#ifndef MIDGE_WITH_FUTURES
#define MIDGE_WITH_FUTURES 1
#endif
/* midge_spawn and MIDGE_AWAIT (task.h). */
#ifndef MIDGE_WITH_TASKS
#define MIDGE_WITH_TASKS 1
#endif
/* midge_gather (gather.h). */
#ifndef MIDGE_WITH_GATHER
#define MIDGE_WITH_GATHER 1
#endif
/* midge_timeout (gather.h). */
#ifndef MIDGE_WITH_TIMEOUT
#define MIDGE_WITH_TIMEOUT 1
#endif
/* midge_acquire and midge_release (gather.h). */
#ifndef MIDGE_WITH_SEMAPHORE
#define MIDGE_WITH_SEMAPHORE 1
#endif
/* Bodies that are read while they arrive: server-sent events and lines (midge/sse.h). */
#ifndef MIDGE_WITH_SSE
#define MIDGE_WITH_SSE 1
#endif
/* Streams of events that are connected again (midge/event_source.h). They need the sink above. */
#ifndef MIDGE_WITH_EVENT_SOURCE
#define MIDGE_WITH_EVENT_SOURCE 1
#endif
#if MIDGE_WITH_EVENT_SOURCE && !MIDGE_WITH_SSE
#undef MIDGE_WITH_EVENT_SOURCE
#define MIDGE_WITH_EVENT_SOURCE 0
#endif

#define MIDGE__FUTURES                                                                             \
    (MIDGE_WITH_FUTURES || MIDGE_WITH_TASKS || MIDGE_WITH_GATHER || MIDGE_WITH_TIMEOUT ||          \
     MIDGE_WITH_SEMAPHORE || MIDGE_WITH_EVENT_SOURCE || MIDGE_WITH_SLICES)

/* Downloads that go on after a cut (download.h). They need hooks and retry. */
#ifndef MIDGE_WITH_DOWNLOAD
#define MIDGE_WITH_DOWNLOAD 1
#endif
#if MIDGE_WITH_DOWNLOAD && !MIDGE_WITH_HOOKS
#undef MIDGE_WITH_DOWNLOAD
#define MIDGE_WITH_DOWNLOAD 0
#endif
#if MIDGE_WITH_DOWNLOAD && !MIDGE_WITH_RETRY
#undef MIDGE_WITH_DOWNLOAD
#define MIDGE_WITH_DOWNLOAD 0
#endif
/* Files in many small answers (slices.h). They need downloads. */
#ifndef MIDGE_WITH_SLICES
#define MIDGE_WITH_SLICES 1
#endif
#if MIDGE_WITH_SLICES && !MIDGE_WITH_DOWNLOAD
#undef MIDGE_WITH_SLICES
#define MIDGE_WITH_SLICES 0
#endif
/* Firmware updates (update.h). They need downloads. */
#ifndef MIDGE_WITH_UPDATE
#define MIDGE_WITH_UPDATE 1
#endif
#if MIDGE_WITH_UPDATE && !MIDGE_WITH_DOWNLOAD
#undef MIDGE_WITH_UPDATE
#define MIDGE_WITH_UPDATE 0
#endif
/* midge_base64_sink (body.h). */
#ifndef MIDGE_WITH_BASE64
#define MIDGE_WITH_BASE64 1
#endif
/* json.h's filter and trees, json_write.h's writer. Without them midge does not need cJSON. */
#ifndef MIDGE_WITH_JSON
#define MIDGE_WITH_JSON 1
#endif
/* The numbers of a tree (json.h) as doubles, and midge_json_number. Without it each number keeps
   its text in valuestring, and valuedouble is not a number (NaN); midge_json_integer reads integers
   from the text, and midge_json_print writes it. */
#ifndef MIDGE_WITH_JSON_NUMBERS
#define MIDGE_WITH_JSON_NUMBERS 1
#endif
#if MIDGE_WITH_JSON_NUMBERS && !MIDGE_WITH_JSON
#undef MIDGE_WITH_JSON_NUMBERS
#define MIDGE_WITH_JSON_NUMBERS 0
#endif
/* Uploads from a source (body.h), also chunked; 0: midge_start refuses them with UNSUPPORTED. */
#ifndef MIDGE_WITH_SOURCES
#define MIDGE_WITH_SOURCES 1
#endif
/* Forms with files (multipart.h). */
#ifndef MIDGE_WITH_MULTIPART
#define MIDGE_WITH_MULTIPART 1
#endif
#if MIDGE_WITH_MULTIPART && !MIDGE_WITH_SOURCES
#undef MIDGE_WITH_MULTIPART
#define MIDGE_WITH_MULTIPART 0
#endif
/* request.expect_ms. Without it midge_start answers UNSUPPORTED to a request that sets it. */
#ifndef MIDGE_WITH_EXPECT
#define MIDGE_WITH_EXPECT 1
#endif
/* 0: a request whose connection broke is never sent again, also if that was a kept one. */
#ifndef MIDGE_WITH_REPLAY
#define MIDGE_WITH_REPLAY 1
#endif
/* Waits for an answer after sending the request failed; 0: the request fails at once. */
#ifndef MIDGE_WITH_EARLY_ANSWERS
#define MIDGE_WITH_EARLY_ANSWERS 1
#endif
/* midge_request.kept and midge_kept_header (request.h). Without them `kept` is not written. */
#ifndef MIDGE_WITH_KEPT_HEADERS
#define MIDGE_WITH_KEPT_HEADERS 1
#endif
/* response.encoding, result.encoding, and sink.head (body.h), by which sinks that need text (JSON,
   server-sent events, lines) refuse compressed bytes. */
#ifndef MIDGE_WITH_ENCODINGS
#define MIDGE_WITH_ENCODINGS 1
#endif
/* Compressed bodies (gunzip.h). Without it midge does not need zlib. */
#ifndef MIDGE_WITH_GUNZIP
#define MIDGE_WITH_GUNZIP 1
#endif
#if MIDGE_WITH_GUNZIP && !MIDGE_WITH_ENCODINGS
#undef MIDGE_WITH_GUNZIP
#define MIDGE_WITH_GUNZIP 0
#endif

#endif
