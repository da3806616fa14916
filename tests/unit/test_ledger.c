/* SPDX-License-Identifier: MIT */
/* midge_memory_ledger: its lines add up to midge_memory_needed, and the parts of a line to it. */
#include "fake_port.h"

#include "base/ledger.h"

#define MOST_LINES 64

struct lines {
    struct midge_ledger_line line[MOST_LINES];
    size_t n;
};

static void keep(void *ctx, const struct midge_ledger_line *line)
{
    struct lines *lines = ctx;
    assert_true(lines->n < MOST_LINES);
    lines->line[lines->n++] = *line;
}

/* The sum of the lines directly below line `at`; (size_t)-1: it has none. */
static size_t parts_of(const struct lines *lines, size_t at)
{
    const unsigned depth = lines->line[at].depth;
    size_t sum = 0, n = 0;
    for (size_t i = at + 1; i < lines->n && lines->line[i].depth > depth; i++) {
        const struct midge_ledger_line *line = &lines->line[i];
        if (line->depth == depth + 1) {
            sum += line->less ? (size_t)0 - line->count * line->each : line->count * line->each;
            n++;
        }
    }
    return n > 0 ? sum : (size_t)-1;
}

static void check(const struct midge_config *config)
{
    struct lines lines = {.n = 0};
    const size_t needed = midge_memory_needed(config);
    size_t sum = 0, with_parts = 0;
    assert_int_equal(midge_memory_ledger(config, keep, &lines), needed);
    assert_int_equal(lines.line[0].depth, 0);
    for (size_t i = 0; i < lines.n; i++) {
        const struct midge_ledger_line *line = &lines.line[i];
        const size_t parts = parts_of(&lines, i);
        assert_true(line->name[0] != '\0');
        sum += line->depth == 0 ? line->count * line->each : 0;
        if (parts != (size_t)-1) {
            assert_int_equal(parts, line->each);
            with_parts++;
        } else {
            assert_true(line->depth > 0 || line->each == 0);
        }
    }
    assert_int_equal(sum, needed);
    assert_true(with_parts >= 6);
}

static const struct midge_proxy proxy = {.host = "p", .port = 1, .secure = 1};
static const char table[1];

/* The configuration with the number n in a mixed notation of all settings that count. */
static struct midge_config numbered(unsigned n)
{
    static const uint16_t counts[] = {0, 1, 2, 7, 1000, UINT16_MAX};
    static const uint32_t heads[] = {0, 256, 5000, 1U << 20};
    struct midge_config c = {.no_sessions = n & 1U};
    c.proxy = (n & 2U) != 0 ? &proxy : NULL;
    c.http = (n & 4U) != 0 ? MIDGE_HTTP_2 : 0;
    c.tls.roots = (n & 8U) != 0 ? table : NULL;
    c.tls.roots_len = (n & 8U) != 0;
    n >>= 4;
    c.max_header = heads[n % 4];
    n /= 4;
    c.max_connections = counts[n % 6];
    n /= 6;
    c.max_handshakes = counts[n % 6];
    n /= 6;
    c.max_awaitables = counts[n % 6];
    n /= 6;
    c.queued_requests = c.request_bytes = counts[n % 6];
    c.max_transfers = counts[n / 6 % 6];
    return c;
}

static void all_settings(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 16 * 4 * 6 * 6 * 6 * 6; n++) {
        const struct midge_config config = numbered(n);
        check(&config);
    }
}

static void roots_are_counted(void **state)
{
    struct midge_config config = {.tls = {.ca = "-----BEGIN CERTIFICATE-----\nMAA=\n"
                                                "-----END CERTIFICATE-----\n"}};
    const size_t without = midge_memory_needed(&config);
    (void)state;
    config.tls.ca_len = strlen(config.tls.ca);
    assert_true(midge_memory_needed(&config) > without);
    check(&config);
}

/* A line that counts nothing is not shown, but at depth 0 it is. */
static void empty_lines(void **state)
{
    struct lines lines = {.n = 0};
    struct midge__ledger ledger = {keep, &lines, 0};
    (void)state;
    midge__ledger_add(&ledger, "a", 0, 8, 0);
    ledger.depth = 1;
    midge__ledger_add(&ledger, "b", 0, 8, 0);
    midge__ledger_add(&ledger, "c", 1, 0, 0);
    midge__ledger_add(&ledger, "d", 2, 3, 1);
    assert_int_equal(lines.n, 2);
    assert_string_equal(lines.line[1].name, "d");
    assert_int_equal(lines.line[1].less, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_settings),
        cmocka_unit_test(roots_are_counted),
        cmocka_unit_test(empty_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
