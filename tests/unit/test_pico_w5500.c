/* SPDX-License-Identifier: MIT */
/*
 * The driver of the W5500 on a model of the chip: registers and buffers of socket 0 in MACRAW mode,
 * bytes as they are on SPI. Faults of the model: lengths that are none, a pointer that changes
 * while it is read, commands that are never taken, a chip that is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../boards/pico/w5500.c"

/* --- the chip --- */

static struct {
    uint8_t common[64], socket[64], tx[BUFFER_BYTES], rx[BUFFER_BYTES];
    uint8_t sizes[8][2];
    uint16_t tx_read, rx_write, rx_freed;
    uint8_t head[3];
    unsigned head_bytes;
    bool selected;
    uint8_t sent[2 * W5500_FRAME_MOST];
    size_t sent_bytes, sent_frames;
    unsigned transfers, mistakes;
    /* faults */
    bool missing, never_sent, keeps_commands, will_not_open;
    uint16_t torn; /* the first readings of RX_RSR differ: so many */
} model;

static struct w5500 chip;
static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};

static void model_reset(void)
{
    memset(model.common, 0, sizeof model.common);
    memset(model.socket, 0, sizeof model.socket);
    memset(model.sizes, 2, sizeof model.sizes);
    model.common[VERSIONR] = VERSION;
    model.common[PHYCFGR] = 0xbf;
}

static uint16_t waiting(void)
{
    return (uint16_t)(model.rx_write - model.rx_freed);
}

static void model_send(void)
{
    const uint16_t end = (uint16_t)(model.socket[SN_TX_WR] << 8 | model.socket[SN_TX_WR + 1]);
    model.sent_bytes = 0;
    for (; model.tx_read != end; model.tx_read++) {
        if (model.sent_bytes < sizeof model.sent) {
            model.sent[model.sent_bytes++] = model.tx[model.tx_read % BUFFER_BYTES];
        }
    }
    model.sent_frames++;
    model.socket[SN_IR] |= model.never_sent ? 0 : IR_SENT;
}

static void model_command(uint8_t order)
{
    if (model.keeps_commands) {
        model.socket[SN_CR] = order;
        return;
    }
    if (order == CR_OPEN && !model.will_not_open) {
        model.mistakes += model.sizes[0][0] != BUFFER_KB || model.sizes[0][1] != BUFFER_KB;
        model.mistakes += (model.socket[SN_MR] & 0x0f) != SN_MR_MACRAW;
        model.socket[SN_SR] = SR_MACRAW;
        model.rx_freed = model.rx_write;
        model.socket[SN_RX_RD] = (uint8_t)(model.rx_write >> 8);
        model.socket[SN_RX_RD + 1] = (uint8_t)model.rx_write;
        model.socket[SN_TX_WR] = (uint8_t)(model.tx_read >> 8);
        model.socket[SN_TX_WR + 1] = (uint8_t)model.tx_read;
    } else if (order == CR_CLOSE) {
        model.socket[SN_SR] = SR_CLOSED;
    } else if (order == CR_SEND) {
        model_send();
    } else if (order == CR_RECV) {
        model.rx_freed = (uint16_t)(model.socket[SN_RX_RD] << 8 | model.socket[SN_RX_RD + 1]);
    }
}

static void model_write(uint8_t block, uint16_t at, uint8_t byte)
{
    if (block == 0 && at == MR && (byte & MR_RESET) != 0) {
        model_reset();
    } else if (block == 0) {
        model.common[at % 64] = byte;
    } else if (block == 2) {
        model.tx[at % BUFFER_BYTES] = byte;
    } else if (block % 4 == 1 && (at == SN_RXSIZE || at == SN_TXSIZE)) {
        model.sizes[block / 4][at - SN_RXSIZE] = byte;
    } else if (block == 1 && at == SN_CR) {
        model_command(byte);
    } else if (block == 1 && at == SN_IR) {
        model.socket[SN_IR] &= (uint8_t)~byte;
    } else if (block == 1) {
        model.socket[at % 64] = byte;
    } else {
        model.mistakes++;
    }
}

static uint8_t number(uint16_t value, bool low)
{
    return (uint8_t)(low ? value : value >> 8);
}

static uint8_t model_read(uint8_t block, uint16_t at)
{
    if (block == 0) {
        return model.common[at % 64];
    }
    if (block == 3) {
        return model.rx[at % BUFFER_BYTES];
    }
    if (at == SN_RX_RSR || at == SN_RX_RSR + 1) {
        if (model.torn > 0 && at == SN_RX_RSR + 1) {
            model.torn--;
        }
        return number((uint16_t)(waiting() + 256 * model.torn), at != SN_RX_RSR);
    }
    if (at == SN_TX_FSR || at == SN_TX_FSR + 1) {
        return number(BUFFER_BYTES, at != SN_TX_FSR);
    }
    return model.socket[at % 64];
}

static void bus_select(void *ctx, bool on)
{
    (void)ctx;
    model.mistakes += on == model.selected;
    model.selected = on;
    model.head_bytes = 0;
    model.transfers += on;
}

static void bus_byte(uint8_t out, uint8_t *in)
{
    model.mistakes += !model.selected;
    if (model.head_bytes < 3) {
        model.head[model.head_bytes++] = out;
        return;
    }
    const uint16_t at = (uint16_t)(model.head[0] << 8 | model.head[1]);
    const bool writing = (model.head[2] & WRITE) != 0;
    model.mistakes += writing == (in != NULL) || (model.head[2] & 3) != 0;
    if (writing) {
        model_write(model.head[2] >> 3, at, out);
    } else if (in != NULL) {
        *in = model_read(model.head[2] >> 3, at);
    }
    model.head[1]++;
    model.head[0] = (uint8_t)(model.head[0] + (model.head[1] == 0));
}

static void bus_put(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len && !model.missing; i++) {
        bus_byte(bytes[i], NULL);
    }
}

static void bus_get(void *ctx, uint8_t *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = 0xff;
        if (!model.missing) {
            bus_byte(0, &bytes[i]);
        }
    }
}

static const struct w5500_bus bus = {.select = bus_select, .put = bus_put, .get = bus_get};

/* A frame from the network, after this length. */
static void arrive(unsigned told, const uint8_t *bytes, size_t len)
{
    model.rx[model.rx_write++ % BUFFER_BYTES] = (uint8_t)(told >> 8);
    model.rx[model.rx_write++ % BUFFER_BYTES] = (uint8_t)told;
    for (size_t i = 0; i < len; i++) {
        model.rx[model.rx_write++ % BUFFER_BYTES] = bytes[i];
    }
    model.socket[SN_IR] |= IR_RECV;
}

static void make_frame(uint8_t *frame, size_t len, unsigned from)
{
    for (size_t i = 0; i < len; i++) {
        frame[i] = (uint8_t)(from + i * 7 + i / 256);
    }
}

static int started(void **state)
{
    (void)state;
    memset(&model, 0, sizeof model);
    model_reset();
    assert_true(w5500_start(&chip, &bus, mac, false));
    return 0;
}

/* --- tests --- */

static void test_start(void **state)
{
    (void)state;
    assert_memory_equal(model.common + SHAR, mac, sizeof mac);
    assert_int_equal(model.common[SIMR], 1);
    assert_int_equal(model.socket[SN_IMR], IR_RECV);
    assert_int_equal(model.socket[SN_MR],
                     SN_MR_MACRAW | SN_MR_FILTER | SN_MR_NO_GRP | SN_MR_NO_IP6);
    for (unsigned i = 0; i < SOCKETS; i++) {
        assert_int_equal(model.sizes[i][0], i == 0 ? BUFFER_KB : 0);
        assert_int_equal(model.sizes[i][1], i == 0 ? BUFFER_KB : 0);
    }
    assert_true(w5500_start(&chip, &bus, mac, true));
    assert_int_equal(model.socket[SN_MR], SN_MR_MACRAW | SN_MR_FILTER);
    assert_int_equal(model.mistakes, 0);
}

static void test_no_chip(void **state)
{
    (void)state;
    model.missing = true;
    assert_false(w5500_start(&chip, &bus, mac, false));
    assert_false(w5500_link(&chip));
    model.missing = false;
    model.will_not_open = true;
    assert_false(w5500_start(&chip, &bus, mac, false));
    model_reset();
    model.common[VERSIONR] = 3;
    assert_false(w5500_start(&chip, &bus, mac, false));
}

static void test_link(void **state)
{
    (void)state;
    assert_true(w5500_link(&chip));
    model.common[PHYCFGR] = 0xb8;
    assert_false(w5500_link(&chip));
}

static void send_one(size_t len, unsigned from)
{
    uint8_t frame[W5500_FRAME_MOST];
    make_frame(frame, len, from);
    assert_true(w5500_begin(&chip, len));
    w5500_write(&chip, frame, len / 3);
    w5500_write(&chip, frame + len / 3, len - len / 3);
    assert_true(w5500_send(&chip));
    assert_int_equal(model.sent_bytes, len < PADDED ? PADDED : len);
    assert_memory_equal(model.sent, frame, len);
    for (size_t i = len; i < PADDED; i++) {
        assert_int_equal(model.sent[i], 0);
    }
}

/* All lengths, and 100 times around the buffer of 16 KB and the pointer of 16 bits. */
static void test_sending(void **state)
{
    (void)state;
    for (size_t len = W5500_FRAME_LEAST; len <= W5500_FRAME_MOST; len++) {
        send_one(len, (unsigned)len);
    }
    for (unsigned i = 0; i < 1000; i++) {
        send_one(W5500_FRAME_MOST - i % 40, i);
    }
    send_one(W5500_FRAME_LEAST, 0); /* its padding lies over an older frame */
    assert_false(w5500_begin(&chip, W5500_FRAME_LEAST - 1));
    assert_false(w5500_begin(&chip, W5500_FRAME_MOST + 1));
    assert_int_equal(chip.restarts, 0);
    assert_int_equal(model.mistakes, 0);
}

/* The last frame never leaves: the next one is refused after a bounded wait, then all works. */
static void test_sending_that_hangs(void **state)
{
    (void)state;
    send_one(100, 0);
    model.never_sent = true;
    send_one(100, 1);
    model.never_sent = false;
    assert_false(w5500_begin(&chip, 100));
    assert_int_equal(chip.restarts, 1);
    send_one(100, 2);
    model.keeps_commands = true;
    assert_true(w5500_begin(&chip, 100));
    assert_false(w5500_send(&chip));
    model.keeps_commands = false;
    model.socket[SN_CR] = 0;
    model_command(CR_OPEN);
    assert_int_equal(chip.restarts, 2);
    assert_true(model.transfers < 10 * PATIENCE);
}

static void receive_one(size_t len, unsigned from)
{
    uint8_t frame[W5500_FRAME_MOST], got[W5500_FRAME_MOST];
    make_frame(frame, len, from);
    assert_int_equal(w5500_take(&chip), len);
    w5500_read(&chip, got, len / 2);
    w5500_read(&chip, got + len / 2, len - len / 2);
    assert_memory_equal(got, frame, len);
    w5500_taken(&chip);
}

/* One to ten frames at once, around both ends. */
static void test_receiving(void **state)
{
    uint8_t frame[W5500_FRAME_MOST];
    size_t len = W5500_FRAME_LEAST;
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        const size_t first = len;
        for (unsigned i = 0; i <= round % 10; i++) {
            make_frame(frame, len, round + i);
            arrive((unsigned)len + LENGTH_BYTES, frame, len);
            len = W5500_FRAME_LEAST + (len * 7 + 13) % (W5500_FRAME_MOST - W5500_FRAME_LEAST + 1);
        }
        len = first;
        for (unsigned i = 0; i <= round % 10; i++) {
            receive_one(len, round + i);
            len = W5500_FRAME_LEAST + (len * 7 + 13) % (W5500_FRAME_MOST - W5500_FRAME_LEAST + 1);
        }
        assert_int_equal(w5500_take(&chip), 0);
    }
    assert_int_equal(chip.restarts, 0);
    assert_int_equal(model.mistakes, 0);
}

/* A frame that is not read, as there is no memory for it, is passed over. */
static void test_passed_over(void **state)
{
    uint8_t frame[100];
    (void)state;
    make_frame(frame, sizeof frame, 1);
    arrive(sizeof frame + LENGTH_BYTES, frame, sizeof frame);
    make_frame(frame, sizeof frame, 2);
    arrive(sizeof frame + LENGTH_BYTES, frame, sizeof frame);
    assert_int_equal(w5500_take(&chip), sizeof frame);
    w5500_taken(&chip);
    receive_one(sizeof frame, 2);
}

static void test_a_length_that_changes_while_it_is_read(void **state)
{
    uint8_t frame[100];
    (void)state;
    for (uint16_t torn = 1; torn <= 80; torn++) {
        make_frame(frame, sizeof frame, torn);
        arrive(sizeof frame + LENGTH_BYTES, frame, sizeof frame);
        model.torn = torn;
        while (model.torn > 0) { /* it never comes to rest: the next poll finds the frame */
            if (w5500_take(&chip) != 0) {
                break;
            }
        }
        model.torn = 0;
        receive_one(sizeof frame, torn);
    }
    assert_int_equal(chip.restarts, 0);
}

static void test_lengths_that_are_none(void **state)
{
    static const unsigned told[] = {0, 1, 2, 15, W5500_FRAME_MOST + 3, 0x8000, 0xffff, 300};
    uint8_t frame[100];
    (void)state;
    for (unsigned i = 0; i < sizeof told / sizeof told[0]; i++) {
        make_frame(frame, sizeof frame, i);
        arrive(told[i], frame, sizeof frame);
        assert_int_equal(w5500_take(&chip), 0);
        assert_int_equal(chip.restarts, i + 1);
        assert_int_equal(w5500_take(&chip), 0); /* the buffer is empty */
        arrive(sizeof frame + LENGTH_BYTES, frame, sizeof frame);
        receive_one(sizeof frame, i);
    }
    arrive(50, frame, 0);
    model.rx_write = (uint16_t)(model.rx_write - 1); /* half of a length */
    assert_int_equal(w5500_take(&chip), 0);
    model.rx_write = (uint16_t)(model.rx_freed + BUFFER_BYTES + 1); /* more than there can be */
    assert_int_equal(w5500_take(&chip), 0);
    assert_int_equal(chip.restarts, sizeof told / sizeof told[0] + 2);
}

/* The chip loses its power: nothing is read, each poll ends, and the link is down. */
static void test_a_chip_that_goes_away(void **state)
{
    (void)state;
    model.missing = true;
    const unsigned before = model.transfers;
    assert_int_equal(w5500_take(&chip), 0);
    assert_false(w5500_begin(&chip, 100) && w5500_send(&chip));
    assert_false(w5500_link(&chip));
    assert_true(model.transfers - before < 8 * PATIENCE);
}

static void test_the_interrupt_is_cleared(void **state)
{
    uint8_t frame[60] = {0};
    (void)state;
    arrive(62, frame, sizeof frame);
    assert_int_equal(model.socket[SN_IR], IR_RECV);
    w5500_acknowledge(&chip);
    assert_int_equal(model.socket[SN_IR], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start, started),
        cmocka_unit_test_setup(test_no_chip, started),
        cmocka_unit_test_setup(test_link, started),
        cmocka_unit_test_setup(test_sending, started),
        cmocka_unit_test_setup(test_sending_that_hangs, started),
        cmocka_unit_test_setup(test_receiving, started),
        cmocka_unit_test_setup(test_passed_over, started),
        cmocka_unit_test_setup(test_a_length_that_changes_while_it_is_read, started),
        cmocka_unit_test_setup(test_lengths_that_are_none, started),
        cmocka_unit_test_setup(test_a_chip_that_goes_away, started),
        cmocka_unit_test_setup(test_the_interrupt_is_cleared, started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
