/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* fork, to see an assertion fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/check.h"
#include "base/memory.h"
#include "midge/err.h"

#define UNIT       MIDGE__MEMORY_UNIT
#define BLOCK_SIZE ((size_t)96 * 1024)
#define OWNERS     8U
#define IN_SIZE    ((size_t)4429) /* no multiple of the alignment, as mbedTLS's are not */
#define OUT_SIZE   ((size_t)2400)

static struct midge__memory mem;
static unsigned char *block; /* on the heap, of the exact size: outside writes are noticed */

static int setup(void **state)
{
    (void)state;
    block = malloc(BLOCK_SIZE + 1);
    assert_non_null(block);
    memset(block, 0xa5, BLOCK_SIZE + 1);
    /* Off by one on purpose: the block's alignment is not the caller's to care for. */
    assert_int_equal(midge__memory_init(&mem, block + 1, BLOCK_SIZE, OWNERS), MIDGE_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    midge__memory_deinit(&mem);
    free(block);
    return 0;
}

static void assert_all_free(void)
{
    assert_int_equal(midge__memory_verify(&mem), 1);
    assert_int_equal(midge__memory_live(&mem), 0);
    assert_int_equal(midge__memory_largest_free(&mem), midge__memory_free_bytes(&mem) - UNIT);
    for (unsigned owner = 0; owner < OWNERS; owner++) {
        assert_int_equal(midge__memory_owner_live(&mem, owner), 0);
    }
}

/* ---- Set up ---- */

static void init_refuses_bad_arguments(void **state)
{
    (void)state;
    static unsigned char small[4096];
    struct midge__memory m;
    assert_int_equal(midge__memory_init(&m, NULL, 4096, 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge__memory_init(&m, small, 4096, 0), MIDGE_ERR_INVALID);
    assert_int_equal(midge__memory_init(&m, small, 4096, MIDGE__OWNERS_MAX + 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge__memory_init(&m, small, SIZE_MAX, 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge__memory_init(&m, small, UNIT << MIDGE__REGION_SIZE_BITS, 1),
                     MIDGE_ERR_INVALID);
}

static void every_block_size_works_or_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < 1200; size++) {
        struct midge__memory m;
        unsigned char *p = malloc(size + 1);
        assert_non_null(p);
        int err = midge__memory_init(&m, p, size, 3);
        if (size >= MIDGE__MEMORY_FIXED_COST(3)) {
            assert_int_equal(err, MIDGE_OK);
        }
        if (err == MIDGE_OK) {
            size_t largest = midge__memory_largest_free(&m);
            void *all = midge__memory_alloc(&m, 0, largest);
            assert_non_null(all);
            memset(all, 0x11, largest);
            assert_int_equal(midge__memory_largest_free(&m), 0);
            assert_null(midge__memory_alloc(&m, 0, 1));
            midge__memory_verify(&m);
            midge__memory_free(&m, all);
            assert_int_equal(midge__memory_verify(&m), 1);
            midge__memory_deinit(&m);
        } else {
            assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
        }
        free(p);
    }
}

static void fixed_cost_is_an_upper_bound(void **state)
{
    (void)state;
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 3), MIDGE_OK);
    size_t held = midge__memory_stats_get(&mem)->size;
    assert_true(BLOCK_SIZE - held <= MIDGE__MEMORY_FIXED_COST(OWNERS));
}

/* ---- Small blocks ---- */

static void cost_is_what_is_taken(void **state)
{
    (void)state;
    for (size_t n = 0; n < 600; n++) {
        size_t before = midge__memory_free_bytes(&mem);
        void *p = midge__memory_alloc(&mem, 1, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % UNIT, 0);
        assert_int_equal(before - midge__memory_free_bytes(&mem), MIDGE__MEMORY_COST(n));
        assert_int_equal(midge__memory_owner_live(&mem, 1), MIDGE__MEMORY_COST(n));
        midge__memory_free(&mem, p);
    }
    assert_all_free();
}

static void largest_free_is_exact(void **state)
{
    (void)state;
    /* Holes of many sizes, kept apart by small blocks. */
    void *holes[40], *walls[40];
    for (size_t i = 0; i < 40; i++) {
        holes[i] = midge__memory_alloc(&mem, 0, 40 + i * 37);
        walls[i] = midge__memory_alloc(&mem, 0, 1);
    }
    void *rest = midge__memory_alloc(&mem, 0, midge__memory_largest_free(&mem));
    assert_non_null(rest);
    for (size_t i = 0; i < 40; i++) {
        midge__memory_free(&mem, holes[(i * 7) % 40]);
    }
    /* Whatever is largest can be had, and not a byte more. */
    size_t largest;
    while ((largest = midge__memory_largest_free(&mem)) != 0) {
        assert_null(midge__memory_alloc(&mem, 2, largest + 1));
        assert_non_null(midge__memory_alloc(&mem, 2, largest));
        midge__memory_verify(&mem);
    }
    midge__memory_sweep(&mem, 2);
    midge__memory_free(&mem, rest);
    for (size_t i = 0; i < 40; i++) {
        midge__memory_free(&mem, walls[i]);
    }
    assert_all_free();
}

static void a_fit_deep_in_its_class_is_found(void **state)
{
    (void)state;
    /* All holes are in one list; the only one that fits was freed first. */
    void *holes[20];
    for (size_t i = 0; i < 20; i++) {
        holes[i] = midge__memory_alloc(&mem, 2, (i == 0 ? 77 : 65) * UNIT);
        assert_non_null(midge__memory_alloc(&mem, 1, 1));
    }
    assert_non_null(midge__memory_alloc(&mem, 1, midge__memory_largest_free(&mem)));
    for (size_t i = 0; i < 20; i++) {
        midge__memory_free(&mem, holes[i]);
    }
    assert_ptr_equal(midge__memory_alloc(&mem, 1, 70 * UNIT), holes[0]);
    midge__memory_sweep(&mem, 1);
    assert_all_free();
}

static void the_best_fit_is_taken(void **state)
{
    (void)state;
    static const size_t units[] = {90, 70, 80};
    void *holes[3];
    for (size_t i = 0; i < 3; i++) {
        holes[i] = midge__memory_alloc(&mem, 2, units[i] * UNIT);
        assert_non_null(midge__memory_alloc(&mem, 1, 1));
    }
    for (size_t i = 0; i < 3; i++) {
        midge__memory_free(&mem, holes[i]);
    }
    assert_ptr_equal(midge__memory_alloc(&mem, 1, 69 * UNIT), holes[1]);
    assert_ptr_equal(midge__memory_alloc(&mem, 1, 69 * UNIT), holes[2]);
    midge__memory_sweep(&mem, 1);
    assert_all_free();
}

static void neighbours_join_in_any_order(void **state)
{
    (void)state;
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 6; i++) {
        void *p[3];
        for (size_t k = 0; k < 3; k++) {
            p[k] = midge__memory_alloc(&mem, 0, 100);
        }
        for (size_t k = 0; k < 3; k++) {
            midge__memory_free(&mem, p[orders[i][k]]);
            midge__memory_verify(&mem);
        }
        assert_all_free();
    }
}

/* ---- Quick lists ---- */

static void a_small_size_is_served_again(void **state)
{
    (void)state;
    void *first = midge__memory_alloc(&mem, 1, 32);
    void *other = midge__memory_alloc(&mem, 1, 32 + UNIT);
    void *wall = midge__memory_alloc(&mem, 1, 1);
    midge__memory_free(&mem, first);
    midge__memory_free(&mem, other);
    assert_int_equal(midge__memory_owner_live(&mem, 1), MIDGE__MEMORY_COST(1));
    assert_ptr_equal(midge__memory_alloc(&mem, 2, 32 + UNIT), other);
    assert_ptr_equal(midge__memory_calloc(&mem, 3, 1, 32), first);
    assert_int_equal(midge__memory_owner_live(&mem, 2), MIDGE__MEMORY_COST(32 + UNIT));
    assert_int_equal(midge__memory_owner_live(&mem, 3), MIDGE__MEMORY_COST(32));
    midge__memory_sweep(&mem, 2);
    midge__memory_sweep(&mem, 3);
    midge__memory_free(&mem, wall);
    assert_all_free();
}

/* Two neighbours stay apart up to the largest size of a quick list; larger ones join. */
static void the_largest_quick_size(void **state)
{
    enum { LARGEST = (MIDGE__REGION_QUICK - 1) * MIDGE__REGION_UNIT };
    (void)state;
    for (size_t size = LARGEST; size <= LARGEST + 1; size++) {
        void *low = midge__memory_alloc(&mem, 1, size);
        void *high = midge__memory_alloc(&mem, 1, size);
        void *wall = midge__memory_alloc(&mem, 1, 1);
        midge__memory_free(&mem, low);
        midge__memory_free(&mem, high);
        void *again = midge__memory_alloc(&mem, 1, size);
        assert_ptr_equal(again, size == LARGEST ? high : low);
        midge__memory_free(&mem, again);
        midge__memory_free(&mem, wall);
    }
}

/* Fills the block with small blocks and frees them, the lowest last; the highest one's address. */
static void *free_many_small(void)
{
    void *p[4096], *last = NULL;
    size_t n = 0;
    while (n < 4096 && (p[n] = midge__memory_alloc(&mem, 1, 32)) != NULL) {
        n++;
    }
    assert_true(n > 1000 && n < 4096);
    while (n-- > 0) {
        last = (uintptr_t)p[n] > (uintptr_t)last ? p[n] : last;
        midge__memory_free(&mem, p[n]);
    }
    return last;
}

static void quick_blocks_join_for_what_is_larger(void **state)
{
    (void)state;
    size_t most = midge__memory_largest_free(&mem);
    (void)free_many_small();
    void *all = midge__memory_alloc(&mem, 2, most);
    assert_non_null(all);
    midge__memory_free(&mem, all);
    (void)free_many_small();
    assert_int_equal(midge__memory_largest_free(&mem), most);
    assert_all_free();
}

static void the_client_takes_no_quick_block(void **state)
{
    (void)state;
    void *last = free_many_small();
    unsigned char *p = midge__memory_alloc(&mem, 0, 32);
    assert_true(p >= (unsigned char *)last);
    midge__memory_free(&mem, p);
    assert_ptr_equal(midge__memory_alloc(&mem, 0, 32), p);
    midge__memory_free(&mem, p);
    assert_all_free();
}

/* ---- What is zeroed, what shrinks ---- */

static void calloc_checks_overflow_and_zeroes(void **state)
{
    (void)state;
    assert_null(midge__memory_calloc(&mem, 0, SIZE_MAX / 2, 3));
    assert_null(midge__memory_calloc(&mem, 0, SIZE_MAX, 1));
    assert_null(midge__memory_calloc(&mem, 0, SIZE_MAX / 2 + 1, 2)); /* wraps to 0 */
    assert_int_equal(midge__memory_stats_get(&mem)->failures, 3);
    unsigned char *p = midge__memory_alloc(&mem, 0, 333);
    memset(p, 0xff, 333);
    midge__memory_free(&mem, p);
    p = midge__memory_calloc(&mem, 0, 111, 3);
    assert_non_null(p);
    for (size_t i = 0; i < 333; i++) {
        assert_int_equal(p[i], 0);
    }
    midge__memory_free(&mem, p);
    void *none = midge__memory_calloc(&mem, 0, 0, 8);
    assert_non_null(none);
    midge__memory_free(&mem, none);
    midge__memory_free(&mem, NULL);
    assert_all_free();
}

static void what_shrinks_stays_in_place(void **state)
{
    (void)state;
    unsigned char *p = midge__memory_alloc(&mem, 3, 2000);
    void *wall = midge__memory_alloc(&mem, 1, 1);
    size_t free_bytes = midge__memory_free_bytes(&mem);
    memset(p, 0x3c, 2000);
    assert_ptr_equal(midge__memory_shrink(&mem, p, 2000), p);
    assert_ptr_equal(midge__memory_shrink(&mem, p, 50), p);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(p[i], 0x3c);
    }
    assert_int_equal(midge__memory_owner_live(&mem, 3), MIDGE__MEMORY_COST(50));
    assert_int_equal(midge__memory_owner_peak(&mem, 3), MIDGE__MEMORY_COST(2000));
    assert_int_equal(midge__memory_free_bytes(&mem) - free_bytes,
                     MIDGE__MEMORY_COST(2000) - MIDGE__MEMORY_COST(50));
    assert_int_equal(midge__memory_verify(&mem), 2);
    assert_ptr_equal(midge__memory_shrink(&mem, p, 0), p);
    assert_int_equal(midge__memory_owner_live(&mem, 3), MIDGE__MEMORY_COST(0));
    midge__memory_free(&mem, p);
    midge__memory_free(&mem, wall);
    assert_all_free();
}

/* What the client keeps stands above what connections take, which leave one piece at their end. */
static void the_client_allocates_from_above(void **state)
{
    (void)state;
    void *kept[20];
    size_t most = midge__memory_largest_free(&mem);
    for (size_t i = 0; i < 20; i++) {
        kept[i] = midge__memory_alloc(&mem, 0, 100);
        assert_non_null(midge__memory_alloc(&mem, 1 + i % 2, 300));
    }
    midge__memory_verify(&mem);
    midge__memory_sweep(&mem, 1);
    midge__memory_sweep(&mem, 2);
    assert_int_equal(midge__memory_largest_free(&mem), most - 20 * MIDGE__MEMORY_COST(100));
    for (size_t i = 0; i < 20; i++) {
        midge__memory_free(&mem, kept[i]);
    }
    assert_all_free();
}

/* What it gives back of one lies below: requests that wait leave no holes between them. */
static void the_client_gives_back_below(void **state)
{
    (void)state;
    unsigned char *kept[20];
    size_t most = midge__memory_largest_free(&mem);
    for (size_t i = 0; i < 20; i++) {
        size_t n = 1 + i * 7;
        kept[i] = midge__memory_alloc(&mem, 0, 500);
        for (size_t k = 0; k < 500; k++) {
            kept[i][k] = (unsigned char)(i + k);
        }
        kept[i] = midge__memory_shrink(&mem, kept[i], n);
        assert_int_equal((uintptr_t)kept[i] % MIDGE__MEMORY_UNIT, 0);
        midge__memory_verify(&mem);
        most -= MIDGE__MEMORY_COST(n);
        assert_int_equal(midge__memory_largest_free(&mem), most);
    }
    for (size_t i = 0; i < 20; i++) {
        for (size_t k = 0; k < 1 + i * 7; k++) {
            assert_int_equal(kept[i][k], (unsigned char)(i + k));
        }
        assert_ptr_equal(midge__memory_shrink(&mem, kept[i], 1 + i * 7), kept[i]);
        midge__memory_free(&mem, kept[i]);
    }
    assert_all_free();
}

/* ---- Owners ---- */

/* A single byte may be part of an address in the allocator's lists. */
static bool block_has_run_of(unsigned char value)
{
    size_t run = 0;
    for (size_t i = 0; i <= BLOCK_SIZE; i++) {
        run = block[i] == value ? run + 1 : 0;
        if (run == 8) {
            return true;
        }
    }
    return false;
}

/* What is reserved stays free of the client's blocks, and in one piece when connections end. */
static void the_client_leaves_what_is_reserved(void **state)
{
    (void)state;
    size_t all = midge__memory_free_bytes(&mem), reserved = all / 2;
    void *low = midge__memory_alloc(&mem, 1, 100), *kept[512];
    unsigned n = 0;
    midge__memory_reserve(&mem, reserved);
    while ((kept[n] = midge__memory_alloc(&mem, 0, 100 + n % 7 * 40)) != NULL) {
        assert_true((size_t)((unsigned char *)kept[n] - mem.small.begin) > reserved);
        assert_true(++n < 512);
    }
    while (n < 500 && (kept[n] = midge__memory_alloc(&mem, 0, 1)) != NULL) {
        n++;
    }
    midge__memory_verify(&mem);
    midge__memory_free(&mem, low);
    assert_true(midge__memory_largest_free(&mem) >= reserved - UNIT);
    assert_null(midge__memory_alloc(&mem, 0, 1000));
    void *p = midge__memory_alloc(&mem, 1, 1000);
    assert_ptr_equal(p, mem.small.begin + UNIT);
    midge__memory_free(&mem, p);
    midge__memory_yield(&mem, true);
    p = midge__memory_alloc(&mem, 0, 1000);
    assert_non_null(p);
    midge__memory_yield(&mem, false);
    assert_null(midge__memory_alloc(&mem, 0, 1000));
    midge__memory_free(&mem, p);
    while (n > 0) {
        midge__memory_free(&mem, kept[--n]);
    }
    midge__memory_reserve(&mem, 0);
    assert_all_free();
}

/* The sum of promises follows each allocation; record slots are not part of it. */
static void promises_shrink_as_they_are_taken(void **state)
{
    (void)state;
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 1), MIDGE_OK);
    size_t all = midge__memory_free_bytes(&mem);
    midge__memory_promise(&mem, 1, 1000);
    midge__memory_promise(&mem, 2, 500);
    assert_int_equal(midge__memory_unpromised(&mem), all - 1500);
    void *a = midge__memory_alloc(&mem, 1, 400);
    void *slot = midge__memory_calloc(&mem, 1, 1, IN_SIZE);
    assert_non_null(a);
    assert_non_null(slot);
    assert_int_equal(midge__memory_unpromised(&mem), all - 1500);
    assert_int_equal(midge__memory_owner_share(&mem, 1), 1000);
    void *b = midge__memory_alloc(&mem, 1, 2000);
    assert_non_null(b);
    size_t taken = MIDGE__MEMORY_COST(400) + MIDGE__MEMORY_COST(2000);
    assert_int_equal(midge__memory_owner_share(&mem, 1), taken);
    assert_int_equal(midge__memory_unpromised(&mem), all - taken - 500);
    midge__memory_verify(&mem);
    midge__memory_free(&mem, b);
    midge__memory_free(&mem, slot);
    assert_int_equal(midge__memory_unpromised(&mem), all - 1500);
    midge__memory_promise(&mem, 1, 100);
    assert_int_equal(midge__memory_unpromised(&mem), all - MIDGE__MEMORY_COST(400) - 500);
    midge__memory_sweep(&mem, 1);
    midge__memory_promise(&mem, 1, 2 * BLOCK_SIZE);
    assert_int_equal(midge__memory_unpromised(&mem), 0);
    midge__memory_promise(&mem, 1, 0);
    midge__memory_promise(&mem, 2, 0);
    assert_int_equal(midge__memory_unpromised(&mem), all);
}

static void sweep_frees_and_zeroes_one_owner(void **state)
{
    (void)state;
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 2), MIDGE_OK);
    unsigned char *kept[20], *swept[20];
    for (size_t i = 0; i < 20; i++) {
        kept[i] = midge__memory_alloc(&mem, 1, 50);
        swept[i] = midge__memory_alloc(&mem, 2, 64);
        memset(kept[i], 0x77, 50);
        memset(swept[i], 0x99, 64);
    }
    unsigned char *in = midge__memory_calloc(&mem, 2, 1, IN_SIZE);
    memset(in, 0x99, IN_SIZE);
    size_t live = midge__memory_owner_live(&mem, 2);
    assert_true(live >= 20 * 64 + IN_SIZE);
    assert_int_equal(midge__memory_owner_slots(&mem, 2), MIDGE__MEMORY_COST(IN_SIZE));
    assert_int_equal(midge__memory_owner_slots(&mem, 1), 0);
    assert_int_equal(midge__memory_sweep(&mem, 2), live);
    assert_int_equal(midge__memory_owner_slots(&mem, 2), 0);
    assert_int_equal(midge__memory_sweep(&mem, 2), 0);
    assert_int_equal(midge__memory_owner_live(&mem, 2), 0);
    assert_int_equal(midge__memory_owner_peak(&mem, 2), live);
    midge__memory_owner_reset(&mem, 2);
    assert_int_equal(midge__memory_owner_peak(&mem, 2), 0);
    assert_int_equal(midge__memory_free_slots(&mem), 2);
    midge__memory_verify(&mem);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(kept[i][0], 0x77);
        assert_int_equal(kept[i][49], 0x77);
    }
    assert_true(midge__memory_sweep(&mem, 1) > 0);
    midge__memory_deinit(&mem);
    assert_false(block_has_run_of(0x99));
    assert_false(block_has_run_of(0x77));
    assert_int_equal(midge__memory_init(&mem, block, BLOCK_SIZE, OWNERS), MIDGE_OK);
}

/* ---- Record slots ---- */

static void slots_serve_their_exact_sizes(void **state)
{
    (void)state;
    size_t before = midge__memory_free_bytes(&mem);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 3), MIDGE_OK);
    assert_int_equal(midge__memory_free_slots(&mem), 3);
    size_t small = midge__memory_free_bytes(&mem);
    size_t each = MIDGE__MEMORY_COST(IN_SIZE) + MIDGE__MEMORY_COST(OUT_SIZE);
    assert_int_equal(before - small, 3 * each);
    unsigned char *in[3], *out[3];
    for (size_t i = 0; i < 3; i++) {
        in[i] = midge__memory_calloc(&mem, 1, 1, IN_SIZE);
        assert_int_equal(midge__memory_free_slots(&mem), 2 - i);
        out[i] = midge__memory_calloc(&mem, 2, OUT_SIZE, 1);
        assert_non_null(in[i]);
        assert_non_null(out[i]);
        assert_int_equal((uintptr_t)in[i] % UNIT, 0);
        assert_int_equal((uintptr_t)out[i] % UNIT, 0);
        assert_true(midge__memory_owns(&mem, in[i]) && midge__memory_owns(&mem, out[i]));
        memset(in[i], 0xee, IN_SIZE);
        memset(out[i], 0xdd, OUT_SIZE);
    }
    assert_int_equal(midge__memory_free_bytes(&mem), small);
    assert_true(midge__memory_owner_live(&mem, 1) >= 3 * IN_SIZE);
    assert_null(midge__memory_calloc(&mem, 1, 1, IN_SIZE));
    assert_true(midge__memory_failed(&mem));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(in[i][IN_SIZE - 1], 0xee);
        assert_int_equal(out[i][0], 0xdd);
        midge__memory_free(&mem, in[i]);
        midge__memory_free(&mem, out[i]);
    }
    unsigned char *again = midge__memory_calloc(&mem, 1, 1, IN_SIZE);
    assert_int_equal(again[0], 0);
    assert_int_equal(again[IN_SIZE - 1], 0);
    midge__memory_free(&mem, again);
    assert_all_free();
}

static void equal_slot_sizes_share_one_class(void **state)
{
    (void)state;
    assert_int_equal(midge__memory_slots(&mem, 1024, 1024, 2), MIDGE_OK);
    assert_int_equal(midge__memory_free_slots(&mem), 2);
    void *p[4];
    for (size_t i = 0; i < 4; i++) {
        p[i] = midge__memory_calloc(&mem, 1, 1, 1024);
        assert_non_null(p[i]);
        assert_int_equal(midge__memory_free_slots(&mem), (3 - i) / 2);
    }
    assert_null(midge__memory_calloc(&mem, 1, 1, 1024));
    midge__memory_sweep(&mem, 1);
    assert_int_equal(midge__memory_free_slots(&mem), 2);
}

static void as_many_slots_as_fit(void **state)
{
    (void)state;
    const size_t pair = MIDGE__MEMORY_COST(IN_SIZE) + MIDGE__MEMORY_COST(OUT_SIZE);
    const unsigned most = (unsigned)((midge__memory_free_bytes(&mem) - 2 * UNIT) / pair);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, most + 1), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, most), MIDGE_OK);
    assert_true(midge__memory_free_bytes(&mem) < pair + 2 * UNIT);
}

static void slots_that_do_not_fit_change_nothing(void **state)
{
    (void)state;
    size_t before = midge__memory_free_bytes(&mem);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 1000), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(midge__memory_slots(&mem, SIZE_MAX, OUT_SIZE, 1), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(midge__memory_slots(&mem, 64, 64, UINT32_MAX), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(midge__memory_slots(&mem, 0, OUT_SIZE, 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 0), MIDGE_OK);
    assert_int_equal(midge__memory_free_bytes(&mem), before);
    void *early = midge__memory_alloc(&mem, 0, 1);
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 1), MIDGE_ERR_INVALID);
    midge__memory_free(&mem, early);
    assert_all_free();
}

static void a_slot_does_not_shrink(void **state)
{
    (void)state;
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 1), MIDGE_OK);
    unsigned char *p = midge__memory_calloc(&mem, 4, 1, OUT_SIZE);
    memset(p, 0x42, OUT_SIZE);
    assert_ptr_equal(midge__memory_shrink(&mem, p, 10), p);
    assert_int_equal(p[OUT_SIZE - 1], 0x42);
    assert_int_equal(midge__memory_owner_live(&mem, 4), MIDGE__MEMORY_COST(OUT_SIZE));
    assert_int_equal(midge__memory_free_slots(&mem), 0);
    midge__memory_sweep(&mem, 4);
    assert_int_equal(midge__memory_free_slots(&mem), 1);
    assert_all_free();
}

/* ---- Failure ---- */

static void nth_request_fails(void **state)
{
    (void)state;
    midge__memory_fail_at(&mem, 3, false);
    void *a = midge__memory_alloc(&mem, 0, 8);
    void *b = midge__memory_calloc(&mem, 0, 1, 8);
    assert_non_null(a);
    assert_non_null(b);
    assert_false(midge__memory_failed(&mem));
    assert_null(midge__memory_alloc(&mem, 0, 100));
    assert_true(midge__memory_failed(&mem));
    midge__memory_failed_reset(&mem);
    assert_false(midge__memory_failed(&mem));
    midge__memory_free(&mem, a);
    a = midge__memory_alloc(&mem, 0, 100);
    assert_non_null(a);
    assert_int_equal(midge__memory_stats_get(&mem)->alloc_calls, 4);
    assert_int_equal(midge__memory_stats_get(&mem)->failures, 1);
    midge__memory_fail_at(&mem, 1, true);
    for (int i = 0; i < 5; i++) {
        assert_null(midge__memory_alloc(&mem, 0, 8));
    }
    midge__memory_fail_at(&mem, 0, false);
    midge__memory_free(&mem, a);
    midge__memory_free(&mem, b);
    assert_all_free();
}

/* ---- Corruption; what AddressSanitizer sees first, it reports instead ---- */

#if !defined(NDEBUG) && !defined(MIDGE_NO_ASSERT)

static void free_twice(void)
{
    void *p = midge__memory_alloc(&mem, 1, 100);
    midge__memory_free(&mem, p);
    midge__memory_free(&mem, p);
}

static void free_twice_what_has_joined(void)
{
    void *p = midge__memory_alloc(&mem, 0, 100);
    midge__memory_free(&mem, p);
    midge__memory_free(&mem, p);
}

static void free_inside_a_block(void)
{
    unsigned char *p = midge__memory_calloc(&mem, 1, 1, 100);
    midge__memory_free(&mem, p + UNIT);
}

static void free_what_is_not_ours(void)
{
    midge__memory_free(&mem, &mem);
}

static void free_a_slot_twice(void)
{
    midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 2);
    void *p = midge__memory_calloc(&mem, 1, 1, OUT_SIZE);
    midge__memory_free(&mem, p);
    midge__memory_free(&mem, p);
}

static void overrun_a_block(void)
{
    unsigned char *p = midge__memory_alloc(&mem, 1, 4 * UNIT);
    volatile size_t n = 5 * UNIT;
    memset(p, 0x20, n);
    midge__memory_free(&mem, p);
}

static void ask_for_an_owner_too_many(void)
{
    (void)midge__memory_owner_slots(&mem, OWNERS);
}

static void reset_an_owner_too_many(void)
{
    midge__memory_owner_reset(&mem, OWNERS);
}

static void ask_for_the_peak_of_an_owner_too_many(void)
{
    (void)midge__memory_owner_peak(&mem, OWNERS);
}

static void corruption_is_asserted(void **state)
{
    (void)state;
    void (*const acts[])(void) = {free_twice,
                                  free_twice_what_has_joined,
                                  free_inside_a_block,
                                  free_what_is_not_ours,
                                  free_a_slot_twice,
                                  overrun_a_block,
                                  ask_for_an_owner_too_many,
                                  reset_an_owner_too_many,
                                  ask_for_the_peak_of_an_owner_too_many};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(acts); i++) {
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(STDERR_FILENO);
            signal(SIGABRT, SIG_DFL);
            acts[i]();
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

#endif

/* ---- Random operations against a shadow model ---- */

#define LIVE_MAX 400
#define STEPS    200000

struct shadow {
    unsigned char *p;
    size_t size;
    size_t taken;
    unsigned owner;
    unsigned char fill;
    bool is_slot;
};

static struct shadow shadows[LIVE_MAX];
static size_t shadow_count;
static size_t shadow_live, shadow_peak;
static size_t owner_live[OWNERS], owner_peak[OWNERS];
static uint32_t rng_state;

static uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 17;
    rng_state ^= rng_state << 5;
    return rng_state;
}

/* Mostly bignum limbs and small structs, now and then something large. */
static size_t random_size(void)
{
    switch (rng() % 8) {
    case 0:
        return rng() % 4000;
    case 1:
        return rng() % 32;
    case 2:
        return 300 + rng() % 300;
    default:
        return 8 + rng() % 130;
    }
}

static void shadow_charge(unsigned owner, size_t bytes)
{
    shadow_live += bytes;
    owner_live[owner] += bytes;
    shadow_peak = shadow_live > shadow_peak ? shadow_live : shadow_peak;
    owner_peak[owner] =
        owner_live[owner] > owner_peak[owner] ? owner_live[owner] : owner_peak[owner];
}

static void shadow_release(const struct shadow *s)
{
    shadow_live -= s->taken;
    owner_live[s->owner] -= s->taken;
}

static void check_fill(const struct shadow *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] != s->fill) {
            fail_msg("byte %zu of %zu overwritten", i, s->size);
        }
    }
}

/* No other block may touch the bytes that were handed out. */
static void check_apart(const struct shadow *fresh)
{
    assert_int_equal((uintptr_t)fresh->p % UNIT, 0);
    assert_true(fresh->p > block && fresh->p + fresh->size <= block + BLOCK_SIZE + 1);
    for (size_t i = 0; i < shadow_count; i++) {
        const struct shadow *s = &shadows[i];
        if (s != fresh && s->p < fresh->p + fresh->size && fresh->p < s->p + s->size) {
            fail_msg("blocks overlap");
        }
    }
}

static void shadow_add(unsigned char *p, size_t n, unsigned owner, bool is_slot)
{
    struct shadow *s = &shadows[shadow_count++];
    *s = (struct shadow){p, n, MIDGE__MEMORY_COST(n), owner, 0, is_slot};
    shadow_charge(owner, s->taken);
    check_apart(s);
    s->fill = (unsigned char)rng();
    memset(p, s->fill, n);
}

static void random_alloc(void)
{
    unsigned owner = rng() % OWNERS;
    size_t n = random_size();
    n += n == OUT_SIZE; /* calloc would take a slot */
    bool slot = rng() % 16 == 0, zeroed = slot || rng() % 2 == 0;
    size_t largest = midge__memory_largest_free(&mem);
    unsigned char *p;
    if (slot) {
        n = rng() % 2 == 0 ? IN_SIZE : OUT_SIZE;
        p = midge__memory_calloc(&mem, owner, 1, n);
    } else {
        p = zeroed ? midge__memory_calloc(&mem, owner, n, 1) : midge__memory_alloc(&mem, owner, n);
        assert_int_equal(p != NULL, largest != 0 && n <= largest);
    }
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; zeroed && i < n; i++) {
        assert_int_equal(p[i], 0);
    }
    shadow_add(p, n, owner, slot);
}

static void random_free(size_t at)
{
    struct shadow s = shadows[at];
    check_fill(&s, s.size);
    shadow_release(&s);
    shadows[at] = shadows[--shadow_count];
    midge__memory_free(&mem, s.p);
}

static void random_shrink(size_t at)
{
    struct shadow *s = &shadows[at];
    size_t n = rng() % (s->size + 1);
    unsigned char *p = midge__memory_shrink(&mem, s->p, n);
    shadow_release(s);
    s->taken = s->is_slot ? s->taken : MIDGE__MEMORY_COST(n);
    shadow_charge(s->owner, s->taken);
    assert_true(p == s->p || (s->owner == 0 && !s->is_slot));
    s->p = p;
    s->size = n;
    check_fill(s, n);
    check_apart(s);
    memset(p, s->fill, n);
}

static void random_sweep(void)
{
    unsigned owner = rng() % OWNERS;
    assert_int_equal(midge__memory_sweep(&mem, owner), owner_live[owner]);
    for (size_t i = shadow_count; i-- > 0;) {
        if (shadows[i].owner == owner) {
            shadow_release(&shadows[i]);
            shadows[i] = shadows[--shadow_count];
        }
    }
    assert_int_equal(owner_live[owner], 0);
}

static void check_stats(void)
{
    const struct midge__memory_stats *stats = midge__memory_stats_get(&mem);
    assert_int_equal(midge__memory_live(&mem), shadow_live);
    assert_int_equal(stats->peak, shadow_peak);
    assert_true(stats->peak <= stats->size && stats->size <= BLOCK_SIZE);
    for (unsigned owner = 0; owner < OWNERS; owner++) {
        assert_int_equal(midge__memory_owner_live(&mem, owner), owner_live[owner]);
        assert_int_equal(midge__memory_owner_peak(&mem, owner), owner_peak[owner]);
    }
}

static void random_step(uint32_t step)
{
    /* Fills up and empties in turns, so that both ends are visited. */
    uint32_t op = rng() % 100, grow = step / 4000 % 2 == 0 ? 55U : 35U;
    if (op < grow && shadow_count < LIVE_MAX) {
        random_alloc();
    } else if (op == 99 && rng() % 8 == 0) {
        random_sweep();
    } else if (op >= 85 && shadow_count > 0) {
        random_shrink(rng() % shadow_count);
    } else if (shadow_count > 0) {
        random_free(rng() % shadow_count);
    }
}

static void random_operations_match_shadow(void **state)
{
    (void)state;
    rng_state = 0x6d696467;
    assert_int_equal(midge__memory_slots(&mem, IN_SIZE, OUT_SIZE, 4), MIDGE_OK);
    for (uint32_t step = 0; step < STEPS; step++) {
        random_step(step);
        check_stats();
        if (step % 64 == 0) {
            midge__memory_verify(&mem);
        }
    }
    assert_true(midge__memory_stats_get(&mem)->failures > 0);
    while (shadow_count > 0) {
        random_free(rng() % shadow_count);
    }
    assert_all_free();
    assert_int_equal(midge__memory_free_slots(&mem), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_refuses_bad_arguments),
        cmocka_unit_test(every_block_size_works_or_is_refused),
        cmocka_unit_test_setup_teardown(fixed_cost_is_an_upper_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(cost_is_what_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(largest_free_is_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fit_deep_in_its_class_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(the_best_fit_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(neighbours_join_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_size_is_served_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_largest_quick_size, setup, teardown),
        cmocka_unit_test_setup_teardown(quick_blocks_join_for_what_is_larger, setup, teardown),
        cmocka_unit_test_setup_teardown(the_client_takes_no_quick_block, setup, teardown),
        cmocka_unit_test_setup_teardown(calloc_checks_overflow_and_zeroes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_shrinks_stays_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(the_client_allocates_from_above, setup, teardown),
        cmocka_unit_test_setup_teardown(the_client_gives_back_below, setup, teardown),
        cmocka_unit_test_setup_teardown(the_client_leaves_what_is_reserved, setup, teardown),
        cmocka_unit_test_setup_teardown(promises_shrink_as_they_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(sweep_frees_and_zeroes_one_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_serve_their_exact_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_slot_sizes_share_one_class, setup, teardown),
        cmocka_unit_test_setup_teardown(as_many_slots_as_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_that_do_not_fit_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_does_not_shrink, setup, teardown),
        cmocka_unit_test_setup_teardown(nth_request_fails, setup, teardown),
#if !defined(NDEBUG) && !defined(MIDGE_NO_ASSERT)
        cmocka_unit_test_setup_teardown(corruption_is_asserted, setup, teardown),
#endif
        cmocka_unit_test_setup_teardown(random_operations_match_shadow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
