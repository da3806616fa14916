/* SPDX-License-Identifier: MIT */
/* The log of events: its bytes, the ring, copies while it is written. */
#include "fake_port.h"
#include "midge/event_log.h"

#define CELLS 32U

static uint64_t block[MIDGE_EVENT_LOG_SIZE(2 * CELLS) / 8];
static const struct midge_event_about no_texts;

static struct midge_event_log *log_of(size_t size)
{
    struct fake f;
    fake_init(&f);
    memset(block, 0xaa, sizeof block);
    struct midge_event_log *log = midge_event_log_init(block, size, &f.port);
    fake_deinit(&f);
    return log;
}

static const struct midge_event *cell(unsigned i)
{
    return (const struct midge_event *)(const void *)((const uint8_t *)block + 32) + i;
}

static void add(struct midge_event_log *log, unsigned kind, uint32_t value)
{
    const struct midge_event event = {.kind = (uint8_t)kind, .value = value};
    midge_event_log_add(log, &event, &no_texts);
}

static void sizes(void **state)
{
    (void)state;
    assert_null(log_of(MIDGE_EVENT_LOG_SIZE(CELLS) - 1));
    assert_int_equal(log_of(MIDGE_EVENT_LOG_SIZE(CELLS))->cells, CELLS);
    assert_int_equal(log_of(MIDGE_EVENT_LOG_SIZE(2 * CELLS) - 1)->cells, CELLS);
    struct midge_event_log *log = log_of(sizeof block);
    assert_ptr_equal(log, block);
    assert_int_equal(log->cells, 2 * CELLS);
    assert_memory_equal(log, "MDGL\1\20\0\0", 8);
    assert_int_equal(log->written, 0);
    assert_true(log->wall_s > 0);
}

static void texts(void **state)
{
    static const struct {
        const char *url, *kept;
    } cases[] = {
        {"http://a.test/", "GET http://a.test/"},
        {"http://me:secret@a.test/p?q=secret#secret", "GET http://a.test/p"},
        {"http://a@b:c@a.test?q", "GET http://a.test"},
        {"http://a.test/p@q?r@s", "GET http://a.test/p@q"},
        {"http://a.test#me@b", "GET http://a.test"},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct midge_event_log *log = log_of(sizeof block);
        const struct midge_event event = {.kind = MIDGE_EVENT_START};
        const struct midge_event_about about = {.method = "GET", .url = cases[i].url};
        char text[100] = "";
        midge_event_log_add(log, &event, &about);
        for (unsigned n = 0; n < cell(0)->value; n++) {
            assert_int_equal(cell(1 + n)->kind, MIDGE_EVENT_LOG_TEXT);
            strncat(text, (const char *)cell(1 + n) + 1, MIDGE_EVENT_LOG_BYTES);
        }
        assert_string_equal(text, cases[i].kept);
        assert_int_equal(log->written, 1 + cell(0)->value);
    }
}

/* A long URL is cut; addresses take one cell or two. */
static void longest(void **state)
{
    char url[1000] = "http://a.test/";
    struct midge_event_log *log = log_of(sizeof block);
    struct midge_event event = {.kind = MIDGE_EVENT_REDIRECT, .detail = 1};
    struct midge_event_about about = {.method = "GET", .url = url};
    struct midge_addr address = {.family = 4, .bytes = {10, 0, 0, 1, 5, 6}};
    (void)state;
    memset(url + strlen(url), 'x', sizeof url - 1 - strlen(url));
    midge_event_log_add(log, &event, &about);
    assert_int_equal(cell(0)->value, MIDGE_EVENT_LOG_CELLS);
    assert_int_equal(log->written, 1 + MIDGE_EVENT_LOG_CELLS);
    about = (struct midge_event_about){.address = &address};
    event = (struct midge_event){.kind = MIDGE_EVENT_TRYING, .detail = 4, .value = 80};
    midge_event_log_add(log, &event, &about);
    assert_int_equal(log->written, 3 + MIDGE_EVENT_LOG_CELLS);
    assert_memory_equal((const uint8_t *)cell(log->written - 1), "\377\n\0\0\1\0\0", 7);
    address.family = 6;
    midge_event_log_add(log, &event, &about);
    assert_int_equal(log->written, 6 + MIDGE_EVENT_LOG_CELLS);
}

static void the_oldest_go(void **state)
{
    struct midge_event_log *log = log_of(MIDGE_EVENT_LOG_SIZE(CELLS));
    (void)state;
    for (uint32_t i = 0; i < 3 * CELLS + 5; i++) {
        add(log, MIDGE_EVENT_IDLE, i);
    }
    assert_int_equal(log->written, 3 * CELLS + 5);
    for (uint32_t i = 0; i < CELLS; i++) {
        assert_int_equal(cell(i)->value, i < 5 ? 3 * CELLS + i : 2 * CELLS + i);
    }
    assert_int_equal(cell(CELLS)->kind, 0xaa); /* behind the ring */
    /* After 2^32 cells it is as full as before. */
    log->written = UINT32_MAX;
    add(log, MIDGE_EVENT_IDLE, 1);
    assert_int_equal(cell(CELLS - 1)->value, 1);
    assert_int_equal(log->written, CELLS);
    add(log, MIDGE_EVENT_IDLE, 2);
    assert_int_equal(cell(0)->value, 2);
}

static void copies(void **state)
{
    static uint64_t to[MIDGE_EVENT_LOG_SIZE(CELLS) / 8];
    const struct midge_event_log *copy = (const struct midge_event_log *)(const void *)to;
    struct midge_event_log *log = log_of(MIDGE_EVENT_LOG_SIZE(CELLS));
    (void)state;
    for (uint32_t i = 0; i < CELLS + 5; i++) {
        add(log, MIDGE_EVENT_IDLE, i);
    }
    assert_int_equal(midge_event_log_copy(log, to, sizeof to - 1), 0);
    assert_int_equal(midge_event_log_copy(log, to, sizeof to), sizeof to);
    assert_memory_equal(to, block, sizeof to);
    assert_int_equal(copy->damaged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),         cmocka_unit_test(texts),  cmocka_unit_test(longest),
        cmocka_unit_test(the_oldest_go), cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
