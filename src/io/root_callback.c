/* SPDX-License-Identifier: MIT */
/*
 * An external mbedTLS asks for the roots that may have issued a certificate, one certificate of the
 * chain after the other, from the server's upwards, until a root has signed it. The answer is a
 * list on mbedTLS's heap, which it frees before the next question:
 *
 *     roots of the table whose subject is the issuer -> all roots of config.tls.ca
 *
 * mbedTLS compares names, dates and signatures itself, and calls midge__tls_verify for the path, as
 * with a list. Without memory the question fails, and so does the handshake: an answer with fewer
 * roots would read as "not trusted".
 *
 * mbedTLS cannot interrupt a verification that asks by callback: it is one step.
 */
#include "io/root_callback.h"

#if MIDGE_WITH_ROOT_TABLE && defined(MIDGE_TLS_EXTERNAL)

#include <mbedtls/platform.h>

#include "io/cert_parse.h"
#include "io/tls_code.h"

#if !defined(MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK)
#error "MIDGE_TLS_CA_CALLBACK: this mbedTLS lacks MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK"
#endif

#define MAX_PARSED 16U /* roots of one subject; there is nearly always one */

static mbedtls_x509_crt *new_root(void)
{
    mbedtls_x509_crt *root = mbedtls_calloc(1, sizeof *root);
    if (root != NULL) {
        mbedtls_x509_crt_init(root);
    }
    return root;
}

/* Puts a root before the list, or frees it if parsing it failed. 0 also for one that this mbedTLS
   cannot read, which is left out. */
static int put(mbedtls_x509_crt **list, mbedtls_x509_crt *root, int ret)
{
    if (ret == 0) {
        root->next = *list;
        *list = root;
        return 0;
    }
    mbedtls_x509_crt_free(root);
    mbedtls_free(root);
    return midge__tls_out_of_memory(ret) ? ret : 0;
}

static int add_ca(mbedtls_x509_crt **list, const struct midge__trust *trust)
{
    int ret = 0;
    const mbedtls_x509_crt *at = trust->count > 0 ? &trust->roots : NULL;
    for (; at != NULL && ret == 0; at = at->next) {
        mbedtls_x509_crt *root = new_root();
        ret = root == NULL
                  ? MBEDTLS_ERR_X509_ALLOC_FAILED
                  : put(list, root, midge__cert_parse(root, at->raw.p, at->raw.len, false));
    }
    return ret;
}

static int add_table(mbedtls_x509_crt **list, const struct midge__root_table *table,
                     const mbedtls_x509_crt *child)
{
    int ret = 0;
    uint32_t n = midge__root_table_next(table, child, 0);
    for (unsigned parsed = 0; parsed < MAX_PARSED && n < table->count && ret == 0; parsed++) {
        mbedtls_x509_crt *root = new_root();
        ret = root == NULL ? MBEDTLS_ERR_X509_ALLOC_FAILED
                           : put(list, root, midge__root_table_parse(table, n, root));
        n = midge__root_table_next(table, child, n + 1);
    }
    return ret;
}

static void free_list(mbedtls_x509_crt **list)
{
    if (*list != NULL) {
        mbedtls_x509_crt_free(*list); /* and those behind it */
        mbedtls_free(*list);
        *list = NULL;
    }
}

int midge__roots_for(void *p, const mbedtls_x509_crt *child, mbedtls_x509_crt **roots)
{
    const struct midge__trust *trust = p;
    *roots = NULL;
    int ret = add_ca(roots, trust);
    if (ret == 0) {
        ret = add_table(roots, &trust->table, child);
    }
    if (ret != 0) {
        free_list(roots);
    }
    return ret;
}

void midge__roots_by_callback(mbedtls_ssl_config *conf, struct midge__trust *trust)
{
    if (midge__trust_has_table(trust)) {
        mbedtls_ssl_conf_ca_cb(conf, midge__roots_for, trust);
    }
}

#endif
