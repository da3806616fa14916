/* SPDX-License-Identifier: MIT */
/*
 * The set of certificates in whole requests: certs-sim FILE. Each case is a GET to a TLS server of
 * the simulated network that sends the case's chain, once with TLS 1.2 and once with 1.3.
 *
 * The server does not have the chain's key. So a chain that the client accepts is followed by a
 * signature that does not fit, and the text of that error means here: accepted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>
#include <midge/sim.h>

#include "file.h"
#include "http.h"
#include "set.h"
#include "tls_peer.h"

#define NAME      "certs.test"
#define MAX_CHAIN 255U
#define ACCEPTED  "server's signature does not fit its certificate"
#define MINUTE    60000U

static void *block;

static void keep(void *ctx, const struct midge_result *result)
{
    *(struct midge_result *)ctx = *result;
}

static struct sim_tls *open_server(const struct certs_case *one)
{
    static struct sim_tls_der chain[MAX_CHAIN];
    for (unsigned i = 0; i < one->count; i++) {
        chain[i].bytes = midge_certs_certificate(one, i, &chain[i].len);
    }
    return midge__sim_tls_open(
        &(const struct sim_tls_settings){.inner = &midge__sim_http,
                                         .names = NAME,
                                         .rsa = one->suite == CERTS_RSA_SUITE,
                                         .chain = chain,
                                         .chain_len = one->count});
}

static int get(struct midge_sim *sim, const struct certs_case *one, uint8_t version,
               struct midge_result *result)
{
    struct midge_client *client;
    struct midge_config config = {
        .port = midge_sim_port(sim), .max_connections = 1, .tls = midge_certs_trust(one)};
    const struct midge_request request = {
        .url = "https://" NAME "/", .servername = one->host, .ctx = result, .on_done = keep};
    config.tls.min_version = config.tls.max_version = version;
    config.memory_size = midge_memory_needed(&config);
    config.memory = block = realloc(block, config.memory_size);
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        err = midge_start(client, &request, NULL);
        if (err == MIDGE_OK) {
            err = midge_sim_run(sim, client, MINUTE);
        }
        midge_close(client);
    }
    return err;
}

static bool judge(const struct certs_case *one, uint8_t version)
{
    struct midge_result result = {.detail = ""};
    struct midge_sim *sim;
    const struct midge_sim_config config = {.seed = 1, .date = one->now > 0 ? one->now : -1};
    struct sim_tls *tls = open_server(one);
    if (tls == NULL || midge_sim_open(&sim, &config) != MIDGE_OK) {
        abort();
    }
    midge_sim_add_host(sim, NAME);
    int err = midge__sim_listen(sim, NAME, 443, &midge__sim_tls_peer, tls);
    if (err == MIDGE_OK) {
        err = get(sim, one, version, &result);
    }
    bool closed = midge_sim_close(sim) == 0;
    midge__sim_tls_close(tls);
    const char *detail = result.detail != NULL ? result.detail : "";
    bool good = closed && err == MIDGE_OK &&
                (one->error[0] == '\0'
                     ? strcmp(detail, ACCEPTED) == 0 && result.verify_flags == 0
                     : midge_certs_refused(one, result.error, result.verify_flags, detail));
    if (!good) {
        printf("WRONG %s, TLS 1.%d: %s, %s 0x%lx '%s', not %s 0x%lx '%s'\n", one->name,
               version - 10, midge_err_name(err), midge_err_name(result.error),
               (unsigned long)result.verify_flags, detail, one->error, (unsigned long)one->flags,
               one->text);
    }
    return good;
}

int main(int argc, char **argv)
{
    static struct certs_case one;
    struct certs_set set;
    unsigned count = 0, wrong = 0;
    size_t len = 0;
    uint8_t *file = argc == 2 ? certs_file(argv[1], &len) : NULL;
    if (!midge_certs_open(&set, file, len)) {
        fputs("certs: no set of certificates\n", stderr);
        return 2;
    }
    while (midge_certs_next(&set, &one)) {
        for (uint8_t version = MIDGE_TLS_1_2; one.count > 0 && version <= MIDGE_TLS_1_3;
             version++) {
            count++;
            wrong += !judge(&one, version);
        }
    }
    printf("%u requests, %u wrong\n", count, wrong);
    free(block);
    free(file);
    return wrong != 0 || !midge_certs_whole(&set);
}
