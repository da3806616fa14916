/* SPDX-License-Identifier: MIT */
/*
 * The floor: the least that a client on mbedTLS can do. Blocking sockets; the answer is not parsed,
 * but for the first one, whose length all others have. Settings are midge's: the same mbedTLS
 * objects, P-256 first, ECC in pieces of MIDGE_ECP_MAX_OPS, verification required.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/ssl.h>
#include <midge/config.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <psa/crypto.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ca_file.h"
#include "bench.h"

struct link {
    int fd;
    mbedtls_ssl_context ssl;
};

static struct bench bench;
static mbedtls_ssl_config conf;
static mbedtls_x509_crt roots;
static mbedtls_ctr_drbg_context drbg;
static struct sockaddr_in server = {.sin_family = AF_INET};
static char host[32], request[300];
static int request_len;
static unsigned char answer[16384];
static size_t answer_len, body_len;

static void check(const char *what, bool ok, int code)
{
    if (!ok) {
        fprintf(stderr, "floor: %s failed (%d)\n", what, code);
        exit(1);
    }
}

/* --- settings --- */

static int seed(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    return getrandom(out, len, 0) == (ssize_t)len ? 0 : -1;
}

static void tls_init(void)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_X25519, 0};
    struct midge_tls file = {0};

    check(bench.ca, ca_file_read(&file, bench.ca), 0);
    ((char *)(uintptr_t)file.ca)[file.ca_len] = '\0'; /* the parser wants it, and its length */
    check("PSA", psa_crypto_init() == PSA_SUCCESS, 0);
    mbedtls_ssl_config_init(&conf);
    mbedtls_x509_crt_init(&roots);
    mbedtls_ctr_drbg_init(&drbg);
    check("seed", mbedtls_ctr_drbg_seed(&drbg, seed, NULL, NULL, 0) == 0, 0);
    check("roots", mbedtls_x509_crt_parse(&roots, file.ca, file.ca_len + 1) == 0, 0);
    ca_file_free(&file);
    mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ca_chain(&conf, &roots, NULL);
    mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &drbg);
    mbedtls_ssl_conf_groups(&conf, groups);
    mbedtls_ssl_conf_session_tickets(&conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    mbedtls_ecp_set_max_ops(MIDGE_ECP_MAX_OPS);
}

static void url_init(void)
{
    char path[100];
    unsigned port = 0;

    check(bench.url, sscanf(bench.url, "https://%31[0-9.]:%u%99s", host, &port, path) == 3, 0);
    server.sin_port = htons((uint16_t)port);
    check(host, inet_pton(AF_INET, host, &server.sin_addr) == 1, 0);
    request_len =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n", path,
                 host, port, BENCH_USER_AGENT);
}

/* --- a connection --- */

static int link_send(void *fd, const unsigned char *data, size_t len)
{
    return (int)send(*(int *)fd, data, len, MSG_NOSIGNAL);
}

static int link_recv(void *fd, unsigned char *data, size_t cap)
{
    return (int)recv(*(int *)fd, data, cap, 0);
}

static void link_open(struct link *link)
{
    int one = 1, ret;

    link->fd = socket(AF_INET, SOCK_STREAM, 0);
    check("connect", connect(link->fd, (struct sockaddr *)&server, sizeof server) == 0, 0);
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    mbedtls_ssl_init(&link->ssl);
    check("setup", mbedtls_ssl_setup(&link->ssl, &conf) == 0, 0);
    check("host name", mbedtls_ssl_set_hostname(&link->ssl, host) == 0, 0);
    mbedtls_ssl_set_bio(&link->ssl, &link->fd, link_send, link_recv, NULL);
    do {
        ret = mbedtls_ssl_handshake(&link->ssl);
    } while (ret == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS);
    check("handshake", ret == 0, ret);
}

static void link_close(struct link *link)
{
    mbedtls_ssl_close_notify(&link->ssl);
    mbedtls_ssl_free(&link->ssl);
    close(link->fd);
}

static void link_ask(struct link *link)
{
    int ret = mbedtls_ssl_write(&link->ssl, (unsigned char *)request, (size_t)request_len);
    check("write", ret == request_len, ret);
    bench.started++;
}

static size_t link_read(struct link *link, size_t at)
{
    int ret = mbedtls_ssl_read(&link->ssl, answer + at, sizeof answer - 1 - at);
    check("read", ret > 0, ret);
    return at + (size_t)ret;
}

/* The first answer gives the length of all. */
static void link_learn(struct link *link)
{
    const char *end = NULL, *field;
    size_t len = 0;

    while (end == NULL) {
        len = link_read(link, len);
        answer[len] = '\0';
        end = strstr((char *)answer, "\r\n\r\n");
    }
    field = strcasestr((char *)answer, "content-length:");
    check("answer", strncmp((char *)answer, "HTTP/1.1 200", 12) == 0 && field != NULL, 0);
    body_len = strtoul(field + 15, NULL, 10);
    answer_len = (size_t)(end + 4 - (char *)answer) + body_len;
    check("answer's length", answer_len < sizeof answer, 0);
    while (len < answer_len) {
        len = link_read(link, len);
    }
}

static void link_answer(struct link *link)
{
    size_t len = 0;

    bench_note_heap(&bench);
    if (answer_len == 0) {
        link_learn(link);
    } else {
        while (len < answer_len) {
            len = link_read(link, len);
        }
    }
    bench.bytes += body_len;
    bench_ended(&bench, true, "");
}

/* --- the work --- */

static void run_keep(void)
{
    struct link *links = calloc(bench.k, sizeof *links);

    check("memory", links != NULL, 0);
    for (unsigned i = 0; i < bench.k; i++) {
        link_open(&links[i]);
    }
    while (bench.done < bench.n) {
        unsigned left = bench.n - bench.done, now = left < bench.k ? left : bench.k;

        for (unsigned i = 0; i < now; i++) {
            link_ask(&links[i]);
        }
        for (unsigned i = 0; i < now; i++) {
            link_answer(&links[i]);
        }
    }
    for (unsigned i = 0; i < bench.k; i++) {
        link_close(&links[i]);
    }
    free(links);
}

static void run_fresh(void)
{
    struct link link;

    while (bench.done < bench.n) {
        link_open(&link);
        link_ask(&link);
        link_answer(&link);
        link_close(&link);
    }
}

int main(int argc, char **argv)
{
    bench_arguments(&bench, argc, argv);
    url_init();
    tls_init();
    if (bench_is(&bench, "fresh")) {
        run_fresh();
    } else {
        run_keep();
    }
    return bench_print(&bench, "");
}
