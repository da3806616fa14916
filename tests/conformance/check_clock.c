/* SPDX-License-Identifier: MIT */
/* Clocks and entropy. */
#include "check.h"

static const char *never_back(struct check *c)
{
    const struct midge_port *p = c->port;
    uint32_t ms = p->clock_ms(p->ctx);
    uint64_t us = p->clock_us(p->ctx);

    for (int i = 0; i < 20000; i++) {
        const uint32_t ms2 = p->clock_ms(p->ctx);
        const uint64_t us2 = p->clock_us(p->ctx);
        EXPECT(ms2 - ms < UINT32_MAX / 2, "clock_ms went back");
        EXPECT(us2 >= us, "clock_us went back");
        ms = ms2;
        us = us2;
    }
    return NULL;
}

static const char *they_run(struct check *c)
{
    const struct midge_port *p = c->port;
    const uint32_t ms = p->clock_ms(p->ctx);
    const uint64_t us = p->clock_us(p->ctx);
    uint64_t ms2, us2;

    for (uint32_t i = 0; p->clock_ms(p->ctx) - ms < 100; i++) {
        EXPECT(i < UINT32_MAX, "clock_ms stands still");
    }
    ms2 = p->clock_ms(p->ctx) - ms;
    us2 = (p->clock_us(p->ctx) - us) / 1000;
    EXPECT(us2 + 20 >= ms2 && ms2 + 20 >= us2, "clock_us does not count microseconds");
    return NULL;
}

static const char *wall(struct check *c)
{
    const int64_t now = c->port->wall_time(c->port->ctx);

    if (now < 0) {
        return SKIP("there is no trusted clock");
    }
    EXPECT(now > 1600000000, "neither a time of our days nor an error");
    return NULL;
}

static const char *entropy(struct check *c)
{
    uint8_t a[72], b[72];
    size_t same = 0, zero = 0;
    int err;

    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    err = c->port->entropy(c->port->ctx, a, 64);
    if (err == MIDGE_ERR_ENTROPY) {
        return SKIP("there is no entropy, and the port says so");
    }
    EXPECT(err == MIDGE_OK, "another error than ENTROPY");
    EXPECT(c->port->entropy(c->port->ctx, b, 64) == MIDGE_OK, "fails the second time");
    for (size_t i = 0; i < 64; i++) {
        same += a[i] == b[i];
        zero += a[i] == 0;
    }
    EXPECT(same < 8, "two draws are alike");
    EXPECT(zero < 8, "not all bytes were filled");
    for (size_t i = 64; i < sizeof a; i++) {
        EXPECT(a[i] == 0, "writes beyond the buffer");
    }
    return NULL;
}

const struct promise check_clock_promises[] = {
    {"the clocks never go back", never_back},
    {"clock_ms and clock_us count the same time", they_run},
    {"wall_time is a date or an error", wall},
    {"entropy fills all of it, anew each time, or says ENTROPY", entropy},
    {NULL, NULL},
};
