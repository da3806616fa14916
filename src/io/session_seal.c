/* SPDX-License-Identifier: MIT */
/*
 * The seal around a block of sessions:
 *
 *     | "mS" | format | sealed, 0 or 1 | nonce: 12 | payload, encrypted | tag: 16 |
 *
 * AEAD with the device's key; the associated data is the first 4 bytes and the digest of all that
 * the sessions depend on, so a block of another configuration cannot be opened. The nonce is
 * random: after 2^32 exports with one key the chance of a repeated one is still below 2^-32.
 *
 * Without a seal the payload is plain and the tag is the first half of a SHA-256 over nonce (zeros)
 * and associated data and payload: it finds damage, but no attacker.
 */
#include "io/session_store.h"

#if MIDGE_WITH_SESSION_STORE

#include <string.h>

#include <mbedtls/constant_time.h>
#include <midge/hash.h>

#include "base/bytes.h"
#include "io/tls_internal.h"

#if MIDGE__PSA_AEAD
#include <psa/crypto.h>
#elif defined(MBEDTLS_CHACHAPOLY_C)
#include <mbedtls/chachapoly.h>
#else
#include <mbedtls/gcm.h>
#endif

enum { MARK = 4, NONCE = 12, TAG = MIDGE__SEAL_TAG, KEY = 32, DIGEST = 32 };

_Static_assert(MARK + NONCE == MIDGE__SEAL_HEAD, "the head");

static const uint8_t mark[MARK - 1] = {'m', 'S', MIDGE__SESSION_FORMAT};

static void associate(const struct midge__tls_context *context, const struct midge_pins *pins,
                      const uint8_t *block, uint8_t data[MARK + DIGEST])
{
    memcpy(data, block, MARK);
    midge__session_depends(context, pins, data + MARK);
}

/* --- without a seal --- */

static void checksum(const uint8_t data[MARK + DIGEST], const uint8_t *nonce, size_t len,
                     uint8_t sum[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, data, MARK + DIGEST);
    midge_sha256_update(&hash, nonce, NONCE + len);
    midge_sha256_final(&hash, sum);
}

static int close_plain(const uint8_t data[MARK + DIGEST], uint8_t *nonce, size_t len)
{
    uint8_t sum[32];
    memset(nonce, 0, NONCE);
    checksum(data, nonce, len, sum);
    memcpy(nonce + NONCE + len, sum, TAG);
    return MIDGE_OK;
}

static int open_plain(const uint8_t data[MARK + DIGEST], const uint8_t *nonce, size_t len)
{
    uint8_t sum[32];
    checksum(data, nonce, len, sum);
    return mbedtls_ct_memcmp(sum, nonce + NONCE + len, TAG) == 0 ? MIDGE_OK : MIDGE_ERR_SEAL;
}

/* --- AEAD, in place: the one cipher of these blocks --- */

#if MIDGE__PSA_AEAD

#if defined(PSA_WANT_ALG_CHACHA20_POLY1305)
#define KEY_TYPE PSA_KEY_TYPE_CHACHA20
#define AEAD     PSA_ALG_CHACHA20_POLY1305
#else
#define KEY_TYPE PSA_KEY_TYPE_AES
#define AEAD     PSA_ALG_GCM
#endif

static psa_status_t import(const uint8_t key[KEY], mbedtls_svc_key_id_t *id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, KEY_TYPE);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    psa_set_key_algorithm(&attributes, AEAD);
    return psa_import_key(&attributes, key, KEY, id);
}

static int crypt(bool closing, const uint8_t key[KEY], const uint8_t data[MARK + DIGEST],
                 uint8_t *nonce, size_t len)
{
    uint8_t *text = nonce + NONCE;
    mbedtls_svc_key_id_t id;
    size_t done;
    psa_status_t status = import(key, &id);
    if (status != PSA_SUCCESS) {
        return status;
    }
    status = closing ? psa_aead_encrypt(id, AEAD, nonce, NONCE, data, MARK + DIGEST, text, len,
                                        text, len + TAG, &done)
                     : psa_aead_decrypt(id, AEAD, nonce, NONCE, data, MARK + DIGEST, text,
                                        len + TAG, text, len, &done);
    (void)psa_destroy_key(id);
    return status;
}

#elif defined(MBEDTLS_CHACHAPOLY_C)

static int crypt(bool closing, const uint8_t key[KEY], const uint8_t data[MARK + DIGEST],
                 uint8_t *nonce, size_t len)
{
    uint8_t *text = nonce + NONCE, *tag = text + len;
    mbedtls_chachapoly_context cipher;
    mbedtls_chachapoly_init(&cipher);
    int ret = mbedtls_chachapoly_setkey(&cipher, key);
    if (ret == 0) {
        ret = closing ? mbedtls_chachapoly_encrypt_and_tag(&cipher, len, nonce, data, MARK + DIGEST,
                                                           text, text, tag)
                      : mbedtls_chachapoly_auth_decrypt(&cipher, len, nonce, data, MARK + DIGEST,
                                                        tag, text, text);
    }
    mbedtls_chachapoly_free(&cipher);
    return ret;
}

#else

static int crypt(bool closing, const uint8_t key[KEY], const uint8_t data[MARK + DIGEST],
                 uint8_t *nonce, size_t len)
{
    uint8_t *text = nonce + NONCE, *tag = text + len;
    mbedtls_gcm_context cipher;
    mbedtls_gcm_init(&cipher);
    int ret = mbedtls_gcm_setkey(&cipher, MBEDTLS_CIPHER_ID_AES, key, 8 * KEY);
    if (ret == 0) {
        ret = closing ? mbedtls_gcm_crypt_and_tag(&cipher, MBEDTLS_GCM_ENCRYPT, len, nonce, NONCE,
                                                  data, MARK + DIGEST, text, text, TAG, tag)
                      : mbedtls_gcm_auth_decrypt(&cipher, len, nonce, NONCE, data, MARK + DIGEST,
                                                 tag, TAG, text, text);
    }
    mbedtls_gcm_free(&cipher);
    return ret;
}

#endif

/* A failed cipher is out of memory, as its arguments are right; a wrong tag is the only other
   reason. */
static int with_key(struct midge__tls_context *context, bool closing,
                    const uint8_t data[MARK + DIGEST], uint8_t *nonce, size_t len)
{
    uint8_t key[KEY];
    int err = context->port->device_key(context->port->ctx, key);
    if (err == MIDGE_OK && closing) {
        err = context->port->entropy(context->port->ctx, nonce, NONCE);
        err = err == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_ENTROPY;
    }
    if (err == MIDGE_OK) {
        const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
        midge__memory_failed_reset(context->memory);
        if (crypt(closing, key, data, nonce, len) != 0) {
            err = closing || midge__memory_failed(context->memory) ? MIDGE_ERR_NO_MEMORY
                                                                   : MIDGE_ERR_SEAL;
        }
        midge__tls_leave(outer);
    }
    midge__wipe(key, sizeof key);
    return err;
}

/* --- blocks --- */

bool midge__session_can_seal(const struct midge__tls_context *context)
{
    return context->port->device_key != NULL;
}

int midge__session_seal(struct midge__tls_context *context, const struct midge_pins *pins,
                        bool sealed, uint8_t *block, size_t len)
{
    uint8_t data[MARK + DIGEST];
    memcpy(block, mark, sizeof mark);
    block[MARK - 1] = sealed;
    associate(context, pins, block, data);
    return sealed ? with_key(context, true, data, block + MARK, len)
                  : close_plain(data, block + MARK, len);
}

int midge__session_unseal(struct midge__tls_context *context, const struct midge_pins *pins,
                          bool sealed, uint8_t *block, size_t len)
{
    uint8_t data[MARK + DIGEST];
    if (len < MIDGE__SEAL_HEAD + TAG || memcmp(block, mark, sizeof mark - 1) != 0) {
        return MIDGE_ERR_SEAL;
    }
    if (block[MARK - 2] != MIDGE__SESSION_FORMAT || block[MARK - 1] != sealed) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    len -= MIDGE__SEAL_HEAD + TAG;
    associate(context, pins, block, data);
    return sealed ? with_key(context, false, data, block + MARK, len)
                  : open_plain(data, block + MARK, len);
}

#endif
