/* SPDX-License-Identifier: MIT */
/*
 * Blocks of sessions (midge/sessions.h). The last byte chooses: a whole block; a payload, which
 * gets a good seal; or a good payload of TLS 1.2 or 1.3 with edits of three bytes each (where,
 * where, what), cut or longer. So the reader behind the seal is reached, as by an attacker who can
 * write memory that is trusted.
 *
 * An import ends with a defined error, and then no session is there; the block is wiped, or
 * unchanged; whatever came, the next request works, with a full handshake at worst.
 */
#include "fuzz.h"

#include "core/client.h"
#include "io/session_store.h"
#include "midge/midge.h"
#include "midge/sim.h"

#define URL "https://a.test/"

enum { MOST = 4096, EMPTY = 42, FRAME = MIDGE__SEAL_HEAD + MIDGE__SEAL_TAG };

static struct midge_sim *sim;
static struct midge_client *client;
static struct midge_config config;
static uint8_t good[2][MOST]; /* payloads of TLS 1.2 and 1.3 */
static size_t good_len[2];

static void open_client(void)
{
    config.port = midge_sim_port(sim);
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    FUZZ_CHECK(midge_open(&client, &config) == MIDGE_OK);
}

static void *get_block(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void put_block(void *ctx, void *block, size_t size)
{
    (void)ctx;
    (void)size;
    free(block);
}

static void fetch(uint8_t max_tls)
{
    const struct midge_request get = {.url = URL, .max_tls = max_tls, .no_reuse = 1};
    struct midge_result result;
    midge_id id;
    FUZZ_CHECK(midge_start(client, &get, &id) == MIDGE_OK);
    FUZZ_CHECK(midge_wait(client, id, &result) == MIDGE_OK && result.status == 200);
}

static void prepare(void)
{
    FUZZ_CHECK(midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1}) == MIDGE_OK);
    struct midge_sim_host *host = midge_sim_add_host(sim, "a.test");
    FUZZ_CHECK(midge_sim_use_tls(host, 443, NULL) == MIDGE_OK);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    config.alloc = get_block;
    config.release = put_block;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t block[MOST];
        size_t len;
        open_client();
        fetch(i == 0 ? MIDGE_TLS_1_2 : 0);
        FUZZ_CHECK(midge_sessions_export_unsealed(client, block, sizeof block, &len) == MIDGE_OK);
        FUZZ_CHECK(len > EMPTY);
        good_len[i] = len - FRAME;
        memcpy(good[i], block + MIDGE__SEAL_HEAD, good_len[i]);
        midge_close(client);
    }
}

static size_t sessions(void)
{
    static uint8_t block[MOST + MIDGE_MAX_TICKET];
    size_t len;
    FUZZ_CHECK(midge_sessions_export(client, block, sizeof block, &len) == MIDGE_OK);
    return len - EMPTY;
}

static bool is_only(const uint8_t *at, size_t len, uint8_t byte)
{
    while (len > 0 && *at == byte) {
        at++;
        len--;
    }
    return len == 0;
}

static void check_import(uint8_t *block, size_t len, bool sealed, bool used)
{
    uint8_t *copy = malloc(len + 1); /* its own size: reads beyond it are found */
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, block, len);
    int err = sealed ? midge_sessions_import(client, copy, len)
                     : midge_sessions_import_unsealed(client, copy, len);
    FUZZ_CHECK(err <= 0 && strcmp(midge_err_name(err), "UNKNOWN") != 0);
    FUZZ_CHECK(err == MIDGE_OK || sessions() == 0);
    FUZZ_CHECK(err == MIDGE_ERR_UNSUPPORTED ? memcmp(copy, block, len) == 0
                                            : is_only(copy, len, 0));
    free(copy);
    if (used && err == MIDGE_OK) {
        fetch(MIDGE_TLS_1_2);
        fetch(0);
    }
}

/* The payload of len bytes is in block behind the head. */
static void check_payload(uint8_t *block, size_t len, bool sealed, bool used)
{
    FUZZ_CHECK(midge__session_seal(client->tls, NULL, sealed, block, len) == MIDGE_OK);
    check_import(block, len + FRAME, sealed, used);
}

static size_t edited(uint8_t *at, struct fuzz_in in, unsigned which, unsigned cut)
{
    memcpy(at, good[which], good_len[which]);
    for (; in.len >= 3; in.at += 3, in.len -= 3) {
        at[(in.at[0] << 8 | in.at[1]) % good_len[which]] ^= in.at[2];
    }
    return cut > 60 ? good_len[which] * (cut - 60) / 4 : good_len[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t block[2 * MOST];
    struct fuzz_in in = {data, size};
    const unsigned choice = fuzz_choice(&in), more = fuzz_choice(&in);
    const bool sealed = choice % 2 == 0, used = choice / 64 == 1;
    if (sim == NULL) {
        prepare();
    }
    in.len = in.len < MOST ? in.len : MOST;
    memset(block, 0, sizeof block);
    open_client();
    switch (choice / 2 % 4) {
    case 0:
        memcpy(block, in.at, in.len);
        check_import(block, in.len, sealed, used);
        break;
    case 1:
        memcpy(block + MIDGE__SEAL_HEAD, in.at, in.len);
        check_payload(block, in.len, sealed, used);
        break;
    default:
        check_payload(block, edited(block + MIDGE__SEAL_HEAD, in, choice / 2 % 2, more % 64),
                      sealed, used);
    }
    midge_close(client);
    return 0;
}
