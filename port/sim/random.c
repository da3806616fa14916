/* SPDX-License-Identifier: MIT */
/*
 * Random numbers from the seed (splitmix64). Each user has a stream of its own, so that one more
 * draw by the client changes nothing that the network does, and the other way round.
 */
#include "sim.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint64_t midge__sim_stream(uint64_t seed, uint64_t number)
{
    return mix(seed + mix(number + 0x632be59bd9b4e019ULL));
}

uint64_t midge__sim_random(uint64_t *stream)
{
    *stream += 0x9e3779b97f4a7c15ULL;
    return mix(*stream);
}

void midge__sim_random_bytes(uint64_t *stream, uint8_t *buf, size_t len)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        bits = i % 8 == 0 ? midge__sim_random(stream) : bits >> 8;
        buf[i] = (uint8_t)bits;
    }
}

uint64_t midge__sim_below(uint64_t *stream, uint64_t n)
{
    return n == 0 ? 0 : midge__sim_random(stream) % n;
}

bool midge__sim_by_chance(uint64_t *stream, unsigned rate)
{
    return rate > 0 && midge__sim_below(stream, 1000) < rate;
}
