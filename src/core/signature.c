/* SPDX-License-Identifier: MIT */
/* Signatures that applications have to check, with memory of the client's block. */
#include "core/client.h"
#include "midge/update.h"

#if MIDGE_WITH_UPDATE

int midge_verify_p256(struct midge_client *client, const uint8_t *key, size_t key_len,
                      const uint8_t digest[32], const uint8_t *signature, size_t signature_len)
{
    return client == NULL || digest == NULL || signature == NULL
               ? MIDGE_ERR_INVALID
               : midge__tls_verify_p256(client->tls, key, key_len, digest, signature,
                                        signature_len);
}

#endif
