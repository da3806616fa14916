/* SPDX-License-Identifier: MIT */
/*
 * Chains of certificates: DER certificates after one another, the server's first, the trusted root
 * last. Signatures are not computed (no mutation would keep them): an even last byte of one counts
 * as good. Parsing takes what mbedTLS takes, and finds the same alternative names; the search for a
 * path ends, gives the same verdict twice, loses no certificate, and a chain that is accepted names
 * the host.
 */
#include "fuzz.h"

#include <strings.h>

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "io/cert_parse.h"
#include "io/der.h"
#include "io/tls_internal.h"
#include "midge/tls.h"

#define HOST       "a.chain.test"
#define CERTS      12
#define PATH_STEPS 2000 /* signatures looked at for one input */

static unsigned signatures;

int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
                                 mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg,
                                 const unsigned char *hash, size_t hash_len,
                                 const unsigned char *sig, size_t sig_len);
int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
                                 mbedtls_pk_context *ctx, mbedtls_md_type_t md_alg,
                                 const unsigned char *hash, size_t hash_len,
                                 const unsigned char *sig, size_t sig_len)
{
    (void)type, (void)options, (void)ctx, (void)md_alg, (void)hash, (void)hash_len;
    FUZZ_CHECK(++signatures < PATH_STEPS);
    return sig_len > 0 && (sig[sig_len - 1] & 1) == 0 ? 0 : MBEDTLS_ERR_ECP_VERIFY_FAILED;
}

/* --- names --- */

static struct midge__der der_of(const mbedtls_x509_buf *buf)
{
    return midge__der(buf->p, buf->len);
}

/* mbedTLS's list of alternative names holds the same bytes in the same order. */
static void check_names(const mbedtls_x509_crt *crt)
{
    struct midge__extension found;
    struct midge__der names, name;
    bool has = mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) != 0;
    const mbedtls_x509_sequence *at = &crt->subject_alt_names;
    if (!midge__extension_find(der_of(&crt->v3_ext), 17, &found)) {
        return; /* twice: mbedTLS has refused it, or an empty one */
    }
    FUZZ_CHECK(has == (midge__der_len(found.value) > 0));
    if (!has || midge__der_next(&found.value, &names) < 0) {
        return;
    }
    for (int tag; (tag = midge__der_next(&names, &name)) >= 0; at = at->next) {
        FUZZ_CHECK(at != NULL);
        if (at->buf.p != NULL && at->buf.len > 0) {
            FUZZ_CHECK((at->buf.tag & 0x1f) == (tag & 0x1f));
            FUZZ_CHECK(at->buf.p == name.at && at->buf.len == midge__der_len(name));
        }
    }
}

static void check_text(const mbedtls_x509_crt *crt)
{
    char text[4096], small[20];
    size_t len = midge_certificate_text(crt, text, sizeof text);
    FUZZ_CHECK(len < sizeof text && strlen(text) == len);
    len = midge_certificate_text(crt, small, sizeof small);
    FUZZ_CHECK(len < sizeof small && strlen(small) == len);
}

/* --- the chain --- */

struct chain {
    unsigned char
        *bytes; /* as in mbedTLS's input buffer: the search knows the order of arrival by it */
    mbedtls_x509_crt sent, root;
    unsigned n;
};

/* Parses one; whether mbedTLS itself takes it. */
static bool parse(mbedtls_x509_crt *to, const unsigned char *der, size_t len)
{
    mbedtls_x509_crt theirs;
    mbedtls_x509_crt_init(&theirs);
    int theirs_err = mbedtls_x509_crt_parse_der(&theirs, der, len);
    int err = midge__cert_parse(to, der, len, false);
    FUZZ_CHECK(theirs_err != 0 || err == 0);
    if (theirs_err == 0) {
        check_names(&theirs);
        check_text(&theirs);
    }
    mbedtls_x509_crt_free(&theirs);
    return err == 0;
}

static void chain_read(struct chain *c, struct fuzz_in in)
{
    c->bytes = fuzz_copy(in.at, in.len);
    struct midge__der rest = midge__der(c->bytes, in.len), value;
    const unsigned char *begin = rest.at;
    mbedtls_x509_crt_init(&c->sent);
    mbedtls_x509_crt_init(&c->root);
    for (c->n = 0; c->n < CERTS && midge__der_next(&rest, &value) >= 0; begin = rest.at) {
        bool last = rest.at == rest.end || c->n == CERTS - 1;
        c->n += parse(last && c->n > 0 ? &c->root : &c->sent, begin, (size_t)(rest.at - begin));
    }
}

static void chain_free(struct chain *c)
{
    mbedtls_x509_crt_free(&c->sent);
    mbedtls_x509_crt_free(&c->root);
    free(c->bytes);
}

static unsigned count(const mbedtls_x509_crt *crt)
{
    unsigned n = 0;
    for (; crt != NULL; crt = crt->next) {
        n++;
    }
    return n;
}

static bool names_host(const mbedtls_x509_crt *crt)
{
    for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at != NULL; at = at->next) {
        const char *name = (const char *)at->buf.p;
        size_t len = at->buf.len;
        if ((len == strlen(HOST) && strncasecmp(name, HOST, len) == 0) ||
            (len == strlen("*.chain.test") && strncasecmp(name, "*.chain.test", len) == 0)) {
            return true;
        }
    }
    return false;
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return 1780000000;
}

/* Returns the flags, with bit 31 for mbedTLS's "no path at all". */
static uint32_t verify(struct fuzz_in in)
{
    static struct midge_port port = {.wall_time = wall_time};
    struct midge__tls tls;
    struct midge__tls_impl *impl = calloc(1, sizeof *impl);
    struct midge__tls_context *context = calloc(1, sizeof *context);
    struct chain c;
    uint32_t flags = 0;
    memset(&tls, 0, sizeof tls);
    tls.context = context;
    context->port = &port;
    impl->tls = &tls;
    FUZZ_CHECK(midge__tls_verify_name(impl, HOST) == 0);
    chain_read(&c, in);
    if (c.n > 1 && c.root.raw.len > 0) {
        unsigned before = count(&c.sent);
        signatures = 0;
        int err = midge__x509_crt_verify_restartable(&c.sent, &c.root, NULL,
                                                     &mbedtls_x509_crt_profile_default, NULL,
                                                     &flags, midge__tls_verify, impl, NULL);
        FUZZ_CHECK(count(&c.sent) == before);
        FUZZ_CHECK((err == 0) == (flags == 0));
        FUZZ_CHECK(err != 0 || (impl->verdict.flags == 0 && names_host(&c.sent)));
        flags |= err == MBEDTLS_ERR_X509_FATAL_ERROR ? 0x80000000U : 0;
    }
    chain_free(&c);
    (void)mbedtls_ssl_set_hostname(&impl->ssl, NULL);
    free(impl);
    free(context);
    return flags;
}

/* --- the rules, without the search --- */

static void check_path(struct fuzz_in in)
{
    struct chain c;
    struct midge__cert_path path;
    const mbedtls_x509_crt *cert[MIDGE__CERT_PATH_MAX];
    unsigned n = 0;
    uint32_t all = 0;
    memset(&path, 0, sizeof path);
    chain_read(&c, in);
    for (const mbedtls_x509_crt *at = &c.sent; at != NULL && n < MIDGE__CERT_PATH_MAX;
         at = at->next) {
        if (at->raw.len > 0) {
            cert[n++] = at;
        }
    }
    for (unsigned depth = n; depth-- > 0;) {
        (void)midge__cert_path_add(&path, cert[depth], depth);
        uint32_t flags = midge__cert_path_flags(&path);
        FUZZ_CHECK((flags & ~(MIDGE__CERT_FLAGS | (uint32_t)MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)) ==
                   0);
        all |= flags;
        midge__cert_path_note(&path, flags, all);
        FUZZ_CHECK(path.wrong <= path.top);
        (void)midge__cert_issued(cert[depth], cert[0]);
    }
    chain_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    check_path(in);
    FUZZ_CHECK(verify(in) == verify(in));
    return 0;
}
