/* SPDX-License-Identifier: MIT */
/* Each option once: how it is parsed, where its value is stored, its text in the help. The parser
   (options.c), the help and the suggestions for typing errors (nearest.c) use this table. */
#include <midge/config.h>

#include "options.h"

#define GROUP(field) .of_group = 1, .offset = offsetof(struct group, field)
#define RUN(field)   .offset = offsetof(struct options, field)

#define FLAG(letter_, name_, where, help_)                                                         \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .kind = OPTION_FLAG, where, .help = (help_)          \
    }
#define TEXT(letter_, name_, where, value_, help_)                                                 \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .kind = OPTION_TEXT, where, .value = (value_),       \
        .help = (help_)                                                                            \
    }
#define ITEM(letter_, name_, where, item_, value_, help_)                                          \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .kind = OPTION_ITEM, where, .item = (item_),         \
        .value = (value_), .help = (help_)                                                         \
    }
#define NUMBER(name_, field, min_, max_, help_)                                                    \
    {                                                                                              \
        .name = (name_), .kind = OPTION_NUMBER, RUN(field), .min = (min_), .max = (max_),          \
        .value = "N", .help = (help_)                                                              \
    }
#define SECONDS(letter_, name_, where, help_)                                                      \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .kind = OPTION_SECONDS, where, .value = "SECONDS",   \
        .help = (help_)                                                                            \
    }
#define REFUSED(letter_, name_)                                                                    \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .kind = OPTION_REFUSED                               \
    }

const struct option_row option_table[] = {
    TEXT('X', "request", GROUP(method), "METHOD", "the request's method"),
    ITEM('H', "header", GROUP(headers), ITEM_PLAIN, "LINE",
         "'Name: value' adds or replaces, 'Name:' removes, 'Name;' sends it empty; @FILE"),
    ITEM('d', "data", GROUP(data), ITEM_DATA, "DATA", "POST a form; @FILE, @- for stdin"),
    ITEM(0, "data-ascii", GROUP(data), ITEM_DATA, "DATA", "the same"),
    ITEM(0, "data-raw", GROUP(data), ITEM_DATA_RAW, "DATA", "the same, @ means nothing"),
    ITEM(0, "data-binary", GROUP(data), ITEM_DATA_BINARY, "DATA", "the same, files as they are"),
    ITEM(0, "data-urlencode", GROUP(data), ITEM_DATA_URLENCODE, "DATA",
         "percent-encoded: text, =text, name=text, @FILE, name@FILE"),
    ITEM(0, "json", GROUP(data), ITEM_JSON, "DATA", "POST JSON; @FILE, @- for stdin"),
#if MIDGE_WITH_MULTIPART
    ITEM('F', "form", GROUP(forms), ITEM_FORM, "FIELD",
         "POST a form with files: name=value, name=@FILE, name=<FILE; ;type= ;filename="),
    ITEM(0, "form-string", GROUP(forms), ITEM_FORM_STRING, "NAME=VALUE",
         "the same, @ < ; mean nothing in the value"),
#else
    REFUSED('F', "form"),
    REFUSED(0, "form-string"),
#endif
    FLAG('G', "get", GROUP(get), "the data goes into the URL's query"),
    FLAG('g', "globoff", GROUP(globoff), "take {} and [] in URLs as they are"),
    ITEM('T', "upload-file", GROUP(uploads), ITEM_PLAIN, "FILE", "PUT a file; - or . for stdin"),
    {.name = "expect100-timeout",
     .kind = OPTION_SECONDS,
     GROUP(expect_ms),
     .seen = offsetof(struct group, has_expect_ms),
     .value = "SECONDS",
     .help = "how long -H 'Expect: 100-continue' holds the body back (1)"},
    FLAG('I', "head", GROUP(head), "HEAD, and show the headers"),
    FLAG('i', "include", GROUP(include), "show the headers before the body"),
    FLAG('f', "fail", GROUP(fail), "an HTTP error is a failure (22), its body is dropped"),
    FLAG(0, "fail-with-body", GROUP(fail_with_body),
         "an HTTP error is a failure (22), its body is kept"),
    TEXT('A', "user-agent", GROUP(user_agent), "TEXT", "the User-Agent header"),
    TEXT('e', "referer", GROUP(referer), "URL",
         "the Referer header; URL;auto: the URL before for redirects"),
    TEXT(0, "oauth2-bearer", GROUP(bearer), "TOKEN", "Authorization: Bearer"),

    TEXT('u', "user", GROUP(user), "NAME:PASSWORD", "for the URL's own host and port"),
    FLAG('n', "netrc", GROUP(netrc), "they are in the file .netrc of your home folder"),
    TEXT(0, "netrc-file", GROUP(netrc_file), "FILE", "they are in this file"),
    FLAG(0, "basic", GROUP(basic), "send them as they are (the default)"),
    FLAG(0, "digest", GROUP(digest), "prove them: MD5, SHA-256"),
    FLAG(0, "anyauth", GROUP(anyauth), "the best that the server offers"),
    TEXT(0, "etag-save", GROUP(etag_save), "FILE", "write the answer's ETag there"),
    TEXT(0, "etag-compare", GROUP(etag_compare), "FILE",
         "no body (304) if the ETag is still the one in this file"),
    ITEM('b', "cookie", GROUP(cookies), ITEM_PLAIN, "DATA|FILE",
         "send NAME=VALUE, or keep cookies beginning with those of a file (\"\": none)"),
    TEXT('c', "cookie-jar", GROUP(cookie_jar), "FILE",
         "keep cookies, and write them there at the end; - for stdout"),

    FLAG('L', "location", GROUP(location), "follow redirects"),
    FLAG(0, "location-trusted", GROUP(location_trusted),
         "the same, and send passwords and cookies to other hosts too"),
    TEXT(0, "max-redirs", GROUP(max_redirs), "N", "redirects of one URL at most (50); -1 for 255"),
    TEXT(0, "proto-redir", GROUP(proto_redir), "PROTOCOLS",
         "redirects lead there only: =https; +http also from https"),
    FLAG(0, "post301", GROUP(post301), "a POST stays one after a 301"),
    FLAG(0, "post302", GROUP(post302), "after a 302"),
    FLAG(0, "post303", GROUP(post303), "after a 303"),
#if MIDGE_WITH_GUNZIP
    FLAG(0, "compressed", GROUP(compressed), "ask for gzip or deflate, and decode it"),
#else
    REFUSED(0, "compressed"),
#endif

    ITEM('o', "output", GROUP(outputs), ITEM_OUTPUT, "FILE",
         "where the body goes; pairs with the URLs in order"),
    {.letter = 'O',
     .name = "remote-name",
     .kind = OPTION_ITEM_FLAG,
     GROUP(outputs),
     .item = ITEM_REMOTE_NAME,
     .help = "a file named as the URL's last part"},
    TEXT('r', "range", GROUP(range), "RANGE", "only these bytes: 0-99, 100-, -50, or 0-9,20-29"),
    TEXT('C', "continue-at", GROUP(continue_at), "OFFSET",
         "go on at that byte; -: where the file of -o ends; keeps what came of a file"),
    TEXT(0, "output-dir", GROUP(output_dir), "DIR", "the folder of -o and -O"),
    FLAG(0, "create-dirs", GROUP(create_dirs), "make the folders of -o, -D and --output-dir"),
    TEXT('D', "dump-header", GROUP(dump_header), "FILE", "the heads of all answers; - for stdout"),
    TEXT('w', "write-out", GROUP(write_out), "FORMAT",
         "print this after each body: %{http_code}, %header{name}, ...; @FILE"),
    TEXT(0, "report", RUN(report), "FILE", "JSON lines about each URL; - for stdout"),
    {.name = "waterfall",
     .kind = OPTION_FILE_FLAG,
     RUN(waterfall),
     .seen = offsetof(struct options, waterfall_file),
     .value = "FILE.svg",
     .help = "draw the phases of each request"},
    TEXT(0, "memory", RUN(memory), "FILE.svg",
         "draw who has how much of the memory block, over time"),
    TEXT(0, "report-html", RUN(page), "FILE",
         "a page with waterfall, memory and table of all requests"),
    TEXT(0, "har", RUN(har), "FILE", "an HTTP Archive, for the developer tools of browsers"),
    FLAG('s', "silent", RUN(silent), "no progress, no errors"),
    FLAG('S', "show-error", RUN(show_error), "errors even with -s"),
    FLAG('v', "verbose", RUN(verbose), "tell what happens"),
    FLAG('N', "no-buffer", RUN(accepted), "accepted: output is never held back"),

    SECONDS('m', "max-time", GROUP(max_time_ms),
            "for each transfer, from when it leaves the queue"),
    SECONDS(0, "connect-timeout", GROUP(connect_timeout_ms),
            "for lookup, connect and TLS handshake together"),
    {.name = "retry",
     .kind = OPTION_NUMBER,
     GROUP(retry),
     .max = 255,
     .value = "N",
     .help = "repeats after a failure that may pass: 408, 429, 500, 502, 503, 504, the network"},
    SECONDS(0, "retry-delay", GROUP(retry_delay_ms),
            "between them (1, 2, 4 ... at most, by chance)"),
    SECONDS(0, "retry-max-time", GROUP(retry_max_time_ms), "no repeat begins later than this"),
    FLAG(0, "retry-all-errors", GROUP(retry_all_errors),
         "repeats also after other HTTP errors, TLS errors, malformed answers"),
    TEXT(0, "rate", RUN(rate_text), "N/U",
         "requests begin evenly: N in a unit s, m, h (default) or d, or in K units, N/KU"),
    TEXT(0, "cacert", RUN(cacert), "FILE", "trusted roots, PEM or DER (default: the system's)"),
#if MIDGE_WITH_CREDENTIAL
    TEXT('E', "cert", RUN(cert), "FILE[:PASSWORD]",
         "the client's certificate, and the CAs above it"),
    TEXT(0, "cert-type", RUN(cert_type), "TYPE", "PEM or DER (default: as the file is)"),
    TEXT(0, "key", RUN(key), "FILE", "its private key (default: in the certificate's file)"),
    TEXT(0, "key-type", RUN(key_type), "TYPE", "PEM or DER"),
    TEXT(0, "pass", RUN(pass), "PASSWORD", "of the private key"),
#else
    REFUSED('E', "cert"),
    REFUSED(0, "cert-type"),
    REFUSED(0, "key"),
    REFUSED(0, "key-type"),
    REFUSED(0, "pass"),
#endif
#if MIDGE_WITH_SESSION_STORE
    TEXT(0, "ssl-sessions", RUN(ssl_sessions), "FILE",
         "resume the sessions in that file, and write the newest there at the end"),
    TEXT(0, "session-key", RUN(session_key), "FILE", "32 random bytes that seal that file"),
#else
    REFUSED(0, "ssl-sessions"),
    REFUSED(0, "session-key"),
#endif
    FLAG('k', "insecure", GROUP(insecure), "accept any certificate of anyone"),
    TEXT(0, "pinnedpubkey", GROUP(pinned), "HASHES",
         "accept only servers with one of these keys: sha256//BASE64;...; or a FILE of it"),
    FLAG(0, "tlsv1.2", GROUP(tls_1_2), "TLS 1.2 or later"),
    FLAG(0, "tlsv1.3", GROUP(tls_1_3), "TLS 1.3 or later"),
    TEXT(0, "tls-max", GROUP(tls_max), "VERSION", "1.2, 1.3 or default"),
    TEXT(0, "ciphers", RUN(ciphers_12), "LIST",
         "offer only these with TLS 1.2: ECDHE-ECDSA-CHACHA20-POLY1305:..."),
    TEXT(0, "tls13-ciphers", RUN(ciphers_13), "LIST",
         "offer only these with TLS 1.3: TLS_CHACHA20_POLY1305_SHA256:..."),
    ITEM(0, "resolve", GROUP(resolve), ITEM_PLAIN, "HOST:PORT:ADDR",
         "these addresses for that host, with commas"),
    ITEM(0, "connect-to", GROUP(connect_to), ITEM_PLAIN, "HOST1:PORT1:HOST2:PORT2",
         "connect there instead"),
    TEXT(0, "servername", GROUP(servername), "NAME", "the name to ask for and verify"),
    FLAG('4', "ipv4", GROUP(ipv4), "IPv4 only"),
    FLAG('6', "ipv6", GROUP(ipv6), "IPv6 only"),
    FLAG('#', "progress-bar", RUN(accepted), "accepted: a terminal always has the progress"),
    FLAG(0, "http1.1", GROUP(http_1_1), "HTTP/1.1 only: the default"),
#if MIDGE_WITH_HTTP2
    FLAG(0, "http2", GROUP(http_2), "https: HTTP/2 if the server speaks it"),
    FLAG(0, "http2-prior-knowledge", GROUP(http_2_prior), "the same; http: HTTP/2 at once"),
    NUMBER("http2-window", http2_window, 2048, 1u << 30,
           "bytes that a server may send ahead, for each answer by HTTP/2"),
    NUMBER("http2-conn-window", http2_conn_window, 65535, 1u << 30,
           "the same for all answers on a connection"),
#else
    REFUSED(0, "http2"),
    REFUSED(0, "http2-prior-knowledge"),
    REFUSED(0, "http2-window"),
    REFUSED(0, "http2-conn-window"),
#endif
    FLAG('Z', "parallel", RUN(accepted), "accepted: it is always so"),
    TEXT('x', "proxy", GROUP(proxy), "[http[s]://][USER:PASSWORD@]HOST[:PORT]",
         "in place of http_proxy, https_proxy, all_proxy; '' for none"),
    TEXT('U', "proxy-user", GROUP(proxy_user), "USER:PASSWORD", "for the proxy (Basic)"),
    FLAG(0, "proxy-insecure", GROUP(proxy_insecure), "accept any certificate of an https:// proxy"),
    TEXT(0, "noproxy", GROUP(noproxy), "HOSTS",
         "in place of no_proxy: these (* all) are asked without a proxy"),

    NUMBER("parallel-max", parallel_max, 1, 65000, "transfers at once; the rest queue"),
    FLAG(0, "sync", RUN(sync), "one request after the other"),
    NUMBER("max-conns", max_conns, 1, 1000, "connections at once"),
    NUMBER("per-host", per_host, 1, 1000, "connections at once to one origin"),
    NUMBER("handshakes", handshakes, 1, 1000, "TLS handshakes at once"),
    NUMBER("heap", heap, 1, UINT32_MAX, "bytes of the client's memory block"),
    NUMBER("max-header", max_header, 1, 1u << 30,
           "bytes of a response's head that are kept, 256 at least"),
    NUMBER("max-body", max_body, 1, UINT64_MAX, "bytes of a response's body"),
    NUMBER("recv-slice", recv_slice, 1, UINT32_MAX, "bytes one receive gives at most"),
    NUMBER("send-slice", send_slice, 1, UINT32_MAX, "bytes one send takes at most"),
    {.name = "now",
     .kind = OPTION_NUMBER,
     RUN(now),
     .seen = offsetof(struct options, has_now),
     .max = INT64_MAX,
     .value = "UNIX_TIME",
     .help = "the time certificates are judged by"},

    TEXT(0, "device", RUN(device), "NAME",
         "as on this board: its limits and TLS profile; list: shows them"),
    TEXT(0, "sim", RUN(sim), "FILE", "the network is the simulated world of this file"),
    {.name = "seed",
     .kind = OPTION_NUMBER,
     RUN(seed),
     .seen = offsetof(struct options, has_seed),
     .max = UINT64_MAX,
     .value = "N",
     .help = "the world's chance, in place of the file's"},
    TEXT(0, "fail-alloc", RUN(fail_alloc), "N[,sticky]",
         "the Nth allocation of the memory block fails; sticky: all later ones too"),
    ITEM(0, "fail-io", RUN(fail_io), ITEM_PLAIN, "OP:N:ERRNO",
         "the Nth connect, send, recv, poll, resolve or file call fails, as recv:3:ECONNRESET"),

    TEXT(0, "explain", RUN(explain), "NAME",
         "what an error, an exit code or a TLS alert means, and what to try"),
    ITEM(0, "url", GROUP(urls), ITEM_PLAIN, "URL", "one more URL"),
    {.letter = 'K',
     .name = "config",
     .kind = OPTION_CONFIG,
     .value = "FILE",
     .help = "read more options from a file, one a line; - for stdin"},
    {.letter = ':',
     .name = "next",
     .kind = OPTION_NEXT,
     .help = "the options so far end here, new ones for the next URLs"},
    FLAG('h', "help", RUN(help), "this text"),
    FLAG('V', "version", RUN(version), "versions of what is in here"),

    REFUSED(0, "proxy-cacert"), /* a client has one set of roots, for its proxies too */
    REFUSED(0, "proto"),
    REFUSED(0, "limit-rate"),
    REFUSED('0', "http1.0"),
};

const size_t option_table_len = sizeof option_table / sizeof option_table[0];
