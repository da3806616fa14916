/* SPDX-License-Identifier: MIT */
/*
 * WIZnet's W5500 as a plain Ethernet chip: socket 0 in MACRAW mode with all of its 32 KB of
 * buffers; its own TCP/IP is not used. Registers: W5500 data sheet, 4. The bus is the board's,
 * three calls, so that a model of the chip can stand in its place.
 *
 *     w5500_start                                      the link is down until w5500_link says up
 *     n = w5500_take(&chip)                            length of the next frame, 0: none
 *     w5500_read(&chip, …) until n bytes are read, or not at all; then w5500_taken(&chip)
 *     w5500_begin(&chip, n), w5500_write(&chip, …) of n bytes, w5500_send(&chip)
 *
 * Each wait is bounded. After a length that cannot be true the chip's buffer is emptied and the
 * socket opened again; `restarts` counts that.
 */
#ifndef MIDGE_PICO_W5500_H
#define MIDGE_PICO_W5500_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define W5500_FRAME_LEAST 14 /* bytes of a frame: header, without FCS */
#define W5500_FRAME_MOST  1514

/* SPI mode 0 or 3, at most 33 MHz, most significant bit first. */
struct w5500_bus {
    void *ctx;
    void (*select)(void *ctx, bool on); /* drives the chip's SCSn low, or high again */
    void (*put)(void *ctx, const uint8_t *bytes, size_t len);
    void (*get)(void *ctx, uint8_t *bytes, size_t len);
};

struct w5500 {
    const struct w5500_bus *bus;
    uint8_t mac[6];
    bool multicast; /* frames to groups are received */
    bool sending;   /* a SEND was not reported as done yet */
    uint16_t at;    /* pointer in the buffer of the frame under way */
    uint16_t end;   /* behind it */
    uint32_t restarts, dropped;
};

/* After a hardware reset of 500 us and 1 ms for its PLL. multicast: IPv6 and IGMP need it. False:
   there is no W5500, or it does not open the socket. */
bool w5500_start(struct w5500 *chip, const struct w5500_bus *bus, const uint8_t mac[6],
                 bool multicast);

/* Is a cable there, and the other side? */
bool w5500_link(const struct w5500 *chip);

/* Clears the interrupt of received frames: before w5500_take, so that a later frame raises it. */
void w5500_acknowledge(const struct w5500 *chip);

size_t w5500_take(struct w5500 *chip);
void w5500_read(struct w5500 *chip, uint8_t *bytes, size_t len);
void w5500_taken(struct w5500 *chip);

/* False: the frame has a length that no frame has, or the chip has no room for it in time. */
bool w5500_begin(struct w5500 *chip, size_t len);
void w5500_write(struct w5500 *chip, const uint8_t *bytes, size_t len);
bool w5500_send(struct w5500 *chip); /* false: the chip does not take the command */

#endif
