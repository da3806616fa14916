/* SPDX-License-Identifier: MIT */
/*
 * The trace: one line for each call of the port and each thing that a server does, in virtual time.
 *
 *     0.020003 #1 recv 120 of 4096 9f3c2a10
 *
 * The last number is a sum of the bytes, so that two traces are equal only if all bytes were. A
 * line has no address, no time of the host, and nothing that depends on the order of memory. Their
 * hash is FNV-1a over all lines, each with its line end.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 320

static void emit(struct midge_sim *sim, const char *line)
{
    uint64_t hash = sim->hash;
    for (const char *at = line; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3ULL;
    }
    sim->hash = (hash ^ '\n') * 0x100000001b3ULL;
    if (sim->config.trace != NULL) {
        sim->config.trace(sim->config.ctx, line);
    }
}

static size_t stamp(const struct midge_sim *sim, char *line)
{
    uint64_t us = sim->now_ns / 1000;
    int n = snprintf(line, LINE_BYTES, "%" PRIu64 ".%06u ", us / 1000000, (unsigned)(us % 1000000));
    return n > 0 ? (size_t)n : 0;
}

void midge__sim_trace(struct midge_sim *sim, const char *format, ...)
{
    char line[LINE_BYTES];
    size_t n = stamp(sim, line);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line + n, sizeof line - n, format, args);
    va_end(args);
    emit(sim, line);
}

void midge__sim_peer_note(struct sim_peer *peer, const char *format, ...)
{
    char line[LINE_BYTES];
    size_t n = stamp(peer->sim, line);
    int more = snprintf(line + n, sizeof line - n, "#%" PRIu32 " %s: ", peer->connection,
                        peer->type->name);
    n += more > 0 ? (size_t)more : 0;
    if (n < sizeof line) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(line + n, sizeof line - n, format, args);
        va_end(args);
    }
    emit(peer->sim, line);
}

void midge_sim_note(struct midge_sim *sim, const char *text)
{
    midge__sim_trace(sim, "%s", text);
}

uint64_t midge_sim_hash(const struct midge_sim *sim)
{
    return sim->hash;
}

uint32_t midge__sim_sum(const uint8_t *data, size_t len)
{
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ data[i]) * 0x01000193;
    }
    return hash;
}
