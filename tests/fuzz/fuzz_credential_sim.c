/* SPDX-License-Identifier: MIT */
/*
 * A client's certificate and key, PEM or DER: midge_open takes them or refuses them by name, with a
 * reason; it takes no pair whose halves do not belong together; nothing is left of either.
 *
 * The input is the certificate, then the key; its last byte has flags, the two before it the length
 * of the certificate.
 */
#include "fuzz.h"

#include <midge/midge.h>
#include <midge/sim.h>

enum { BLOCK = 1 << 20 };

static struct midge_sim *sim;
static uint64_t block[BLOCK / 8];

static int open_client(const struct midge_credential *credential, uint32_t fail_alloc)
{
    struct midge_client *client;
    struct midge_stats stats;
    struct midge_config config = {.port = midge_sim_port(sim),
                                  .memory = block,
                                  .memory_size = sizeof block,
                                  .max_connections = 1,
                                  .fail_alloc = fail_alloc,
                                  .stats_at_close = &stats};
    config.tls.credential = credential;
    FUZZ_CHECK(midge_memory_least(&config) <= midge_memory_needed(&config));
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        midge_close(client);
        FUZZ_CHECK(stats.alloc_live == 0);
    }
    return err;
}

static bool has(const void *bytes, size_t len)
{
    const uint8_t *at = (const uint8_t *)block;
    for (size_t i = 0; i + len <= sizeof block; i++) {
        if (at[i] == *(const uint8_t *)bytes && memcmp(at + i, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned flags = fuzz_choice(&in);
    const char *why = NULL;
    size_t len = fuzz_choice(&in);
    len |= (size_t)fuzz_choice(&in) << 8;
    len = len < in.len ? len : in.len;
    if (sim == NULL) {
        FUZZ_CHECK(midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1}) == MIDGE_OK);
    }
    void *key = fuzz_copy(in.at + len, in.len - len), *certificate = fuzz_copy(in.at, len);
    const struct midge_credential credential = {.certificate = certificate,
                                                .certificate_len = len,
                                                .key = key,
                                                .key_len = in.len - len,
                                                .borrow = flags & 1,
                                                .why = &why};
    int err = open_client(&credential, 0);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_CREDENTIAL || err == MIDGE_ERR_UNSUPPORTED);
    FUZZ_CHECK((err == MIDGE_OK) == (why[0] == '\0'));
    int failed = open_client(&credential, flags >> 1);
    FUZZ_CHECK(failed == err || failed == MIDGE_ERR_NO_MEMORY);
    FUZZ_CHECK(err != MIDGE_OK || !has(key, in.len - len));
    free(key);
    free(certificate);
    return 0;
}
