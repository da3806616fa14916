/* SPDX-License-Identifier: MIT */
/*
 * The file store of port/pico-sdk on a NOR flash of RAM: an erase sets bits, programming clears
 * some, a page is programmed once; power fails at each byte of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <midge/err.h>

#include "../../port/pico-sdk/store.c"

enum { AREA = 2 * 4096, FILES = 3, BASE = 4096, SIZE = BASE + 2 * FILES * AREA };
#define FOREVER UINT32_MAX
enum { ERASE_COST = 48 };

/* --- the flash --- */

static uint8_t cells[SIZE];
static uint32_t left; /* bytes that are written before the power fails */
static bool off;
static unsigned erases[SIZE / STORE_SECTOR], mistakes;
static uint32_t stuck_at; /* a bit of this byte stays 1 */
static uint32_t seed;

static uint8_t chance(void)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint8_t)(seed >> 16);
}

/* One unit of work; false: the power has failed, and *torn says whether in this unit. */
static bool spend(bool *torn)
{
    *torn = !off && left == 0;
    off = off || left == 0;
    left -= left != FOREVER && left > 0;
    return !off;
}

static void set_cell(uint32_t at, uint8_t value)
{
    cells[at] = at == stuck_at ? (uint8_t)(value | 1) : value;
}

static bool flash_erase(uint32_t offset)
{
    bool torn;
    mistakes += offset % STORE_SECTOR != 0 || offset < BASE || offset >= SIZE;
    erases[offset / STORE_SECTOR]++;
    for (uint32_t i = 0; i < ERASE_COST; i++) {
        const uint32_t from = offset + i * STORE_SECTOR / ERASE_COST;
        const uint32_t to = offset + (i + 1) * STORE_SECTOR / ERASE_COST;
        if (!spend(&torn)) { /* all cells of a sector rise together: any are half way */
            for (uint32_t at = from; torn && at < offset + STORE_SECTOR; at++) {
                cells[at] |= chance();
            }
            return false;
        }
        memset(cells + from, 0xff, to - from);
    }
    return true;
}

static bool flash_program(uint32_t offset, const uint8_t page[STORE_PAGE])
{
    bool torn;
    mistakes += offset % STORE_PAGE != 0 || offset < BASE || offset >= SIZE;
    for (uint32_t i = 0; i < STORE_PAGE; i++) {
        mistakes += !off && (cells[offset + i] & page[i]) != page[i] && offset + i != stuck_at;
        if (!spend(&torn)) {
            cells[offset + i] &= torn ? page[i] | chance() : 0xff;
            return false;
        }
        set_cell(offset + i, cells[offset + i] & page[i]);
    }
    return true;
}

static void flash_read(uint32_t offset, uint8_t *buf, size_t len)
{
    assert_true(offset >= BASE && offset + len <= SIZE);
    memcpy(buf, cells + offset, len);
}

static const struct store_flash flash = {flash_erase, flash_program, flash_read};
static struct store store;

/* As after a reset. */
static void boot(void)
{
    store = (struct store){.flash = &flash,
                           .place = {.offset = BASE, .area_bytes = AREA, .files = FILES}};
    left = FOREVER;
    off = false;
}

static int blank(void **state)
{
    (void)state;
    memset(cells, 0xff, sizeof cells);
    memset(erases, 0, sizeof erases);
    mistakes = 0;
    stuck_at = FOREVER;
    seed = 1;
    boot();
    return 0;
}

/* --- files --- */

static uint8_t content_byte(unsigned version, uint32_t at)
{
    return (uint8_t)(at * 31 + version * 7 + (at >> 8));
}

/* Replaces a file by `size` bytes of a version, in pieces. */
static int replace(const char *name, unsigned version, uint32_t size, int *native)
{
    uint8_t piece[100];
    midge_file file;
    int err = store_open(&store, name, MIDGE_FILE_REPLACE, &file, native);
    if (err != MIDGE_OK) {
        return err;
    }
    for (uint32_t at = 0; at < size && err == MIDGE_OK;) {
        const uint32_t n = size - at < sizeof piece ? size - at : (uint32_t)sizeof piece;
        for (uint32_t i = 0; i < n; i++) {
            piece[i] = content_byte(version, at + i);
        }
        err = store_write(&store, file, piece, n, native);
        at += n;
    }
    if (err != MIDGE_OK) {
        (void)store_finish(&store, file, 0, NULL);
        return err;
    }
    return store_finish(&store, file, 1, native);
}

/* Does the file hold this version, whole? */
static bool holds(const char *name, unsigned version, uint32_t size)
{
    uint8_t piece[77];
    midge_file file;
    int native;
    uint64_t told;
    uint32_t at = 0;
    bool same = true;
    size_t n;
    if (store_open(&store, name, MIDGE_FILE_READ, &file, &native) != MIDGE_OK) {
        return false;
    }
    assert_int_equal(store_size(file, &told), MIDGE_OK);
    while (store_read(&store, file, piece, sizeof piece, &n, &native) == MIDGE_OK) {
        for (size_t i = 0; i < n; i++, at++) {
            same = same && piece[i] == content_byte(version, at);
        }
    }
    assert_int_equal(told, at);
    assert_int_equal(store_finish(&store, file, 0, &native), MIDGE_OK);
    return same && at == size;
}

static void test_replaced_and_read(void **state)
{
    static const uint32_t sizes[] = {0, 1, 255, 256, 257, 3839, 3840, 3841, AREA - STORE_PAGE};
    int native;
    (void)state;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(replace("a", i, sizes[i], &native), MIDGE_OK);
        assert_int_equal(native, 0);
        assert_true(holds("a", i, sizes[i]));
        boot();
        assert_true(holds("a", i, sizes[i]));
    }
    assert_int_equal(mistakes, 0);
}

static void test_both_areas_wear_alike(void **state)
{
    int native;
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(replace("a", i, 10, &native), MIDGE_OK);
    }
    assert_int_equal(erases[BASE / STORE_SECTOR], 50);
    assert_int_equal(erases[(BASE + AREA) / STORE_SECTOR], 50);
    assert_int_equal(erases[(BASE + STORE_SECTOR) / STORE_SECTOR], 0); /* never written */
}

static void test_sequence_numbers_wrap(void **state)
{
    int native;
    (void)state;
    assert_int_equal(replace("a", 0, 10, &native), MIDGE_OK);
    /* As if it were the last number: the header anew. */
    struct midge_open_file file = {.area = BASE, .sequence = UINT32_MAX, .size = 10, .name = "a"};
    for (uint32_t i = 0; i < 10; i++) {
        const uint8_t byte = content_byte(0, i);
        file.crc = crc32(file.crc, &byte, 1);
    }
    memset(cells + BASE, 0xff, STORE_PAGE);
    assert_true(put_header(&store, &file));
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(replace("a", i, 10, &native), MIDGE_OK);
        assert_true(holds("a", i, 10));
    }
}

/* Power fails after each number of bytes; the file is the old or the new one, and then still works.
 */
static void cut_everywhere(uint32_t old_size, uint32_t new_size, uint32_t step)
{
    static uint8_t before[SIZE];
    bool done = false;
    int native;
    assert_int_equal(replace("b", 9, 20, &native), MIDGE_OK);
    assert_int_equal(replace("a", 1, old_size, &native), MIDGE_OK);
    memcpy(before, cells, sizeof cells);
    for (uint32_t cut = 0; !done; cut += step) {
        memcpy(cells, before, sizeof cells);
        seed = cut + 1;
        left = cut;
        const int err = replace("a", 2, new_size, &native);
        done = !off;
        boot();
        const bool is_new = holds("a", 2, new_size);
        assert_true(is_new || (err != MIDGE_OK && holds("a", 1, old_size)));
        assert_true(holds("b", 9, 20));
        assert_int_equal(replace("a", 3, new_size, &native), MIDGE_OK);
        assert_true(holds("a", 3, new_size));
    }
    assert_int_equal(mistakes, 0);
}

static void test_power_fails_at_each_byte(void **state)
{
    (void)state;
    cut_everywhere(300, 600, 1);
}

static void test_power_fails_in_the_second_sector(void **state)
{
    (void)state;
    cut_everywhere(4100, 4200, 13);
}

/* The first content of a name: there is nothing to fall back to. */
static void test_power_fails_in_a_new_file(void **state)
{
    bool done = false;
    int native;
    for (uint32_t cut = 0; !done; cut++) {
        blank(state);
        seed = cut + 1;
        left = cut;
        const int err = replace("a", 1, 100, &native);
        done = !off;
        boot();
        assert_true(holds("a", 1, 100) || err != MIDGE_OK);
        assert_int_equal(replace("a", 2, 100, &native), MIDGE_OK);
        assert_true(holds("a", 2, 100));
        assert_int_equal(replace("b", 3, 100, &native), MIDGE_OK);
        assert_int_equal(replace("c", 4, 100, &native), MIDGE_OK);
    }
    assert_int_equal(mistakes, 0);
}

/* Cut after cut: always one of what was committed last and what was tried since. */
static void test_power_fails_again_and_again(void **state)
{
    unsigned good = 0, rounds = 0;
    int native;
    (void)state;
    assert_int_equal(replace("a", 0, 500, &native), MIDGE_OK);
    for (unsigned version = 1; version < 400; version++) {
        left = (uint32_t)(chance() << 2 | (chance() & 3));
        const int err = replace("a", version, 500, &native);
        boot();
        if (holds("a", version, 500)) {
            good = version;
        } else {
            assert_int_not_equal(err, MIDGE_OK);
            assert_true(holds("a", good, 500));
            rounds++;
        }
    }
    assert_true(rounds > 100 && good > 0);
    assert_int_equal(mistakes, 0);
}

static void test_discarded(void **state)
{
    midge_file file;
    int native;
    (void)state;
    assert_int_equal(replace("a", 1, 10, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_REPLACE, &file, &native), MIDGE_OK);
    assert_int_equal(store_write(&store, file, (const uint8_t *)"x", 1, &native), MIDGE_OK);
    assert_int_equal(store_finish(&store, file, 0, &native), MIDGE_OK);
    assert_true(holds("a", 1, 10));
}

static void test_no_room(void **state)
{
    char name[STORE_NAME_BYTES + 1];
    midge_file file, files[MIDGE_PICO_OPEN_FILES];
    int native;
    (void)state;
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_READ, &file, &native), MIDGE_ERR_READ);
    assert_int_equal(native, 2);
    assert_int_equal(replace("a", 1, AREA - STORE_PAGE + 1, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, 28);
    for (unsigned i = 0; i < FILES; i++) {
        assert_int_equal(replace((const char *[]){"a", "b", "c"}[i], i, 10, &native), MIDGE_OK);
    }
    assert_int_equal(replace("d", 1, 10, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, 28);
    memset(name, 'n', sizeof name);
    name[STORE_NAME_BYTES] = '\0';
    assert_int_equal(replace(name, 1, 10, &native), MIDGE_ERR_WRITE);
    assert_int_equal(replace("", 1, 10, &native), MIDGE_ERR_WRITE);
    for (unsigned i = 0; i < MIDGE_PICO_OPEN_FILES; i++) {
        assert_int_equal(store_open(&store, "a", MIDGE_FILE_READ, &files[i], &native), MIDGE_OK);
    }
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_READ, &file, &native), MIDGE_ERR_NO_MEMORY);
}

/* A reader keeps its content, and nothing erases it; a second writer of a name is refused. */
static void test_readers_and_writers(void **state)
{
    midge_file reader, writer, other;
    uint8_t byte;
    size_t n;
    int native;
    (void)state;
    assert_int_equal(replace("a", 1, 10, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_READ, &reader, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_REPLACE, &writer, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_REPLACE, &other, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, 16);
    assert_int_equal(store_finish(&store, writer, 1, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_REPLACE, &other, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, 16); /* its area is being read */
    assert_int_equal(store_seek(reader, 3), MIDGE_OK);
    assert_int_equal(store_read(&store, reader, &byte, 1, &n, &native), MIDGE_OK);
    assert_int_equal(byte, content_byte(1, 3));
    assert_int_equal(store_seek(reader, UINT64_MAX), MIDGE_OK);
    assert_int_equal(store_read(&store, reader, &byte, 1, &n, &native), MIDGE_ERR_EOF);
    assert_int_equal(store_finish(&store, reader, 0, &native), MIDGE_OK);
    assert_int_equal(replace("a", 2, 10, &native), MIDGE_OK);
}

/* Two new names at once do not take the same place. */
static void test_two_new_files(void **state)
{
    midge_file a, b;
    int native;
    (void)state;
    assert_int_equal(store_open(&store, "a", MIDGE_FILE_REPLACE, &a, &native), MIDGE_OK);
    assert_int_equal(store_open(&store, "b", MIDGE_FILE_REPLACE, &b, &native), MIDGE_OK);
    assert_int_equal(store_finish(&store, a, 1, &native), MIDGE_OK);
    assert_int_equal(store_finish(&store, b, 1, &native), MIDGE_OK);
    assert_true(holds("a", 0, 0));
    assert_true(holds("b", 0, 0));
}

/* A worn cell: the failure is told, and the old content stays. */
static void test_worn_cells(void **state)
{
    static const uint32_t worn[] = {0, 20, 64, STORE_PAGE + 4, STORE_PAGE + 299};
    int native;
    for (unsigned i = 0; i < sizeof worn / sizeof worn[0]; i++) {
        blank(state);
        assert_int_equal(replace("a", 1, 300, &native), MIDGE_OK);
        stuck_at = BASE + AREA + worn[i];
        cells[stuck_at] |= 1;
        const int err = replace("a", 2, 300, &native);
        if (err != MIDGE_OK) {
            assert_int_equal(native, 5);
            assert_true(holds("a", 1, 300));
        } else {
            assert_true(holds("a", 2, 300)); /* that bit was a 1 */
        }
    }
    assert_int_equal(mistakes, 0);
}

/* A bit of the newest content is lost later: the one before is there. */
static void test_a_lost_bit(void **state)
{
    int native;
    (void)state;
    assert_int_equal(replace("a", 1, 300, &native), MIDGE_OK);
    assert_int_equal(replace("a", 2, 300, &native), MIDGE_OK);
    cells[BASE + AREA + STORE_PAGE + 150] ^= 0x10;
    assert_true(holds("a", 1, 300));
    assert_int_equal(replace("a", 3, 300, &native), MIDGE_OK);
    assert_true(holds("a", 3, 300));
    cells[BASE + AREA + STORE_PAGE + 150] ^= 0x10;
    cells[BASE + 60] ^= 1; /* and the header's */
    assert_false(holds("a", 1, 300));
}

/* Other data in the region is no file; a header that lies is none either. */
static void test_hostile_flash(void **state)
{
    struct midge_open_file file = {.area = BASE, .name = "a", .size = UINT32_MAX};
    int native;
    for (unsigned round = 0; round < 50; round++) {
        for (uint32_t at = BASE; at < SIZE; at++) {
            cells[at] = chance();
        }
        assert_false(holds("a", 0, 0));
        assert_int_equal(replace("a", round, 700, &native), MIDGE_OK);
        assert_true(holds("a", round, 700));
        boot();
    }
    blank(state);
    assert_true(put_header(&store, &file)); /* longer than its area */
    assert_false(holds("a", 0, 0));
    blank(state);
    file.size = 10;
    memset(file.name, 'x', sizeof file.name); /* a name without an end */
    assert_true(put_header(&store, &file));
    assert_int_equal(replace("b", 1, 10, &native), MIDGE_OK);
    assert_int_equal(store.open[0].slot, 0); /* that place counts as free */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_replaced_and_read, blank),
        cmocka_unit_test_setup(test_both_areas_wear_alike, blank),
        cmocka_unit_test_setup(test_sequence_numbers_wrap, blank),
        cmocka_unit_test_setup(test_power_fails_at_each_byte, blank),
        cmocka_unit_test_setup(test_power_fails_in_the_second_sector, blank),
        cmocka_unit_test_setup(test_power_fails_in_a_new_file, blank),
        cmocka_unit_test_setup(test_power_fails_again_and_again, blank),
        cmocka_unit_test_setup(test_discarded, blank),
        cmocka_unit_test_setup(test_no_room, blank),
        cmocka_unit_test_setup(test_readers_and_writers, blank),
        cmocka_unit_test_setup(test_two_new_files, blank),
        cmocka_unit_test_setup(test_worn_cells, blank),
        cmocka_unit_test_setup(test_a_lost_bit, blank),
        cmocka_unit_test_setup(test_hostile_flash, blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
