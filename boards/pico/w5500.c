/* SPDX-License-Identifier: MIT */
/*
 * A transfer is three bytes and then data: a 16-bit address within a block, and a byte with the
 * block (bits 7 to 3), the direction (bit 2) and the mode (0: length by SCSn). A socket's buffers
 * are blocks too: its pointers count 16 bits, and the chip takes them modulo the buffer's 16 KB and
 * goes on at its start by itself.
 *
 * In MACRAW mode a received frame has two bytes before it: its length with these two. A length that
 * is not one means that we and the chip disagree about where a frame begins; nothing behind it can
 * be found any more.
 */
#include "w5500.h"

#include <string.h>

/* Blocks and direction. */
#define COMMON     0x00u
#define SOCKET     0x08u
#define TX_BUFFER  0x10u
#define RX_BUFFER  0x18u
#define WRITE      0x04u
#define NEXT_BLOCK 0x20u /* from a socket's block to the next socket's */

/* Common registers. */
#define MR       0x00u
#define SHAR     0x09u
#define SIMR     0x18u
#define PHYCFGR  0x2eu
#define VERSIONR 0x39u

#define MR_RESET    0x80u
#define PHYCFGR_LNK 0x01u
#define VERSION     4u
#define SOCKETS     8u

/* Socket registers. */
#define SN_MR     0x00u
#define SN_CR     0x01u
#define SN_IR     0x02u
#define SN_SR     0x03u
#define SN_RXSIZE 0x1eu
#define SN_TXSIZE 0x1fu
#define SN_TX_FSR 0x20u
#define SN_TX_WR  0x24u
#define SN_RX_RSR 0x26u
#define SN_RX_RD  0x28u
#define SN_IMR    0x2cu

#define SN_MR_MACRAW 0x04u
#define SN_MR_FILTER 0x80u /* frames to us, to all, to groups */
#define SN_MR_NO_IP6 0x10u
#define SN_MR_NO_GRP 0x20u

#define CR_OPEN  0x01u
#define CR_CLOSE 0x10u
#define CR_SEND  0x20u
#define CR_RECV  0x40u

#define IR_SENT    0x10u
#define IR_TIMEOUT 0x08u
#define IR_RECV    0x04u

#define SR_CLOSED 0x00u
#define SR_MACRAW 0x42u

#define BUFFER_KB    16u
#define BUFFER_BYTES (BUFFER_KB * 1024u)
#define LENGTH_BYTES 2u
#define PADDED       60u /* the least frame of IEEE 802.3, without FCS */

#define PATIENCE                                                                                   \
    5000u         /* reads of a register: 1 us each at least; a frame takes 1.2 ms at 10 Mbit/s */
#define STEADY 8u /* readings of a pointer that the chip is changing */

/* --- transfers --- */

static void address(const struct w5500 *chip, uint16_t offset, uint8_t block)
{
    const uint8_t head[3] = {(uint8_t)(offset >> 8), (uint8_t)offset, block};
    chip->bus->select(chip->bus->ctx, true);
    chip->bus->put(chip->bus->ctx, head, sizeof head);
}

static void read_block(const struct w5500 *chip, uint8_t block, uint16_t offset, uint8_t *bytes,
                       size_t len)
{
    address(chip, offset, block);
    chip->bus->get(chip->bus->ctx, bytes, len);
    chip->bus->select(chip->bus->ctx, false);
}

static void write_block(const struct w5500 *chip, uint8_t block, uint16_t offset,
                        const uint8_t *bytes, size_t len)
{
    address(chip, offset, block | WRITE);
    chip->bus->put(chip->bus->ctx, bytes, len);
    chip->bus->select(chip->bus->ctx, false);
}

static uint8_t get8(const struct w5500 *chip, uint8_t block, uint16_t offset)
{
    uint8_t value;
    read_block(chip, block, offset, &value, 1);
    return value;
}

static void put8(const struct w5500 *chip, uint8_t block, uint16_t offset, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    write_block(chip, block, offset, &byte, 1);
}

static uint16_t get16(const struct w5500 *chip, uint16_t offset)
{
    uint8_t bytes[2];
    read_block(chip, SOCKET, offset, bytes, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(const struct w5500 *chip, uint16_t offset, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    write_block(chip, SOCKET, offset, bytes, sizeof bytes);
}

/* The chip may change the number between its two bytes: read until two readings agree (4.2). */
static uint16_t get16_steady(const struct w5500 *chip, uint16_t offset)
{
    uint16_t now = get16(chip, offset), before = (uint16_t)~now;
    for (unsigned tries = 0; tries < STEADY && now != before; tries++) {
        before = now;
        now = get16(chip, offset);
    }
    return now == before ? now : 0;
}

static bool await(const struct w5500 *chip, uint16_t offset, uint8_t value)
{
    for (unsigned tries = 0; tries < PATIENCE; tries++) {
        if (get8(chip, SOCKET, offset) == value) {
            return true;
        }
    }
    return false;
}

/* The chip clears the register when it takes the command. */
static bool command(const struct w5500 *chip, unsigned value)
{
    put8(chip, SOCKET, SN_CR, value);
    return await(chip, SN_CR, 0);
}

/* --- start --- */

static bool open_socket(struct w5500 *chip)
{
    const unsigned groups = chip->multicast ? 0 : SN_MR_NO_GRP | SN_MR_NO_IP6;
    chip->sending = false;
    if (!command(chip, CR_CLOSE) || !await(chip, SN_SR, SR_CLOSED)) {
        return false;
    }
    put8(chip, SOCKET, SN_IR, 0xff);
    put8(chip, SOCKET, SN_MR, SN_MR_MACRAW | SN_MR_FILTER | groups);
    put8(chip, SOCKET, SN_IMR, IR_RECV);
    return command(chip, CR_OPEN) && await(chip, SN_SR, SR_MACRAW);
}

static void restart(struct w5500 *chip)
{
    chip->restarts++;
    (void)open_socket(chip);
}

/* All memory for socket 0: the sum over the sockets must not exceed 16 KB each way. */
static void give_buffers(const struct w5500 *chip)
{
    for (unsigned i = SOCKETS; i-- > 0;) {
        const uint8_t block = (uint8_t)(SOCKET + i * NEXT_BLOCK);
        put8(chip, block, SN_RXSIZE, i == 0 ? BUFFER_KB : 0);
        put8(chip, block, SN_TXSIZE, i == 0 ? BUFFER_KB : 0);
    }
}

static bool reset(const struct w5500 *chip)
{
    put8(chip, COMMON, MR, MR_RESET);
    for (unsigned tries = 0; tries < PATIENCE; tries++) {
        if ((get8(chip, COMMON, MR) & MR_RESET) == 0) {
            return get8(chip, COMMON, VERSIONR) == VERSION;
        }
    }
    return false;
}

bool w5500_start(struct w5500 *chip, const struct w5500_bus *bus, const uint8_t mac[6],
                 bool multicast)
{
    *chip = (struct w5500){.bus = bus, .multicast = multicast};
    memcpy(chip->mac, mac, sizeof chip->mac);
    if (get8(chip, COMMON, VERSIONR) != VERSION || !reset(chip)) {
        return false;
    }
    write_block(chip, COMMON, SHAR, chip->mac, sizeof chip->mac);
    give_buffers(chip);
    put8(chip, COMMON, SIMR, 1); /* the interrupt pin follows socket 0 */
    return open_socket(chip);
}

bool w5500_link(const struct w5500 *chip)
{
    /* Without a chip all bits read as ones. */
    return (get8(chip, COMMON, PHYCFGR) & PHYCFGR_LNK) != 0 &&
           get8(chip, COMMON, VERSIONR) == VERSION;
}

void w5500_acknowledge(const struct w5500 *chip)
{
    put8(chip, SOCKET, SN_IR, IR_RECV);
}

/* --- receiving --- */

size_t w5500_take(struct w5500 *chip)
{
    uint8_t bytes[LENGTH_BYTES];
    const uint16_t waiting = get16_steady(chip, SN_RX_RSR);
    if (waiting == 0) {
        return 0;
    }
    chip->at = get16(chip, SN_RX_RD);
    chip->end = chip->at;
    if (waiting >= LENGTH_BYTES && waiting <= BUFFER_BYTES) {
        w5500_read(chip, bytes, sizeof bytes);
    } else {
        memset(bytes, 0, sizeof bytes);
    }
    const unsigned whole = (unsigned)bytes[0] << 8 | bytes[1];
    if (whole < LENGTH_BYTES + W5500_FRAME_LEAST || whole > LENGTH_BYTES + W5500_FRAME_MOST ||
        whole > waiting) {
        restart(chip);
        return 0;
    }
    chip->end = (uint16_t)(chip->end + whole);
    return whole - LENGTH_BYTES;
}

void w5500_read(struct w5500 *chip, uint8_t *bytes, size_t len)
{
    read_block(chip, RX_BUFFER, chip->at, bytes, len);
    chip->at = (uint16_t)(chip->at + len);
}

void w5500_taken(struct w5500 *chip)
{
    put16(chip, SN_RX_RD, chip->end);
    if (!command(chip, CR_RECV)) {
        restart(chip);
    }
}

/* --- sending --- */

/* A frame that is still being sent could be joined with the next one. */
static bool await_sent(struct w5500 *chip)
{
    for (unsigned tries = 0; tries < PATIENCE && chip->sending; tries++) {
        chip->sending = (get8(chip, SOCKET, SN_IR) & (IR_SENT | IR_TIMEOUT)) == 0;
    }
    if (chip->sending) {
        return false;
    }
    put8(chip, SOCKET, SN_IR, IR_SENT | IR_TIMEOUT);
    return true;
}

bool w5500_begin(struct w5500 *chip, size_t len)
{
    if (len < W5500_FRAME_LEAST || len > W5500_FRAME_MOST) {
        return false;
    }
    if (!await_sent(chip)) {
        restart(chip);
        return false;
    }
    if (get16_steady(chip, SN_TX_FSR) < (len < PADDED ? PADDED : len)) {
        return false;
    }
    chip->at = get16(chip, SN_TX_WR);
    chip->end = (uint16_t)(chip->at + (len < PADDED ? PADDED : len));
    return true;
}

void w5500_write(struct w5500 *chip, const uint8_t *bytes, size_t len)
{
    write_block(chip, TX_BUFFER, chip->at, bytes, len);
    chip->at = (uint16_t)(chip->at + len);
}

bool w5500_send(struct w5500 *chip)
{
    static const uint8_t zeros[PADDED];
    const uint16_t left = (uint16_t)(chip->end - chip->at);
    if (left > 0 && left <= PADDED) {
        w5500_write(chip, zeros, left);
    }
    put16(chip, SN_TX_WR, chip->end);
    if (!command(chip, CR_SEND)) {
        restart(chip);
        return false;
    }
    chip->sending = true;
    return true;
}
