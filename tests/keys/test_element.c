/* SPDX-License-Identifier: MIT */
/*
 * The client's key in a secure element: a driver of PSA (MBEDTLS_PSA_CRYPTO_SE_C) asks another
 * process for each signature (element.c). While and after a client uses it, no readable byte of
 * this process is part of the key. The counter-proof has the key in memory, and the same search
 * finds it.
 *
 *     test_element ELEMENT
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <psa/crypto.h>
#include <psa/crypto_se_driver.h>
#include <psa_crypto_its.h>

#include <midge/midge.h>
#include <midge/sim.h>

#include "../sim/client_certificate.h"

#define LOCATION 7U
#define SLOT     3U

/* --- the element's process --- */

static const char *element_path;
static FILE *to_element, *from_element;
static unsigned signatures;

static void start_element(void)
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execl(element_path, element_path, (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    to_element = fdopen(in[1], "wb");
    from_element = fdopen(out[0], "rb");
    assert_non_null(to_element);
    assert_non_null(from_element);
    (void)setvbuf(from_element, NULL, _IONBF, 0); /* no copy of an answer stays in a buffer */
}

static bool ask(char command, const void *more, size_t more_len, void *answer, size_t len)
{
    return fputc(command, to_element) != EOF && fwrite(more, 1, more_len, to_element) == more_len &&
           fflush(to_element) == 0 && fread(answer, 1, len, from_element) == len;
}

/* --- PSA's driver for it --- */

static psa_status_t validate(psa_drv_se_context_t *context, void *data,
                             const psa_key_attributes_t *attributes, psa_key_creation_method_t how,
                             psa_key_slot_number_t slot)
{
    (void)context;
    (void)data;
    (void)attributes;
    (void)how;
    return slot == SLOT ? PSA_SUCCESS : PSA_ERROR_DOES_NOT_EXIST;
}

static psa_status_t export_public(psa_drv_se_context_t *context, psa_key_slot_number_t slot,
                                  uint8_t *data, size_t size, size_t *len)
{
    (void)context;
    (void)slot;
    *len = 65;
    return size >= 65 && ask('P', "", 0, data, 65) ? PSA_SUCCESS : PSA_ERROR_HARDWARE_FAILURE;
}

static psa_status_t sign(psa_drv_se_context_t *context, psa_key_slot_number_t slot,
                         psa_algorithm_t alg, const uint8_t *hash, size_t hash_len,
                         uint8_t *signature, size_t size, size_t *len)
{
    (void)context;
    (void)slot;
    signatures++;
    *len = 64;
    return PSA_ALG_IS_ECDSA(alg) && hash_len == 32 && size >= 64 &&
                   ask('S', hash, 32, signature, 64)
               ? PSA_SUCCESS
               : PSA_ERROR_NOT_SUPPORTED;
}

static const psa_drv_se_key_management_t keys = {.MBEDTLS_PRIVATE(p_validate_slot_number) =
                                                     validate,
                                                 .MBEDTLS_PRIVATE(p_export_public) = export_public};
static const psa_drv_se_asymmetric_t asymmetric = {.MBEDTLS_PRIVATE(p_sign) = sign};
static const psa_drv_se_t driver = {.MBEDTLS_PRIVATE(hal_version) = PSA_DRV_SE_HAL_VERSION,
                                    .MBEDTLS_PRIVATE(key_management) = &keys,
                                    .MBEDTLS_PRIVATE(asymmetric) = &asymmetric};

/* --- PSA's storage, which has only the numbers of keys --- */

static struct {
    psa_storage_uid_t uid;
    uint32_t len;
    uint8_t data[256];
} files[16];

static size_t find(psa_storage_uid_t uid)
{
    size_t i = 0;
    while (i < 16 && files[i].uid != uid) {
        i++;
    }
    return i;
}

psa_status_t psa_its_set(psa_storage_uid_t uid, uint32_t len, const void *data,
                         psa_storage_create_flags_t flags)
{
    size_t at = find(uid) < 16 ? find(uid) : find(0);
    (void)flags;
    if (at == 16 || len > sizeof files[at].data) {
        return PSA_ERROR_INSUFFICIENT_STORAGE;
    }
    files[at].uid = uid;
    files[at].len = len;
    if (len > 0) {
        memcpy(files[at].data, data, len);
    }
    return PSA_SUCCESS;
}

psa_status_t psa_its_get(psa_storage_uid_t uid, uint32_t offset, uint32_t len, void *data,
                         size_t *got)
{
    size_t at = find(uid);
    if (at == 16 || offset + len > files[at].len) {
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    memcpy(data, files[at].data + offset, len);
    *got = len;
    return PSA_SUCCESS;
}

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *info)
{
    size_t at = find(uid);
    if (at == 16) {
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    *info = (struct psa_storage_info_t){.size = files[at].len};
    return PSA_SUCCESS;
}

psa_status_t psa_its_remove(psa_storage_uid_t uid)
{
    size_t at = find(uid);
    if (at == 16) {
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    files[at].uid = 0;
    return PSA_SUCCESS;
}

/* Makes the element's key known as this number. */
static void register_key(uint32_t id, psa_key_usage_t usage, psa_algorithm_t alg)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_id(&attributes, id);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(
                                          PSA_KEY_PERSISTENCE_DEFAULT, LOCATION));
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    psa_set_key_slot_number(&attributes, SLOT);
    assert_int_equal(mbedtls_psa_register_se_key(&attributes), PSA_SUCCESS);
}

/* --- the search --- */

/* Where the pattern is, forwards or backwards, in all memory that this process can read. */
static unsigned count_in(const uint8_t *at, size_t len, const uint8_t *masked)
{
    unsigned found = 0;
    for (size_t i = 0; i + 32 <= len; i++) {
        size_t same = 0, back = 0;
        while (same < 32 && (uint8_t)(at[i + same] ^ 0x5a) == masked[same]) {
            same++;
        }
        while (back < 32 && (uint8_t)(at[i + back] ^ 0x5a) == masked[31 - back]) {
            back++;
        }
        found += same == 32 || back == 32;
    }
    return found;
}

static unsigned count_everywhere(void)
{
    enum { PIECE = 1 << 20 };
    static uint8_t copy[PIECE + 32];
    uint8_t masked[32];
    char line[256];
    unsigned found = 0;
    unsigned long from, to;
    assert_true(ask('M', "", 0, masked, sizeof masked));
    memset(copy, 0, sizeof copy);
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx r", &from, &to) != 2 || strchr(line, 'r') == NULL) {
            continue;
        }
        for (unsigned long at = from; at < to; at += PIECE) {
            size_t len = to - at < sizeof copy ? to - at : sizeof copy;
            const struct iovec local = {copy, len}, remote = {(void *)at, len};
            bool is_copy = at <= (unsigned long)copy && (unsigned long)copy < at + len;
            ssize_t got = is_copy ? 0 : process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
            found += got > 0 ? count_in(copy, (size_t)got, masked) : 0;
        }
    }
    (void)fclose(maps);
    memset(copy, 0, sizeof copy);
    return found;
}

/* --- a client --- */

static unsigned most_found; /* at any look during a request */

static void on_done(void *ctx, const struct midge_result *result)
{
    *(int *)ctx = result->error;
}

/* Before each send: in the handshake, too. */
static void look_now(void *ctx, enum midge_sim_call call, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    if (call == MIDGE_SIM_SEND) {
        unsigned found = count_everywhere();
        most_found = found > most_found ? found : most_found;
    }
}

/* The request's error, or midge_open's. */
static int get(const struct midge_credential *credential, uint8_t version)
{
    struct midge_sim *sim;
    struct midge_client *client;
    int error = MIDGE_ERR_BUSY;
    const struct midge_request request = {
        .url = "https://a.test/", .on_done = on_done, .ctx = &error};
    assert_int_equal(
        midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1, .on_call = look_now}), MIDGE_OK);
    struct midge_sim_host *host = midge_sim_add_host(sim, "a.test");
    const struct midge_sim_tls tls = {.min_version = version,
                                      .max_version = version,
                                      .client_ca = client_certificate,
                                      .client_ca_len = sizeof client_certificate,
                                      .client_required = 1};
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    assert_int_equal(midge_sim_use_tls(host, 443, &tls), MIDGE_OK);
    struct midge_config config = {.port = midge_sim_port(sim), .max_connections = 1};
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.tls.credential = credential;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    most_found = 0;
    int err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        assert_int_equal(midge_start(client, &request, NULL), MIDGE_OK);
        assert_int_equal(midge_sim_run(sim, client, 60000), 0);
        err = error;
        midge_close(client);
    }
    free(config.memory);
    assert_int_equal(midge_sim_close(sim), 0);
    return err;
}

static const char *why;

static struct midge_credential by_id(uint32_t id)
{
    return (struct midge_credential){.certificate = client_certificate,
                                     .certificate_len = sizeof client_certificate,
                                     .key_id = id,
                                     .why = &why};
}

static const uint8_t versions[] = {MIDGE_TLS_1_2, MIDGE_TLS_1_3};

static void test_key_stays_outside(void **state)
{
    const struct midge_credential own = by_id(1);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        unsigned before = signatures;
        assert_int_equal(get(&own, versions[i]), MIDGE_OK);
        assert_int_equal(signatures, before + 1);
        assert_int_equal(most_found, 0);
        assert_int_equal(count_everywhere(), 0);
    }
}

static void test_search_finds_a_key_in_memory(void **state)
{
    uint8_t key[121];
    const struct midge_credential own = {.certificate = client_certificate,
                                         .certificate_len = sizeof client_certificate,
                                         .key = key,
                                         .key_len = sizeof key};
    (void)state;
    assert_true(ask('K', "", 0, key, sizeof key));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(get(&own, versions[i]), MIDGE_OK);
        assert_true(most_found >= 2); /* key, and the client's copy */
    }
    memset(key, 0, sizeof key);
    assert_int_equal(count_everywhere(), 0); /* midge_close has wiped the copy */
}

static void test_keys_that_are_refused(void **state)
{
    static const struct {
        uint32_t id;
        const char *why;
    } bad[] = {{2, "does not permit to sign"}, {3, "do not fit"}, {99, "no client key"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct midge_credential own = by_id(bad[i].id);
        assert_int_equal(get(&own, MIDGE_TLS_1_2), MIDGE_ERR_CREDENTIAL);
        assert_non_null(strstr(why, bad[i].why));
    }
}

/* Imports a key of PSA's own, which is not the certificate's. */
static void test_another_key(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;
    uint8_t other[32] = {1, 2, 3};
    (void)state;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    assert_int_equal(psa_import_key(&attributes, other, sizeof other, &id), PSA_SUCCESS);
    const struct midge_credential own = by_id(id);
    assert_int_equal(get(&own, MIDGE_TLS_1_2), MIDGE_ERR_CREDENTIAL);
    assert_non_null(strstr(why, "is not the certificate's"));
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

/* The policy allows SHA-512 only, which the handshake does not use: it fails there, by name. */
static void test_policy_of_another_hash(void **state)
{
    const struct midge_credential own = by_id(4);
    (void)state;
    assert_int_equal(get(&own, MIDGE_TLS_1_2), MIDGE_ERR_CREDENTIAL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_stays_outside),
        cmocka_unit_test(test_search_finds_a_key_in_memory),
        cmocka_unit_test(test_keys_that_are_refused),
        cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_policy_of_another_hash),
    };
    if (argc != 2) {
        return 2;
    }
    element_path = argv[1];
    start_element();
    if (psa_register_se_driver(LOCATION, &driver) != PSA_SUCCESS ||
        psa_crypto_init() != PSA_SUCCESS) {
        return 1;
    }
    register_key(1, PSA_KEY_USAGE_SIGN_HASH, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    register_key(2, PSA_KEY_USAGE_VERIFY_HASH, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    register_key(3, PSA_KEY_USAGE_SIGN_HASH, PSA_ALG_ECDH);
    register_key(4, PSA_KEY_USAGE_SIGN_HASH, PSA_ALG_ECDSA(PSA_ALG_SHA_512));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)fclose(to_element);
    (void)wait(NULL);
    return failed;
}
