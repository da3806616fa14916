/* SPDX-License-Identifier: MIT */
/*
 * A secure element in software: a process that has a P-256 key and signs with it. It answers on
 * standard output to commands on standard input, one byte each:
 *
 *     P            the public key, 65 bytes
 *     S hash[32]   the signature, 64 bytes; all zeros: it does not sign
 *     M            the private key with each byte XOR 0x5a, so that a search for the key itself
 * does not find the pattern that it searches for K            the private key as a DER file (SEC
 * 1), for the counter-proof only
 */
#include <stdio.h>
#include <string.h>

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>

#include "../sim/client_identity.h"

static mbedtls_ecp_keypair pair;

static int chance(void *ctx, unsigned char *out, size_t len)
{
    FILE *file = fopen("/dev/urandom", "rb");
    size_t n = file != NULL ? fread(out, 1, len, file) : 0;
    (void)ctx;
    if (file != NULL) {
        (void)fclose(file);
    }
    return n == len ? 0 : -1;
}

static void put(const void *bytes, size_t len)
{
    (void)fwrite(bytes, 1, len, stdout);
    (void)fflush(stdout);
}

static void give_public(void)
{
    unsigned char point[65];
    size_t len = 0;
    (void)mbedtls_ecp_point_write_binary(&pair.MBEDTLS_PRIVATE(grp), &pair.MBEDTLS_PRIVATE(Q),
                                         MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point, sizeof point);
    put(point, sizeof point);
}

static void sign(void)
{
    unsigned char hash[32], signature[64] = {0};
    mbedtls_mpi r, s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    if (fread(hash, 1, sizeof hash, stdin) == sizeof hash &&
        mbedtls_ecdsa_sign(&pair.MBEDTLS_PRIVATE(grp), &r, &s, &pair.MBEDTLS_PRIVATE(d), hash,
                           sizeof hash, chance, NULL) == 0) {
        (void)mbedtls_mpi_write_binary(&r, signature, 32);
        (void)mbedtls_mpi_write_binary(&s, signature + 32, 32);
    }
    put(signature, sizeof signature);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
}

static void give_masked(void)
{
    unsigned char masked[32];
    for (size_t i = 0; i < sizeof masked; i++) {
        masked[i] = (unsigned char)(CLIENT_SECRET[i] ^ 0x5a);
    }
    put(masked, sizeof masked);
}

int main(void)
{
    int command;
    mbedtls_ecp_keypair_init(&pair);
    if (mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, &pair, (const unsigned char *)CLIENT_SECRET,
                             32) != 0 ||
        mbedtls_ecp_keypair_calc_public(&pair, chance, NULL) != 0) {
        return 1;
    }
    while ((command = getchar()) != EOF) {
        switch (command) {
        case 'P':
            give_public();
            break;
        case 'S':
            sign();
            break;
        case 'M':
            give_masked();
            break;
        default:
            put(client_key, sizeof client_key);
            break;
        }
    }
    mbedtls_ecp_keypair_free(&pair);
    return 0;
}
