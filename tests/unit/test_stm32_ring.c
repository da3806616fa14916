/* SPDX-License-Identifier: MIT */
/*
 * The descriptor rings of an STM32's Ethernet MAC beside a model of the DMA, the cache and the
 * write buffer:
 *
 *     cpu.buffers   as the CPU sees them, through the cache     ram      as the DMA sees them
 *     cpu.rings     as the CPU sees them                        in_ram   as the DMA sees them
 *
 * A line of the cache that the CPU changed reaches ram when it is cleaned, or when weather() evicts
 * it. A line that it did not change may be fetched from ram at any time, or stay as old as it is. A
 * word of a descriptor reaches in_ram at a barrier, or before, in any order. In the last test a
 * call for the cache, the barrier or the poll demand is missing, and the model must find it. The
 * model does not know that reads may be early: the barriers after the reading of OWN and before a
 * release are not tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"

#define STM32_RING_RX 4u
#define STM32_RING_TX 3u
#include "../../boards/common/net/stm32_ring.c"

#define RAM_AT   0x2007C000u
#define LINES    (sizeof(struct stm32_buffers) / STM32_RING_LINE)
#define WORDS    (sizeof(struct stm32_descriptors) / sizeof(uint32_t))
#define LOG_MOST 4096

enum missing { NOTHING, CLEAN, INVALIDATE, BARRIER, POLL_RX, POLL_TX };

struct frame {
    uint16_t number, len;
};

static struct {
    struct stm32_buffers buffers __attribute__((aligned(32)));
    union {
        struct stm32_descriptors rings __attribute__((aligned(16)));
        uint32_t words[WORDS];
    };
} cpu;

static uint8_t ram[sizeof(struct stm32_buffers)], synced[sizeof(struct stm32_buffers)];
static union {
    struct stm32_descriptors rings;
    uint32_t words[WORDS];
} in_ram, drained;

static struct {
    enum missing missing;
    unsigned rx_at, tx_at;
    bool rx_suspended, tx_suspended;
    bool busy;        /* the wire: the DMA does not take the next frame */
    bool tx_fails;    /* the MAC can't send: the frame is dropped, with ES */
    unsigned trouble; /* what the driver did against the rules, or frames that changed */
    unsigned rx_lost, rx_refused, tx_failed;
    uint16_t rx_number, tx_number;                   /* of the next frame */
    struct frame expected[LOG_MOST], sent[LOG_MOST]; /* queues of frames on their way */
    unsigned expected_first, expected_end, sent_first, sent_end;
} world;

static struct stm32_ring ring;

/* --- cache and write buffer --- */

static void evict(size_t line)
{
    memcpy(ram + line * STM32_RING_LINE, (uint8_t *)&cpu.buffers + line * STM32_RING_LINE,
           STM32_RING_LINE);
    memcpy(synced + line * STM32_RING_LINE, ram + line * STM32_RING_LINE, STM32_RING_LINE);
}

static void fetch(size_t line)
{
    memcpy((uint8_t *)&cpu.buffers + line * STM32_RING_LINE, ram + line * STM32_RING_LINE,
           STM32_RING_LINE);
    memcpy(synced + line * STM32_RING_LINE, ram + line * STM32_RING_LINE, STM32_RING_LINE);
}

static bool is_dirty(size_t line)
{
    return memcmp((uint8_t *)&cpu.buffers + line * STM32_RING_LINE, synced + line * STM32_RING_LINE,
                  STM32_RING_LINE) != 0;
}

/* Calls f for the lines of a range, which begins at a line. */
static void for_lines(const void *at, size_t len, void (*f)(size_t line))
{
    const size_t from = (size_t)((const uint8_t *)at - (const uint8_t *)&cpu.buffers);
    assert_int_equal(from % STM32_RING_LINE, 0);
    assert_true(len > 0 && from + len <= sizeof cpu.buffers);
    for (size_t line = from / STM32_RING_LINE; line * STM32_RING_LINE < from + len; line++) {
        f(line);
    }
}

static void drain(bool all)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (cpu.words[i] != drained.words[i] && (all || one_in(2))) {
            in_ram.words[i] = drained.words[i] = cpu.words[i];
        }
    }
}

/* What a cache and a write buffer may do at any time. */
static void weather(void)
{
    for (unsigned n = chance(8); n > 0; n--) {
        const size_t line = chance((unsigned)LINES);
        if (is_dirty(line)) {
            evict(line);
        } else {
            fetch(line);
        }
    }
    if (one_in(2)) {
        drain(false);
    }
}

static void evict_dirty(size_t line)
{
    if (is_dirty(line)) {
        evict(line);
    }
}

static bool wire_tx(void);

static void op_barrier(void *ctx)
{
    (void)ctx;
    if (one_in(4)) { /* the DMA works on meanwhile */
        drain(false);
        (void)wire_tx();
    }
    if (world.missing != BARRIER) {
        drain(true);
    } else if (one_in(2)) {
        drain(false);
    }
}

static void op_clean(void *ctx, const void *at, size_t len)
{
    (void)ctx;
    if (world.missing != CLEAN) {
        for_lines(at, len, evict_dirty);
    }
}

static void op_invalidate(void *ctx, void *at, size_t len)
{
    (void)ctx;
    if (world.missing != INVALIDATE) {
        for_lines(at, len, fetch);
    }
}

static void op_poll_rx(void *ctx)
{
    (void)ctx;
    world.rx_suspended = world.rx_suspended && world.missing == POLL_RX;
}

static void op_poll_tx(void *ctx)
{
    (void)ctx;
    world.tx_suspended = world.tx_suspended && world.missing == POLL_TX;
}

static const struct stm32_ring_ops ops = {.barrier = op_barrier,
                                          .clean = op_clean,
                                          .invalidate = op_invalidate,
                                          .poll_rx = op_poll_rx,
                                          .poll_tx = op_poll_tx};

/* --- frames: their bytes follow from number and length --- */

static uint8_t byte_of(struct frame f, size_t at)
{
    return (uint8_t)(f.number * 31u + f.len + at * 7u + (at >> 8));
}

static bool is_frame(struct frame f, const uint8_t *bytes)
{
    for (size_t i = 0; i < f.len; i++) {
        if (bytes[i] != byte_of(f, i)) {
            return false;
        }
    }
    return true;
}

/* --- the DMA --- */

static void dma_set(struct stm32_descriptor *in, uint32_t status)
{
    const size_t i = (size_t)((uint32_t *)(void *)in - in_ram.words);
    in_ram.words[i] = drained.words[i] = cpu.words[i] = status;
}

/* Where the DMA writes or reads; the address must be of one whole buffer. */
static uint8_t *dma_buffer(const struct stm32_descriptor *in, size_t len)
{
    const uint32_t at = in->buffer - RAM_AT;
    assert_true(at % STM32_RING_BUFFER == 0 && at + len <= sizeof ram && in->second == 0);
    return ram + at;
}

static unsigned following(unsigned at, unsigned count, bool end)
{
    if (end != (at == count - 1)) {
        world.trouble++; /* it runs over the end, or not all of the ring is used */
    }
    return end ? 0 : at + 1;
}

/* Writes a piece; false: no descriptor is the DMA's. */
static bool dma_piece(struct frame f, size_t from, size_t len, uint32_t status)
{
    struct stm32_descriptor *in = &in_ram.rings.rx[world.rx_at];
    if (world.rx_suspended || (in->status & OWN) == 0) {
        world.rx_suspended = true;
        return false;
    }
    assert_int_equal(in->size & 0x1FFF, STM32_RING_BUFFER);
    uint8_t *to = dma_buffer(in, len);
    for (size_t i = 0; i < len; i++) {
        to[i] = from + i < f.len ? byte_of(f, from + i) : 0xFC; /* FCS */
    }
    dma_set(in, status);
    world.rx_at = following(world.rx_at, STM32_RING_RX, (in->size & RX_END) != 0);
    return true;
}

/* A frame from the wire; bits: ES and others of RDES0. True: whole and good, so it must come. */
static bool wire_rx(size_t len, uint32_t bits)
{
    const struct frame f = {world.rx_number, (uint16_t)len};
    const size_t whole = len + FCS;
    size_t from = 0;
    while (whole - from > STM32_RING_BUFFER) {
        if (!dma_piece(f, from, STM32_RING_BUFFER, from == 0 ? RX_FIRST : 0)) {
            world.rx_lost++;
            return false;
        }
        from += STM32_RING_BUFFER;
    }
    if (!dma_piece(f, from, whole - from,
                   (uint32_t)whole << RX_LENGTH_AT | RX_LAST | bits | (from == 0 ? RX_FIRST : 0))) {
        world.rx_lost++;
        return false;
    }
    if (bits != 0 || len < HEADER || len > STM32_RING_FRAME) {
        world.rx_refused++;
        return false;
    }
    world.rx_number++;
    world.expected[world.expected_end++ % LOG_MOST] = f;
    return true;
}

/* The DMA takes the next frame and sends it; false: it has stopped. */
static bool wire_tx(void)
{
    struct stm32_descriptor *in = &in_ram.rings.tx[world.tx_at];
    const uint32_t whole = TX_FIRST | TX_LAST;
    if (world.tx_suspended || world.busy || (in->status & OWN) == 0) {
        world.tx_suspended = world.tx_suspended || !world.busy;
        return false;
    }
    if (world.sent_first == world.sent_end) {
        world.trouble++; /* a frame that was not sent, or twice */
        world.tx_suspended = true;
        return false;
    }
    const struct frame f = world.sent[world.sent_first++ % LOG_MOST];
    if ((in->status & whole) != whole || in->size != f.len || !is_frame(f, dma_buffer(in, f.len))) {
        world.trouble++;
    }
    world.tx_at = following(world.tx_at, STM32_RING_TX, (in->status & TX_END) != 0);
    world.tx_failed += world.tx_fails;
    dma_set(in, (in->status & ~OWN) | (world.tx_fails ? TX_ERROR : 0));
    return true;
}

/* --- the driver's user --- */

static bool cpu_rx(void)
{
    size_t len;
    const uint8_t *frame = stm32_ring_rx_take(&ring, &len);
    if (frame == NULL) {
        return false;
    }
    const struct frame f = world.expected[world.expected_first % LOG_MOST];
    if (world.expected_first == world.expected_end) {
        world.trouble++; /* a frame that did not come */
    } else {
        world.expected_first++;
        if (len != f.len || !is_frame(f, frame)) {
            world.trouble++;
        }
    }
    stm32_ring_rx_release(&ring);
    return true;
}

static bool cpu_tx(size_t len)
{
    uint8_t *buffer = stm32_ring_tx_buffer(&ring);
    const struct frame f = {world.tx_number, (uint16_t)len};
    if (buffer == NULL) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        buffer[i] = byte_of(f, i);
    }
    weather();
    world.tx_number++;
    world.sent[world.sent_end++ % LOG_MOST] = f;
    stm32_ring_tx_send(&ring, len);
    return true;
}

static void start(void)
{
    const struct stm32_ring_memory memory = {&cpu.rings, &cpu.buffers, RAM_AT};
    world.tx_suspended = true; /* the DMA is stopped */
    stm32_ring_init(&ring, &ops, &memory);
    world.rx_at = world.tx_at = 0;
    world.rx_suspended = world.tx_suspended = false;
}

static int begin(void **state)
{
    (void)state;
    seed = 0x5354333246373637ull;
    memset(&world, 0, sizeof world);
    memset(ram, 0xA5, sizeof ram);
    memset(synced, 0xA5, sizeof synced);
    memset(&cpu, 0, sizeof cpu); /* all lines are dirty, as after the start code */
    memset(&in_ram, 0xA5, sizeof in_ram);
    memset(&drained, 0x5A, sizeof drained);
    start();
    return 0;
}

/* --- tests --- */

static void test_receives_in_order(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 100; n++) {
        for (unsigned i = 0; i <= n % STM32_RING_RX; i++) {
            assert_true(wire_rx(HEADER + 37 * n % 1500, 0));
        }
        while (cpu_rx()) {
        }
    }
    assert_int_equal(world.trouble, 0);
    assert_int_equal(world.expected_first, world.expected_end);
    assert_int_equal(ring.rx_bad, 0);
}

static void test_sends_in_order(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 100; n++) {
        for (unsigned i = 0; i <= n % STM32_RING_TX; i++) {
            assert_true(cpu_tx(HEADER + 37 * n % 1500));
        }
        while (wire_tx()) {
        }
    }
    assert_int_equal(world.trouble, 0);
    assert_int_equal(world.sent_first, world.sent_end);
}

static void test_lengths(void **state)
{
    static const struct {
        uint16_t len;
        bool good;
    } cases[] = {{1, false},   {HEADER - 1, false}, {HEADER, true}, {60, true},    {1514, true},
                 {1518, true}, {1519, false},       {1532, false},  {1533, false}, {2044, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wire_rx(cases[i].len, 0), cases[i].good);
        assert_int_equal(cpu_rx(), cases[i].good);
    }
    assert_int_equal(world.trouble, 0);
    assert_int_equal(ring.rx_bad, 8); /* 1533 and 2044 bytes are two pieces each */
    /* A length that the DMA can't mean. */
    assert_true(dma_piece((struct frame){0, 64}, 0, 64,
                          RX_FIRST | RX_LAST | RX_LENGTH_MASK << RX_LENGTH_AT));
    assert_false(cpu_rx());
    assert_int_equal(ring.rx_bad, 9);
}

static void test_damaged_frames_are_dropped(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3 * STM32_RING_RX; n++) {
        assert_false(wire_rx(100, RX_ERROR | 1u << 1)); /* CE: the FCS is wrong */
        assert_true(wire_rx(100, 0));
        assert_true(cpu_rx());
        assert_false(cpu_rx());
    }
    assert_int_equal(world.trouble, 0);
    assert_int_equal(ring.rx_bad, 3 * STM32_RING_RX);
}

/* The whole ring is damaged frames: one take looks at them all, and ends. */
static void test_a_ring_of_damaged_frames(void **state)
{
    (void)state;
    for (unsigned n = 0; n < STM32_RING_RX; n++) {
        (void)wire_rx(100, RX_ERROR);
    }
    assert_false(cpu_rx());
    assert_int_equal(ring.rx_bad, STM32_RING_RX);
    assert_true(wire_rx(100, 0));
    assert_true(cpu_rx());
}

static void test_pieces_of_a_long_frame_are_dropped(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 10; n++) {
        assert_false(wire_rx(4000, 0)); /* three pieces */
        assert_true(wire_rx(60, 0));
        assert_true(cpu_rx());
        assert_int_equal(world.expected_first, world.expected_end);
    }
    assert_int_equal(world.trouble, 0);
    assert_int_equal(ring.rx_bad, 30);
}

static void test_a_full_receive_ring_goes_on(void **state)
{
    (void)state;
    for (unsigned n = 0; n < STM32_RING_RX; n++) {
        assert_true(wire_rx(200, 0));
    }
    assert_false(wire_rx(200, 0)); /* no buffer: the DMA suspends */
    assert_true(world.rx_suspended);
    assert_true(cpu_rx());
    assert_false(world.rx_suspended);
    assert_true(wire_rx(200, 0));
    assert_false(wire_rx(200, 0));
    while (cpu_rx()) {
    }
    assert_int_equal(world.rx_lost, 2);
    assert_int_equal(world.trouble, 0);
    assert_int_equal(world.expected_first, world.expected_end);
}

static void test_a_full_send_ring_is_reported(void **state)
{
    (void)state;
    world.busy = true;
    for (unsigned n = 0; n < STM32_RING_TX; n++) {
        assert_true(cpu_tx(300));
    }
    assert_false(cpu_tx(300));
    world.busy = false;
    assert_true(wire_tx());
    world.busy = true;
    assert_true(cpu_tx(300));
    world.tx_suspended = true; /* at an underflow: the user's next attempt starts it again */
    assert_false(cpu_tx(300));
    world.busy = false;
    while (wire_tx()) {
    }
    assert_int_equal(world.sent_first, world.sent_end);
    assert_int_equal(world.trouble, 0);
}

static void test_failures_of_sending_are_counted_once(void **state)
{
    (void)state;
    world.tx_fails = true;
    assert_true(cpu_tx(60));
    while (wire_tx()) {
    }
    world.tx_fails = false;
    for (unsigned n = 0; n < 3 * STM32_RING_TX; n++) {
        assert_true(cpu_tx(60));
        while (wire_tx()) {
        }
    }
    assert_int_equal(ring.tx_bad, 1);
    assert_int_equal(world.trouble, 0);
}

/* After a fatal bus error: nothing of before is left. */
static void test_begins_again(void **state)
{
    (void)state;
    assert_true(wire_rx(100, 0) && wire_rx(100, 0) && cpu_rx());
    assert_true(cpu_tx(100) && cpu_tx(100));
    (void)wire_tx();
    world.expected_first = world.expected_end;
    world.sent_first = world.sent_end;
    start();
    assert_false(cpu_rx());
    assert_false(wire_tx());
    world.tx_suspended = false;
    for (unsigned n = 0; n < 10; n++) {
        assert_true(wire_rx(100, 0) && cpu_rx() && cpu_tx(100));
        while (wire_tx()) {
        }
    }
    assert_int_equal(world.trouble, 0);
}

/* --- any order --- */

static size_t any_length(void)
{
    static const uint16_t ends[] = {HEADER, 60, 1499, 1500, 1501, 1514, 1518};
    return one_in(4) ? ends[chance(7)] : HEADER + chance(STM32_RING_FRAME - HEADER + 1);
}

static void any_step(void)
{
    switch (chance(6)) {
    case 0:
    case 1:
        (void)wire_rx(any_length(), one_in(8) ? RX_ERROR : 0);
        break;
    case 2:
        (void)wire_rx(one_in(8) ? 1519 + chance(3000) : any_length(), 0);
        break;
    case 3:
        (void)cpu_rx();
        break;
    case 4:
        (void)cpu_tx(any_length());
        break;
    default:
        world.tx_fails = one_in(10);
        (void)wire_tx();
    }
}

/* One world; returns how many things went wrong. */
static unsigned any_world(uint64_t number, enum missing missing)
{
    (void)begin(NULL);
    seed = number * 0x9E3779B97F4A7C15ull + 1;
    world.missing = missing;
    start();
    for (unsigned n = 0; n < 3000; n++) {
        weather();
        any_step();
    }
    op_barrier(NULL);
    while (cpu_rx()) {
    }
    world.tx_fails = false;
    while (wire_tx()) {
    }
    const bool all_came =
        world.expected_first == world.expected_end && world.sent_first == world.sent_end;
    const bool came = world.rx_number > 300 && world.tx_number > 300;
    return world.trouble + !all_came + !came;
}

static void test_any_order(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 20; n++) {
        if (any_world(n, NOTHING) != 0) {
            fail_msg("world %u: %u troubles, %u of %u received, %u of %u sent", n, world.trouble,
                     world.expected_first, world.expected_end, world.sent_first, world.sent_end);
        }
        assert_true(ring.rx_bad >= world.rx_refused);
        /* Those that are still in the ring are counted later. */
        assert_true(ring.tx_bad <= world.tx_failed &&
                    world.tx_failed - ring.tx_bad <= STM32_RING_TX);
    }
}

/* Does the model find each call that is missing? */
static void test_missing_calls_are_found(void **state)
{
    (void)state;
    for (enum missing missing = CLEAN; missing <= POLL_TX; missing++) {
        for (unsigned n = 1; n <= 3; n++) {
            if (any_world(n, missing) == 0) {
                fail_msg("call %d is missing, and world %u is well", (int)missing, n);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_receives_in_order, begin),
        cmocka_unit_test_setup(test_sends_in_order, begin),
        cmocka_unit_test_setup(test_lengths, begin),
        cmocka_unit_test_setup(test_damaged_frames_are_dropped, begin),
        cmocka_unit_test_setup(test_a_ring_of_damaged_frames, begin),
        cmocka_unit_test_setup(test_pieces_of_a_long_frame_are_dropped, begin),
        cmocka_unit_test_setup(test_a_full_receive_ring_goes_on, begin),
        cmocka_unit_test_setup(test_a_full_send_ring_is_reported, begin),
        cmocka_unit_test_setup(test_failures_of_sending_are_counted_once, begin),
        cmocka_unit_test_setup(test_begins_again, begin),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_missing_calls_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
