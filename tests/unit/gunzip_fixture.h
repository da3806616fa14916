/* SPDX-License-Identifier: MIT */
/* One midge_gunzip, the sink behind it and its packed body, for a test program of its own. */
#ifndef GUNZIP_FIXTURE_H
#define GUNZIP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gunzip_run.h"
#include "packed.h"

static struct midge_client core;
static struct midge_gunzip gunzip;
static struct taker taken;
static struct packed packed;

static int setup(void **state)
{
    (void)state;
    memset(&core, 0, sizeof core);
    memset(&packed, 0, sizeof packed);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(core.live_bytes, 0);
    return 0;
}

static void begin(enum midge_encoding encoding)
{
    taker_init(&taken);
    midge_gunzip_init(&gunzip, &core, &taken.sink);
    taken.ends = &gunzip;
    assert_int_equal(gunzip_head_of(&gunzip, encoding), MIDGE_OK);
    assert_int_equal(taken.encoding, MIDGE_ENCODING_NONE);
}

static void is_whole(const void *text, size_t len)
{
    assert_int_equal(taken.len, len);
    assert_memory_equal(taken.bytes, text, len);
    assert_int_equal(gunzip.len, len);
    assert_int_equal(taken.finishes, 1);
    assert_int_equal(taken.finish_err, MIDGE_OK);
    assert_int_equal(taken.complete, MIDGE_COMPLETE_YES);
    assert_int_equal(core.live_bytes, 0);
    assert_string_equal(gunzip.why, "");
}

#endif
