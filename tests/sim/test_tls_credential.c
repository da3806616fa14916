/* SPDX-License-Identifier: MIT */
/*
 * A client's certificate against simulated servers: given, refused, missing, kept away from others;
 * all that midge_open refuses; its memory, counted, and free of the key afterwards.
 */
#include "client_identity.h"
#include "sim_world.h"

static const char *why;
static struct midge_credential own = {.certificate = client_certificate,
                                      .certificate_len = sizeof client_certificate,
                                      .key = client_key,
                                      .key_len = sizeof client_key,
                                      .why = &why};

/* --- worlds --- */

static void serve(struct sim_world *w, uint8_t version, bool required,
                  const struct midge_sim_tls *other)
{
    struct midge_sim_tls tls = other != NULL ? *other : (struct midge_sim_tls){0};
    struct midge_sim_host *host = midge_sim_add_host(w->sim, "a.test");
    tls.min_version = tls.max_version = version;
    if (tls.client_ca == NULL) {
        tls.client_ca = client_certificate;
        tls.client_ca_len = sizeof client_certificate;
    }
    tls.client_required = required;
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    midge_sim_set_path(w->sim, &(struct midge_sim_path){.latency_us = 1000});
    assert_int_equal(midge_sim_use_tls(host, 443, &tls), MIDGE_OK);
}

static void open_world(struct sim_world *w, const struct midge_credential *credential)
{
    struct midge_config config = {.tls = {.credential = credential}};
    sim_world_start(w, &(struct midge_sim_config){.seed = 1}, &config);
}

static const uint8_t versions[] = {MIDGE_TLS_1_2, MIDGE_TLS_1_3};
#define EACH_VERSION(i) (size_t i = 0; i < (midge_tls_profile()[0] == 'f' ? 2 : 1); i++)
/* The simulated servers' mbedTLS sends an alert about the client's TLS 1.3 certificate with the
   keys of the handshake, so no client can read it; the net tests have OpenSSL's. */
#define ONLY_1_2(i) (size_t i = 0; i < 1; i++)

/* --- servers --- */

static void test_given(void **state)
{
    (void)state;
    for
        EACH_VERSION(i)
        {
            struct sim_world w;
            struct sim_get get;
            open_world(&w, &own);
            serve(&w, versions[i], true, NULL);
            for (int n = 0; n < 2; n++) {
                sim_get(&w, &get, "https://a.test/");
                sim_world_run(&w);
                assert_int_equal(get.result.error, MIDGE_OK);
            }
            sim_world_close(&w);
        }
}

static void test_missing(void **state)
{
    (void)state;
    for
        ONLY_1_2(i)
        {
            struct sim_world w;
            struct sim_get get;
            open_world(&w, NULL);
            serve(&w, versions[i], true, NULL);
            sim_get(&w, &get, "https://a.test/");
            sim_world_run(&w);
            assert_int_equal(get.result.error, MIDGE_ERR_CREDENTIAL);
            assert_string_equal(get.result.detail,
                                "server closed the connection when it got no client certificate");
            sim_world_close(&w);
        }
}

/* A server that only asks takes none. */
static void test_optional(void **state)
{
    (void)state;
    for
        EACH_VERSION(i)
        {
            struct sim_world w;
            struct sim_get get;
            open_world(&w, NULL);
            serve(&w, versions[i], false, NULL);
            sim_get(&w, &get, "https://a.test/");
            sim_world_run(&w);
            assert_int_equal(get.result.error, MIDGE_OK);
            sim_world_close(&w);
        }
}

static void test_refused(void **state)
{
    (void)state;
    for
        ONLY_1_2(i)
        {
            struct sim_world w;
            struct sim_get get;
            struct midge_sim_tls tls = {0};
            open_world(&w, &own);
            tls.client_ca = midge_sim_root(&tls.client_ca_len);
            serve(&w, versions[i], true, &tls);
            sim_get(&w, &get, "https://a.test/");
            sim_world_run(&w);
            assert_int_equal(get.result.error, MIDGE_ERR_CREDENTIAL);
            assert_non_null(strstr(get.result.detail, "server refused the client certificate: "));
            sim_world_close(&w);
        }
}

/* Clients have their own connections and sessions: one without the certificate gets no answer from
   a server that has just answered the other. */
static void test_not_shared(void **state)
{
    (void)state;
    for
        ONLY_1_2(i)
        {
            struct sim_world w, other;
            struct sim_get get, refused;
            open_world(&w, &own);
            serve(&w, versions[i], true, NULL);
            sim_get(&w, &get, "https://a.test/");
            sim_world_run(&w);
            assert_int_equal(get.result.error, MIDGE_OK);
            other = (struct sim_world){.sim = w.sim};
            sim_world_client(&other, NULL);
            sim_get(&other, &refused, "https://a.test/");
            sim_world_run(&other);
            assert_int_equal(refused.result.error, MIDGE_ERR_CREDENTIAL);
            midge_close(other.client);
            free(other.block);
            sim_world_close(&w);
        }
}

/* --- opening --- */

struct bad {
    struct midge_credential is;
    int error;
    const char *why; /* a part of it */
};

static int open_only(struct sim_world *w, const struct midge_credential *credential, size_t less,
                     uint32_t fail_alloc)
{
    struct midge_config config = {.port = midge_sim_port(w->sim),
                                  .max_connections = 1,
                                  .fail_alloc = fail_alloc,
                                  .tls = {.credential = credential}};
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.memory_size = midge_memory_least(&config) - less;
    config.memory = w->block = malloc(config.memory_size);
    int err = midge_open(&w->client, &config);
    if (err != MIDGE_OK) {
        free(w->block);
    }
    return err;
}

static void test_what_open_refuses(void **state)
{
    static const uint8_t garbage[300] = {0x30, 0x82, 0x01, 0x00};
    static const uint8_t cut_pem[] =
        "-----BEGIN CERTIFICATE-----\nMIIB!\n-----END CERTIFICATE-----\n";
#define CERTIFICATE .certificate = client_certificate, .certificate_len = sizeof client_certificate
#define KEY         .key = client_key, .key_len = sizeof client_key
    const struct bad bad[] = {
        {{KEY}, MIDGE_ERR_CREDENTIAL, "without its cert"},
        {{CERTIFICATE}, MIDGE_ERR_CREDENTIAL, "without its key"},
        {{CERTIFICATE, KEY, .key_id = 1}, MIDGE_ERR_CREDENTIAL, "both"},
        {{CERTIFICATE, .key_id = 0x2fff},
         midge_tls_profile()[0] == 'f' ? MIDGE_ERR_CREDENTIAL : MIDGE_ERR_UNSUPPORTED,
         "PSA"},
        {{.certificate = garbage, .certificate_len = sizeof garbage, KEY},
         MIDGE_ERR_CREDENTIAL,
         "certificate"},
        {{.certificate = cut_pem, .certificate_len = sizeof cut_pem, KEY},
         MIDGE_ERR_CREDENTIAL,
         "base64"},
        {{CERTIFICATE, .key = garbage, .key_len = sizeof garbage},
         MIDGE_ERR_CREDENTIAL,
         "key cannot be read"},
        {{CERTIFICATE, KEY, .password = "secret"}, MIDGE_ERR_UNSUPPORTED, "encrypted"},
    };
    struct sim_world w;
    (void)state;
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct midge_credential credential = bad[i].is;
        credential.why = &why;
        assert_int_equal(open_only(&w, &credential, 0, 0), bad[i].error);
        assert_non_null(strstr(why, bad[i].why));
    }
    assert_int_equal(midge_sim_close(w.sim), 0);
}

/* Every cut of certificate and key is refused, and every byte changed leaves no crash. */
static void test_damaged(void **state)
{
    uint8_t cert[sizeof client_certificate], key[sizeof client_key];
    struct midge_credential credential = own;
    struct sim_world w;
    (void)state;
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    credential.certificate = cert;
    credential.key = key;
    memcpy(cert, client_certificate, sizeof cert);
    memcpy(key, client_key, sizeof key);
    for (size_t n = 1; n < sizeof cert; n++) {
        credential.certificate_len = n;
        assert_int_equal(open_only(&w, &credential, 0, 0), MIDGE_ERR_CREDENTIAL);
    }
    credential.certificate_len = sizeof cert;
    for (size_t n = 1; n < sizeof key; n++) {
        credential.key_len = n;
        assert_int_equal(open_only(&w, &credential, 0, 0), MIDGE_ERR_CREDENTIAL);
    }
    credential.key_len = sizeof key;
    for (size_t n = 0; n < sizeof cert + sizeof key; n++) {
        uint8_t *at = n < sizeof cert ? &cert[n] : &key[n - sizeof cert];
        *at ^= 0x41;
        int err = open_only(&w, &credential, 0, 0);
        if (err == MIDGE_OK) {
            midge_close(w.client);
            free(w.block);
        } else {
            assert_int_equal(err, MIDGE_ERR_CREDENTIAL);
        }
        *at ^= 0x41;
    }
    assert_int_equal(midge_sim_close(w.sim), 0);
}

/* --- memory --- */

/* Free memory of the block is poisoned, and is what this looks at, too. */
__attribute__((no_sanitize("address"))) static bool has_secret(const uint8_t *at, size_t len)
{
    bool found = false;
    for (size_t i = 0; i + 32 <= len; i++) {
        size_t same = 0, back = 0; /* backwards: as mbedTLS keeps numbers */
        while (same < 32 && at[i + same] == (uint8_t)CLIENT_SECRET[same]) {
            same++;
        }
        while (back < 32 && at[i + back] == (uint8_t)CLIENT_SECRET[31 - back]) {
            back++;
        }
        found = found || same == 32 || back == 32;
    }
    return found;
}

/* midge_memory_least counts it: a client opens in that, and it gets an answer. Afterwards the key
   is in no byte of the block. */
static void test_least_memory(void **state)
{
    (void)state;
    for
        EACH_VERSION(i)
        {
            for (int borrow = 0; borrow < 2; borrow++) {
                struct midge_credential credential = own;
                struct sim_world w = {0};
                struct sim_get get;
                credential.borrow = (uint8_t)borrow;
                struct midge_config config = {.max_connections = 1,
                                              .tls = {.credential = &credential}};
                assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}),
                                 MIDGE_OK);
                config.tls.ca = midge_sim_root(&config.tls.ca_len);
                size_t size = midge_memory_least(&config) + 256; /* the body */
                config.memory_size = size;
                sim_world_client(&w, &config);
                assert_true(has_secret(w.block, size));
                serve(&w, versions[i], true, NULL);
                sim_get(&w, &get, "https://a.test/");
                sim_world_run(&w);
                assert_int_equal(get.result.error, MIDGE_OK);
                midge_close(w.client);
                assert_false(has_secret(w.block, size));
                free(w.block);
                assert_int_equal(midge_sim_close(w.sim), 0);
            }
        }
}

/* Each allocation of midge_open fails once: NO_MEMORY, and nothing is left of the key. */
static void test_failed_allocations(void **state)
{
    struct sim_world w = {0};
    int err = MIDGE_ERR_NO_MEMORY;
    (void)state;
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    for (uint32_t nth = 1; err != MIDGE_OK; nth++) {
        err = open_only(&w, &own, 0, nth);
        assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
        assert_true(nth < 1000);
    }
    midge_close(w.client);
    free(w.block);
    assert_int_equal(midge_sim_close(w.sim), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_optional),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_not_shared),
        cmocka_unit_test(test_what_open_refuses),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_least_memory),
        cmocka_unit_test(test_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
