/* SPDX-License-Identifier: MIT */
#include "size.h"

#include <stdio.h>
#include <string.h>
#include <midge/client.h>
#include <midge/credential.h>

#include "data.h"
#include "failure.h"
#include "host/device.h"
#include "host/number.h"

/* --- options --- */

struct choices {
    struct keep keep;
    struct midge_config config;
    const char *device, *profile, *ca, *certificate, *key;
    uint64_t fits;
    uint32_t http2_window;
    int http2, no_pauses, json;
};

#define FIELD(name)  offsetof(struct choices, name), sizeof(((struct choices *)0)->name)
#define CHOICE(name) offsetof(struct choices, name)

/* Those with a number, and where it goes. */
static const struct {
    const char *name;
    uint64_t min, max;
    size_t offset, bytes;
} numbers[] = {
    {"connections", 1, 1000, FIELD(config.max_connections)},
    {"handshakes", 1, UINT16_MAX, FIELD(config.max_handshakes)},
    {"transfers", 1, UINT16_MAX, FIELD(config.max_transfers)},
    {"requests", 1, 65000, FIELD(config.max_awaitables)},
    {"queued", 1, UINT16_MAX, FIELD(config.queued_requests)},
    {"request-bytes", 1, UINT16_MAX, FIELD(config.request_bytes)},
    {"max-header", 256, 1U << 30, FIELD(config.max_header)},
    {"http2-window", 2048, 1U << 30, FIELD(http2_window)},
};

/* Those with a text. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"device", CHOICE(device)},    {"profile", CHOICE(profile)}, {"cacert", CHOICE(ca)},
    {"cert", CHOICE(certificate)}, {"key", CHOICE(key)},
};

#define LEN(array) (sizeof(array) / sizeof(array)[0])

static int take_number(struct choices *choices, size_t i, const char *value)
{
    char *field = (char *)choices + numbers[i].offset;
    uint64_t number;
    uint16_t narrow;
    uint32_t wide;

    if (!number_parse(value, strlen(value), numbers[i].min, numbers[i].max, &number)) {
        return usage_error("size: --%s is a number from %llu to %llu, not '%s'", numbers[i].name,
                           (unsigned long long)numbers[i].min, (unsigned long long)numbers[i].max,
                           value);
    }
    narrow = (uint16_t)number;
    wide = (uint32_t)number;
    memcpy(field, numbers[i].bytes == sizeof narrow ? (void *)&narrow : (void *)&wide,
           numbers[i].bytes);
    return 0;
}

/* "65536", "64K", "1M". */
static int take_fits(struct choices *choices, const char *value)
{
    size_t len = strlen(value);
    char last = len > 0 ? value[len - 1] : '\0';
    unsigned shift = last == 'K' ? 10 : last == 'M' ? 20 : 0;

    if (!number_parse(value, len - (shift > 0), 1, UINT32_MAX >> shift, &choices->fits)) {
        return usage_error("size: --fits is a number of bytes below 4096M, as 65536, 64K or 1M, "
                           "not '%s'",
                           value);
    }
    choices->fits <<= shift;
    return 0;
}

static int take_value(struct choices *choices, const char *name, const char *value)
{
    for (size_t i = 0; i < LEN(numbers); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            return take_number(choices, i, value);
        }
    }
    for (size_t i = 0; i < LEN(texts); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            memcpy((char *)choices + texts[i].offset, &value, sizeof value);
            return 0;
        }
    }
    return take_fits(choices, value);
}

static int has_value(const char *name)
{
    int is_one = strcmp(name, "fits") == 0;

    for (size_t i = 0; i < LEN(numbers); i++) {
        is_one |= strcmp(name, numbers[i].name) == 0;
    }
    for (size_t i = 0; i < LEN(texts); i++) {
        is_one |= strcmp(name, texts[i].name) == 0;
    }
    return is_one;
}

static const struct midge_proxy tls_proxy = {.host = "proxy", .port = 443, .secure = 1};
static const char table_root; /* whose presence is counted, not its bytes */

/* 1: it was one of those without a value. */
static int take_flag(struct choices *choices, const char *name)
{
    if (strcmp(name, "http2") == 0) {
        choices->http2 = 1;
    } else if (strcmp(name, "no-pauses") == 0) {
        choices->no_pauses = 1;
    } else if (strcmp(name, "no-sessions") == 0) {
        choices->config.no_sessions = 1;
    } else if (strcmp(name, "proxy-tls") == 0) {
        choices->config.proxy = &tls_proxy;
    } else if (strcmp(name, "root-table") == 0) {
        choices->config.tls.roots = &table_root;
        choices->config.tls.roots_len = 1;
    } else if (strcmp(name, "json") == 0) {
        choices->json = 1;
    } else {
        return 0;
    }
    return 1;
}

static int help(void)
{
    fputs("midge size [options]    the bytes that midge_memory_needed counts, line by line\n\n"
          "  --device NAME         of a board (midge --device list), exactly: its pointers, "
          "profile,\n"
          "                        features and limits\n"
          "  --profile NAME        full, small or tiny, with pointers of this machine\n"
          "  --connections N       open at once       --handshakes N   at once\n"
          "  --requests N          awaitables         --queued N       requests held at once\n"
          "  --transfers N         in progress        --request-bytes N of the copy of a request\n"
          "  --max-header N        bytes of a head    --no-sessions    nothing is resumed\n"
          "  --http2               streams of HTTP/2  --proxy-tls      TLS to a proxy, too\n"
          "  --http2-window N      of each stream     --no-pauses      no sink of HTTP/2 pauses\n"
          "  --cacert FILE         trusted roots      --root-table     roots in flash\n"
          "  --cert FILE --key FILE                   a client's certificate\n"
          "  --fits BYTES          how many connections fit into so many bytes, as 64K\n"
          "  --json                for programs\n",
          stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_GOOD : EXIT_WRITE;
}

/* 0, or an exit code. */
static int parse(struct choices *choices, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i], *value = strchr(name, '=');
        char word[32];
        int code, len = value != NULL ? (int)(value - name) : (int)strlen(name);

        if (strncmp(name, "--", 2) != 0 || len < 3 || len > (int)sizeof word) {
            return usage_error("size: unknown word %s", name);
        }
        snprintf(word, sizeof word, "%.*s", len - 2, name + 2);
        if (value == NULL && take_flag(choices, word)) {
            continue;
        }
        if (!has_value(word)) {
            return usage_error("size: unknown option %s", name);
        }
        if (value == NULL && i + 1 >= argc) {
            return usage_error("size: --%s needs a value", word);
        }
        code = take_value(choices, word, value != NULL ? value + 1 : argv[++i]);
        if (code != 0) {
            return code;
        }
    }
    if (choices->device != NULL && choices->profile != NULL) {
        return usage_error("size: --device names the profile too, as lm3s6965evb-tiny");
    }
    if (!choices->http2 && (choices->http2_window != 0 || choices->no_pauses)) {
        return usage_error("size: --http2-window and --no-pauses belong to --http2");
    }
    return 0;
}

/* --- what the options mean in this program --- */

#if MIDGE_WITH_HTTP2
static void set_http2(struct choices *choices)
{
    choices->config.http = MIDGE_HTTP_2;
    choices->config.http2_window = choices->http2_window;
    choices->config.no_pauses = choices->no_pauses != 0;
}
#else
#define set_http2(choices) ((void)(choices))
#endif

static int read_file(struct choices *choices, const char *path, const void **data, size_t *len)
{
    struct text text = {.keep = &choices->keep};
    int code = data_read_file(path, &text);

    if (code != 0) {
        fprintf(stderr, "midge: (%d) can't read %s: %s\n", EXIT_READ, path, strerror(code));
        return EXIT_READ;
    }
    *data = text.data;
    *len = text.len;
    return 0;
}

static int read_roots(struct choices *choices)
{
    struct midge_tls *tls = &choices->config.tls;
    size_t without = midge_memory_least(&choices->config);
    int code = read_file(choices, choices->ca, &tls->ca, &tls->ca_len);

    if (code == 0 && midge_memory_least(&choices->config) == without) {
        return usage_error("size: there is no certificate in %s", choices->ca);
    }
    return code;
}

static int read_credential(struct choices *choices, struct midge_credential *credential)
{
    int code;

    if (choices->certificate == NULL || choices->key == NULL) {
        return usage_error("size: --cert and --key belong together");
    }
    code = read_file(choices, choices->certificate, &credential->certificate,
                     &credential->certificate_len);
    if (code == 0) {
        code = read_file(choices, choices->key, &credential->key, &credential->key_len);
    }
    choices->config.tls.credential = credential;
    return code;
}

/* An option for a feature that this build does not have is refused. */
static int check_features(const struct choices *choices)
{
    const char *lacks = NULL;

    if (!MIDGE_WITH_PROXY_TLS && choices->config.proxy != NULL) {
        lacks = "TLS to proxies (MIDGE_WITH_PROXY_TLS)";
    } else if (!MIDGE_WITH_ROOT_TABLE && choices->config.tls.roots_len > 0) {
        lacks = "roots in tables (MIDGE_WITH_ROOT_TABLE)";
    } else if (!MIDGE_WITH_CREDENTIAL && (choices->certificate != NULL || choices->key != NULL)) {
        lacks = "client certificates (MIDGE_WITH_CREDENTIAL)";
    } else if (!MIDGE_WITH_HTTP2 && choices->http2) {
        lacks = "HTTP/2 (MIDGE_WITH_HTTP2)";
    }
    return lacks != NULL ? usage_error("size: this build has no %s", lacks) : 0;
}

static int complete(struct choices *choices, struct midge_credential *credential)
{
    int code = check_features(choices);

    if (code == 0 && choices->http2) {
        set_http2(choices);
    }

    if (code == 0 && choices->ca != NULL) {
        code = read_roots(choices);
    }
    if (code == 0 && (choices->certificate != NULL || choices->key != NULL)) {
        code = read_credential(choices, credential);
    }
    return code;
}

/* --- the sums --- */

static void keep_line(void *ctx, const struct midge_ledger_line *line)
{
    struct size *size = ctx;

    if (size->n_lines < SIZE_LINES) {
        size->lines[size->n_lines++] = *line;
    }
    if (line->depth == 0) {
        size->needed += (uint64_t)line->count * line->each;
    }
}

static void no_line(void *ctx, const struct midge_ledger_line *line)
{
    keep_line(ctx, line);
    ((struct size *)ctx)->n_lines = 0;
}

/* In 64 bits: size_t of a device has 32. */
static uint64_t needed_with(struct midge_config config, unsigned connections)
{
    struct size size = {0};

    config.max_connections = (uint16_t)connections;
    (void)midge_memory_ledger(&config, no_line, &size);
    return size.needed;
}

static void find_fitting(struct size *size, const struct midge_config *config)
{
    for (unsigned n = 1; n <= 1000; n++) {
        uint64_t needed = needed_with(*config, n);
        if (needed > size->fits) {
            break;
        }
        size->connections = n;
        size->fitting = needed;
    }
}

static int show(const struct choices *choices, const struct device *device)
{
    struct size size = {.fits = choices->fits, .least = midge_memory_least(&choices->config)};
    char name[64];

    if (device != NULL) {
        snprintf(name, sizeof name, "%s-%s", device->board, device->profile);
        size.device = name;
        size.block = device->block;
    }
    (void)midge_memory_ledger(&choices->config, keep_line, &size);
    if (size.needed > SIZE_MAX) {
        return usage_error("size: these settings need %llu bytes, more than pointers of %zu bytes "
                           "can reach",
                           (unsigned long long)size.needed, sizeof(void *));
    }
    if (size.fits > 0) {
        find_fitting(&size, &choices->config);
    }
    (choices->json ? size_show_json : size_show)(&size);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_GOOD : EXIT_WRITE;
}

/* Goes on in the right program; returns -1 in it. */
static int start(const struct choices *choices, const struct device **device, char **argv_whole)
{
    if (choices->profile != NULL) {
        return device_start_profile(choices->profile, argv_whole);
    }
    return device_start(device, choices->device, "size", choices->http2, argv_whole);
}

int size_main(int argc, char **argv, char **argv_whole)
{
    struct choices choices = {.json = 0};
    struct midge_credential credential = {.certificate = NULL};
    const struct device *device = NULL;
    int code;

    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        return help();
    }
    code = parse(&choices, argc, argv);
    if (code == 0) {
        code = start(&choices, &device, argv_whole);
    }
    if (code < 0) {
        code = complete(&choices, &credential);
        code = code == 0 ? show(&choices, device) : code;
    }
    keep_end(&choices.keep);
    return code;
}
