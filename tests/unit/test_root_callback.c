/* SPDX-License-Identifier: MIT */
/*
 * Roots in flash for an external mbedTLS: src/io/root_callback.c as such a build compiles it, and
 * mbedTLS's own verification with it. Here only those two files are of an external build (see
 * CMakeLists.txt); the rest is midge's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "io/trust.h"

/* root_callback.h and x509_crt.h declare them for external builds only. */
typedef int ask_roots(void *trust, const mbedtls_x509_crt *child, mbedtls_x509_crt **roots);
ask_roots midge__roots_for;
void midge__roots_by_callback(mbedtls_ssl_config *conf, struct midge__trust *trust);
int mbedtls_x509_crt_verify_with_ca_cb(mbedtls_x509_crt *crt, ask_roots *ask, void *trust,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*verify)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_verify);

/* --- memory that fails on demand --- */

static int live, left; /* blocks; allocations until one fails, negative: none does */
static bool for_good;  /* all later ones fail, too */

static void *counted_calloc(size_t n, size_t size)
{
    if (left == 0) {
        left = for_good ? 0 : -1;
        return NULL;
    }
    left -= left > 0;
    live++;
    return calloc(n, size);
}

static void counted_free(void *p)
{
    live -= p != NULL;
    free(p);
}

/* --- files --- */

#define FILES "ca good rsa chain5k untrusted selfsigned"

static char folder[] = "/tmp/midge-callback-XXXXXX";

static const char script[] =
    "import pathlib, re, ssl, subprocess, sys\n"
    "sys.dont_write_bytecode = True\n"
    "sys.path.insert(0, 'tests/server')\n"
    "import certs\n"
    "out = pathlib.Path(sys.argv[1])\n"
    "where = certs.ensure(out / 'made')\n"
    "block = re.compile('-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----', re.S)\n"
    "for name in '" FILES "'.split():\n"
    "    pem = where / 'ca.pem' if name == 'ca' else where / 'certs' / (name + '.pem')\n"
    "    der = b''.join(map(ssl.PEM_cert_to_DER_cert, block.findall(pem.read_text())))\n"
    "    (out / name).write_bytes(der)\n"
    "python = [sys.executable, '-B']\n"
    "ca = where / 'ca.pem'\n"
    "own = where / 'certs' / 'selfsigned.pem'\n"
    "for name, pem in (('table', ca), ('other', own)):\n"
    "    subprocess.run(python + ['port/root_table.py', '-o', out / name, pem], check=True)\n"
    "for kind in ('counted', 'offsets'):\n"
    "    subprocess.run(python + ['tests/server/esp_bundle.py', kind, ca, out / kind], "
    "check=True)\n";

struct file {
    uint8_t *at;
    size_t len;
};

static struct file read_file(const char *name)
{
    struct file file = {NULL, 0};
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    file.len = (size_t)ftell(f);
    file.at = malloc(file.len);
    rewind(f);
    assert_int_equal(fread(file.at, 1, file.len, f), file.len);
    fclose(f);
    return file;
}

static int make_files(void **state)
{
    char command[4096];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "/usr/bin/python3 -c \"%s\" %s >%s/log 2>&1", script, folder,
             folder);
    assert_int_equal(system(command), 0);
    mbedtls_platform_set_calloc_free(counted_calloc, counted_free);
    return 0;
}

static int remove_files(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* --- verification --- */

static void parse_chain(const char *name, mbedtls_x509_crt *chain)
{
    struct file file = read_file(name);
    mbedtls_x509_crt_init(chain);
    for (size_t at = 0; at < file.len;) {
        size_t len = 4 + (size_t)file.at[at + 2] * 256 + file.at[at + 3];
        assert_int_equal(mbedtls_x509_crt_parse_der(chain, file.at + at, len), 0);
        at += len;
    }
    free(file.at);
}

struct trust {
    struct midge__trust io;
    struct file roots;
};

/* ca, or NULL; roots, or NULL */
static void trust_open(struct trust *trust, const char *ca, const char *roots)
{
    memset(trust, 0, sizeof *trust);
    mbedtls_x509_crt_init(&trust->io.roots);
    if (ca != NULL) {
        parse_chain(ca, &trust->io.roots);
        trust->io.count = 1;
    }
    if (roots != NULL) {
        trust->roots = read_file(roots);
    }
    assert_int_equal(midge__root_table_open(&trust->io.table, trust->roots.at, trust->roots.len),
                     MIDGE_OK);
}

static void trust_close(struct trust *trust)
{
    mbedtls_x509_crt_free(&trust->io.roots);
    free(trust->roots.at);
    assert_int_equal(live, 0);
}

static int verify(struct trust *trust, const char *name, uint32_t *flags)
{
    mbedtls_x509_crt chain;
    left = -1;
    parse_chain(name, &chain);
    int ret = mbedtls_x509_crt_verify_with_ca_cb(&chain, midge__roots_for, &trust->io,
                                                 &mbedtls_x509_crt_profile_default, NULL, flags,
                                                 NULL, NULL);
    mbedtls_x509_crt_free(&chain);
    return ret;
}

static const char *const formats[] = {"table", "counted", "offsets"};

static void test_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct trust trust;
        uint32_t flags;
        trust_open(&trust, NULL, formats[i]);
        assert_int_equal(verify(&trust, "good", &flags), 0);
        assert_int_equal(verify(&trust, "rsa", &flags), 0);
        assert_int_equal(verify(&trust, "chain5k", &flags), 0);
        assert_int_equal(verify(&trust, "untrusted", &flags), MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
        assert_true(flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED);
        assert_int_equal(verify(&trust, "selfsigned", &flags), MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
        assert_true(flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED);
        trust_close(&trust);
    }
}

/* A root of either is enough. A server's own certificate is not accepted by mbedTLS's callback,
   unless it is a CA (roots.h). */
static void test_beside_ca(void **state)
{
    static const char *const pairs[][2] = {{"ca", "other"}, {"selfsigned", "table"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trust trust;
        uint32_t flags;
        trust_open(&trust, pairs[i][0], pairs[i][1]);
        assert_int_equal(verify(&trust, "good", &flags), 0);
        assert_int_equal(verify(&trust, "rsa", &flags), 0);
        assert_int_equal(verify(&trust, "untrusted", &flags), MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
        assert_int_equal(verify(&trust, "selfsigned", &flags), MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
        trust_close(&trust);
    }
}

/* When an allocation of the answer fails, so does the question, and nothing is lost. */
static void fail_each(struct trust *trust, const mbedtls_x509_crt *chain)
{
    mbedtls_x509_crt *roots;
    const int before = live;
    int nth = 0, ret;
    do {
        left = nth++;
        ret = midge__roots_for(&trust->io, chain, &roots);
        left = -1;
        assert_true((ret == 0) == (roots != NULL));
        assert_true(ret == 0 || live == before);
    } while (ret != 0 && nth < 1000);
    assert_true(nth > 6);
    assert_non_null(roots);
    assert_non_null(roots->next); /* of ca, and of the table */
    assert_null(roots->next->next);
    mbedtls_x509_crt_free(roots);
    mbedtls_free(roots);
}

static void test_failing_allocations(void **state)
{
    struct trust trust;
    mbedtls_x509_crt chain;
    (void)state;
    trust_open(&trust, "selfsigned", "counted");
    parse_chain("good", &chain);
    for (int i = 0; i < 2; i++) {
        for_good = i == 1;
        fail_each(&trust, &chain);
    }
    mbedtls_x509_crt_free(&chain);
    trust_close(&trust);
}

/* --- the configuration --- */

static ask_roots *asked;
static const void *asked_of;

/* In place of mbedTLS's. */
void mbedtls_ssl_conf_ca_cb(mbedtls_ssl_config *conf, ask_roots *ask, void *trust);
void mbedtls_ssl_conf_ca_cb(mbedtls_ssl_config *conf, ask_roots *ask, void *trust)
{
    (void)conf;
    asked = ask;
    asked_of = trust;
}

static void test_configuration(void **state)
{
    struct trust trust;
    mbedtls_ssl_config conf;
    (void)state;
    trust_open(&trust, "ca", NULL);
    midge__roots_by_callback(&conf, &trust.io);
    assert_null(asked);
    trust_close(&trust);
    trust_open(&trust, NULL, "offsets");
    midge__roots_by_callback(&conf, &trust.io);
    assert_ptr_equal(asked, midge__roots_for);
    assert_ptr_equal(asked_of, &trust.io);
    trust_close(&trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_beside_ca),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
