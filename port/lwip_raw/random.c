/* SPDX-License-Identifier: MIT */
/*
 * Numbers that an attacker must not guess: TCP's initial sequence numbers (RFC 6528), DNS's
 * transaction ids and source ports (RFC 5452), DHCP's ids. All come from SipHash-2-4, a keyed hash
 * made for short input, with one key from the port's entropy. The input for sequence numbers and
 * the input for random numbers differ in length, so that the ones reveal nothing about the others.
 *
 * SipHash: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF".
 */
#include "lwip_raw.h"

#include <string.h>

#include "lwip/sys.h"

#include "lwip_hooks.h"

static struct {
    uint64_t key[2];
    uint64_t count; /* of random numbers drawn */
    bool seeded;
    const struct midge_port *port; /* has the entropy */
} rng;

static uint64_t rotl(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotl(v[1], 13) ^ v[0];
        v[3] = rotl(v[3], 16) ^ v[2];
        v[0] = rotl(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotl(v[1], 17) ^ v[2];
        v[3] = rotl(v[3], 21) ^ v[0];
        v[2] = rotl(v[2], 32);
    }
}

/* The hash of n words. Whole words only, so the last block holds only the length. */
static uint64_t siphash(const uint64_t key[2], const uint64_t *words, size_t n)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    const uint64_t length = (uint64_t)(n * 8) << 56;

    for (size_t i = 0; i <= n; i++) {
        const uint64_t word = i < n ? words[i] : length;
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void midge__lwip_seed_from(const struct midge_port *port)
{
    rng.port = port;
}

int midge__lwip_seed(void)
{
    const struct midge_port *port = rng.port;
    uint8_t key[sizeof rng.key];

    if (rng.seeded) {
        return MIDGE_OK;
    }
    if (port == NULL || port->entropy == NULL ||
        port->entropy(port->ctx, key, sizeof key) != MIDGE_OK) {
        return MIDGE_ERR_ENTROPY;
    }
    memcpy(rng.key, key, sizeof key);
    rng.seeded = true;
    return MIDGE_OK;
}

/* Without a key the numbers can be guessed. Only code that runs before midge_lwip_raw_attach gets
   such numbers: connect and dns_start refuse without a key. */
uint32_t midge__lwip_rand(void)
{
    (void)midge__lwip_seed();
    rng.count++;
    return (uint32_t)siphash(rng.key, &rng.count, 1);
}

/* RFC 6528 3: a clock of 4 us, so that a reused pair of ports continues above its last numbers,
   plus a hash of the connection, so that one connection's numbers reveal nothing about
   another's. */
u32_t midge__lwip_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
                      u16_t remote_port)
{
    uint64_t words[5] = {0};

    (void)midge__lwip_seed();
#if LWIP_IPV6
    if (IP_IS_V6(remote_ip)) {
        memcpy(&words[0], ip_2_ip6(local_ip)->addr, 16);
        memcpy(&words[2], ip_2_ip6(remote_ip)->addr, 16);
    } else
#endif
    {
        words[0] = ip4_addr_get_u32(ip_2_ip4(local_ip));
        words[2] = ip4_addr_get_u32(ip_2_ip4(remote_ip));
    }
    words[4] = (uint64_t)local_port << 16 | remote_port;
    return (u32_t)siphash(rng.key, words, LWIP_ARRAYSIZE(words)) + sys_now() * 250u;
}
