/* SPDX-License-Identifier: MIT */
/*
 * The server's certificate and key. Without others in the settings, a certificate for the names is
 * made here: issued by a root of constant bytes, with a constant key.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>

#include "server.h"

#define CERT_CAP  4096U
#define NAMES_MAX 32U
#define NAME_CAP  256U

/* --- keys, for tests only --- */

static const uint8_t root_secret[32] = "the simulated servers' root key";
static const uint8_t unknown_secret[32] = "some key that no client knows.";
static const uint8_t server_secret[32] = "the simulated servers' own key.";

static const uint8_t rsa_p[128] = {
    0xd5, 0x5e, 0x60, 0x6f, 0xd6, 0x08, 0xc9, 0x23, 0x5d, 0x8b, 0x25, 0x5c, 0xd3, 0x2d, 0x51, 0x24,
    0x91, 0xdf, 0xd4, 0x49, 0x5a, 0x96, 0x01, 0x7b, 0x4a, 0x56, 0x4c, 0xd1, 0x8c, 0x86, 0xf4, 0x26,
    0xe6, 0xd8, 0x07, 0x9a, 0x55, 0xe5, 0x20, 0x9b, 0x51, 0x1f, 0x3a, 0x2d, 0x41, 0xee, 0x64, 0x0a,
    0x2f, 0x98, 0xb5, 0x0e, 0x0d, 0xf7, 0x0b, 0x7c, 0xba, 0xbf, 0x41, 0xaf, 0xd7, 0x1b, 0xab, 0x34,
    0x63, 0x72, 0xff, 0x58, 0xa0, 0x26, 0x23, 0x23, 0xbd, 0xcc, 0xdd, 0xbe, 0xe4, 0x8d, 0xe7, 0xf6,
    0x0d, 0xed, 0x7e, 0x72, 0xd2, 0xdf, 0xc0, 0xbf, 0x89, 0x38, 0xfb, 0xc9, 0x0e, 0x4c, 0xe6, 0x1b,
    0x61, 0x9d, 0x00, 0xd2, 0xa6, 0xba, 0x40, 0x32, 0xa4, 0xbf, 0xfe, 0x4c, 0x6d, 0xa7, 0x4a, 0x08,
    0xd8, 0x72, 0xd4, 0x53, 0x0d, 0x44, 0x66, 0x64, 0xba, 0x86, 0x66, 0x69, 0x31, 0x55, 0x16, 0xd9,
};
static const uint8_t rsa_q[128] = {
    0xc8, 0x87, 0x97, 0xdf, 0x81, 0x62, 0x8b, 0x02, 0x32, 0x1c, 0xab, 0x5f, 0xf8, 0xad, 0x7b, 0x35,
    0x97, 0xee, 0xe3, 0xdc, 0x66, 0x4b, 0x5a, 0xce, 0x47, 0x76, 0xd5, 0x94, 0xf5, 0x13, 0xb1, 0x4c,
    0xca, 0x4d, 0x70, 0x67, 0x31, 0x8b, 0x67, 0x2b, 0x98, 0x4d, 0x00, 0x48, 0x4b, 0x8e, 0x3b, 0x2f,
    0xfb, 0x6b, 0xe3, 0xc9, 0x22, 0xd9, 0x65, 0x5b, 0x4a, 0x66, 0x6d, 0x77, 0x7f, 0x61, 0x26, 0xdf,
    0x60, 0x13, 0xc9, 0x2f, 0x3b, 0xe4, 0xc1, 0x85, 0x3b, 0x9e, 0x4c, 0x64, 0xc6, 0x04, 0x6e, 0x37,
    0x52, 0xbe, 0x7a, 0x49, 0xf6, 0xfc, 0x62, 0x93, 0xb7, 0xc1, 0x4e, 0xb7, 0xe4, 0xab, 0xae, 0x3e,
    0x9b, 0x2e, 0x71, 0x96, 0xa4, 0xc7, 0x58, 0xc1, 0xad, 0x0e, 0x77, 0x46, 0xd8, 0x02, 0x67, 0x4f,
    0xe0, 0x45, 0x6a, 0xae, 0x37, 0xe5, 0x01, 0x59, 0x7a, 0x0a, 0x72, 0x6e, 0xff, 0x8d, 0x2a, 0xcd,
};
static const uint8_t rsa_e[3] = {1, 0, 1};

static int ecdsa_key(mbedtls_pk_context *key, const uint8_t secret[32])
{
    int ret = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (ret == 0) {
        ret = mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), secret, 32);
    }
    return ret == 0
               ? mbedtls_ecp_keypair_calc_public(mbedtls_pk_ec(*key), midge__sim_tls_chance, NULL)
               : ret;
}

static int rsa_key(mbedtls_pk_context *key)
{
    int ret = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
    if (ret == 0) {
        ret = mbedtls_rsa_import_raw(mbedtls_pk_rsa(*key), NULL, 0, rsa_p, sizeof rsa_p, rsa_q,
                                     sizeof rsa_q, NULL, 0, rsa_e, sizeof rsa_e);
    }
    return ret == 0 ? mbedtls_rsa_complete(mbedtls_pk_rsa(*key)) : ret;
}

static int server_key(struct sim_tls *tls)
{
    const struct sim_tls_settings *settings = &tls->settings;
    if (settings->key != NULL) {
        return mbedtls_pk_parse_key(&tls->key, settings->key, settings->key_len, NULL, 0,
                                    midge__sim_tls_chance, NULL);
    }
    return settings->rsa ? rsa_key(&tls->key) : ecdsa_key(&tls->key, server_secret);
}

/* --- names --- */

struct alt_names {
    mbedtls_x509_san_list list[NAMES_MAX];
    unsigned char addresses[NAMES_MAX][16];
    size_t count;
};

/* A word of the settings: a DNS name, or an address. */
static bool add_name(struct alt_names *names, const char *at, size_t len)
{
    char text[NAME_CAP];
    if (names->count == NAMES_MAX || len >= sizeof text) {
        return false;
    }
    mbedtls_x509_san_list *one = &names->list[names->count];
    uint32_t address[4];
    memcpy(text, at, len);
    text[len] = '\0';
    size_t size = mbedtls_x509_crt_parse_cn_inet_pton(text, address);
    memset(one, 0, sizeof *one);
    one->node.type = size > 0 ? MBEDTLS_X509_SAN_IP_ADDRESS : MBEDTLS_X509_SAN_DNS_NAME;
    one->node.san.unstructured_name.p = (unsigned char *)(uintptr_t)at;
    one->node.san.unstructured_name.len = len;
    if (size > 0) {
        memcpy(names->addresses[names->count], address, size);
        one->node.san.unstructured_name.p = names->addresses[names->count];
        one->node.san.unstructured_name.len = size;
    }
    if (names->count++ > 0) {
        one[-1].next = one;
    }
    return true;
}

/* False: a word cannot be a name, or there is no word. */
static bool add_names(struct alt_names *names, const char *text)
{
    while (*(text += strspn(text, " ")) != '\0') {
        size_t len = strcspn(text, " ");
        if (!add_name(names, text, len)) {
            return false;
        }
        text += len;
    }
    return names->count > 0;
}

/* --- certificates --- */

#define ROOT_NAME    "O=midge,CN=root of simulated servers"
#define UNKNOWN_NAME "O=midge,CN=unknown root"

struct wanted {
    bool unknown_root;
    const char *subject;
    mbedtls_pk_context *key;
    const struct alt_names *names; /* NULL: it is a CA */
    int64_t since, until;
};

static void date_text(char out[16], int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm parts;
    if (seconds == 0 || gmtime_r(&at, &parts) == NULL ||
        strftime(out, 16, "%Y%m%d%H%M%S", &parts) != 14) {
        out[0] = '\0';
    }
}

static int fill(mbedtls_x509write_cert *writer, const struct wanted *wanted)
{
    unsigned char serial[1] = {wanted->names != NULL ? 2 : 1};
    char since[16], until[16];
    date_text(since, wanted->since);
    date_text(until, wanted->until);
    int ret = mbedtls_x509write_crt_set_validity(writer, since[0] ? since : "19700101000000",
                                                 until[0] ? until : "99991231235959");
    if (ret == 0) {
        ret = mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof serial);
    }
    if (ret == 0) {
        ret = mbedtls_x509write_crt_set_basic_constraints(writer, wanted->names == NULL, -1);
    }
    if (ret == 0 && wanted->names != NULL) {
        ret = mbedtls_x509write_crt_set_subject_alternative_name(writer, wanted->names->list);
    }
    return ret == 0 ? mbedtls_x509write_crt_set_subject_name(writer, wanted->subject) : ret;
}

/* Length of the certificate at the end of out, or mbedTLS's code. */
static int issue(uint8_t out[CERT_CAP], const struct wanted *wanted)
{
    mbedtls_pk_context root;
    mbedtls_x509write_cert writer;
    mbedtls_pk_init(&root);
    mbedtls_x509write_crt_init(&writer);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    int ret = ecdsa_key(&root, wanted->unknown_root ? unknown_secret : root_secret);
    mbedtls_x509write_crt_set_issuer_key(&writer, &root);
    mbedtls_x509write_crt_set_subject_key(&writer, wanted->key != NULL ? wanted->key : &root);
    if (ret == 0) {
        ret = mbedtls_x509write_crt_set_issuer_name(&writer, wanted->unknown_root ? UNKNOWN_NAME
                                                                                  : ROOT_NAME);
    }
    if (ret == 0) {
        ret = fill(&writer, wanted);
    }
    if (ret == 0) {
        ret = mbedtls_x509write_crt_der(&writer, out, CERT_CAP, midge__sim_tls_chance, NULL);
    }
    mbedtls_x509write_crt_free(&writer);
    mbedtls_pk_free(&root);
    return ret;
}

const uint8_t *midge__sim_tls_root(size_t *len)
{
    static uint8_t root[CERT_CAP];
    static int made;
    if (made == 0) {
        static const uint8_t seed[] = "simulated root";
        mbedtls_ctr_drbg_context drbg;
        const struct sim_tls_scope scope = {.drbg = &drbg};
        const struct wanted wanted = {.subject = ROOT_NAME};
        const struct sim_tls_scope *outer = midge__sim_tls_enter(&scope);
        mbedtls_ctr_drbg_init(&drbg);
        made = midge__sim_tls_seed(&drbg, seed, sizeof seed);
        made = made == 0 ? issue(root, &wanted) : made;
        mbedtls_ctr_drbg_free(&drbg);
        midge__sim_tls_leave(outer);
    }
    *len = made > 0 ? (size_t)made : 0;
    return made > 0 ? root + sizeof root - made : NULL;
}

/* --- the chain --- */

/* mbedTLS sends the bytes of each certificate, and looks at the first one for the kind of its
   key. So the bytes of the settings take the place of its own, also when they cannot be parsed. */
static int show_others(struct sim_tls *tls)
{
    const struct sim_tls_settings *settings = &tls->settings;
    mbedtls_x509_crt *at = &tls->chain;
    tls->own = at->raw;
    for (size_t i = 0; i < settings->chain_len; i++) {
        if (i > 0) {
            at->next = midge__sim_new(sizeof *at);
            at = at->next;
            mbedtls_x509_crt_init(at);
        }
        at->raw.p = (unsigned char *)(uintptr_t)settings->chain[i].bytes;
        at->raw.len = settings->chain[i].len;
    }
    return 0;
}

/* A certificate for these names, parsed. */
static int make(struct sim_tls *tls, const struct alt_names *names, mbedtls_x509_crt *out)
{
    const struct sim_tls_settings *settings = &tls->settings;
    uint8_t der[CERT_CAP];
    const struct wanted wanted = {.unknown_root = settings->unknown_root,
                                  .subject = "O=midge,CN=simulated server",
                                  .key = &tls->key,
                                  .names = names,
                                  .since = settings->since,
                                  .until = settings->until};
    int ret = issue(der, &wanted);
    return ret > 0 ? mbedtls_x509_crt_parse_der(out, der + sizeof der - ret, (size_t)ret) : ret;
}

int midge__sim_tls_identity(struct sim_tls *tls)
{
    const struct sim_tls_settings *settings = &tls->settings;
    struct alt_names names = {.count = 0};
    if (!add_names(&names, settings->names != NULL ? settings->names : "localhost")) {
        return MBEDTLS_ERR_X509_INVALID_NAME;
    }
    int ret = server_key(tls);
    if (ret == 0) {
        ret = make(tls, &names, &tls->chain);
    }
    return ret == 0 && settings->chain_len > 0 ? show_others(tls) : ret;
}

/* --- certificates by name --- */

static struct sim_tls_named *find(const struct sim_tls *tls, const char *name, size_t len)
{
    struct sim_tls_named *at = tls->named;
    while (at != NULL && (strlen(at->name) != len || memcmp(at->name, name, len) != 0)) {
        at = at->next;
    }
    return at;
}

static struct sim_tls_named *add(struct sim_tls *tls, const char *name, size_t len)
{
    struct alt_names names = {.count = 0};
    struct sim_tls_named *one = midge__sim_new(sizeof *one);
    one->name = memcpy(midge__sim_new(len + 1), name, len);
    one->next = tls->named;
    tls->named = one;
    mbedtls_x509_crt_init(&one->cert);
    return add_name(&names, one->name, len) && make(tls, &names, &one->cert) == 0 ? one : NULL;
}

int midge__sim_tls_by_name(void *p, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len)
{
    struct sim_tls *tls = p;
    struct sim_tls_named *one = find(tls, (const char *)name, len);
    if (one == NULL) {
        one = add(tls, (const char *)name, len);
    }
    return one != NULL ? mbedtls_ssl_set_hs_own_cert(ssl, &one->cert, &tls->key)
                       : MBEDTLS_ERR_X509_INVALID_NAME;
}

void midge__sim_tls_named_free(struct sim_tls *tls)
{
    for (struct sim_tls_named *one; (one = tls->named) != NULL;) {
        tls->named = one->next;
        mbedtls_x509_crt_free(&one->cert);
        free(one->name);
        free(one);
    }
}
