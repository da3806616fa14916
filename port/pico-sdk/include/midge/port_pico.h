/* SPDX-License-Identifier: MIT */
/*
 * The parts of the port (port.h) that are the RP2040's and the RP2350's, on pico-sdk 2: clocks,
 * entropy, a file store in flash. Sockets and names come from lwIP, by port_lwip.h. In a firmware:
 *
 *     static struct midge_port port;
 *     midge_pico_port(&port);                        clocks and entropy
 *     midge_pico_files(&port, &files);               the file store, if it is wanted
 *     midge_lwip_raw_attach(&port, &machine);        then lwip_init, or cyw43_arch_init
 *
 * With cyw43_arch in background mode each call of midge stands between cyw43_arch_lwip_begin and
 * cyw43_arch_lwip_end: port_pico_w.h. port/pico-sdk/README.md has the steps.
 */
#ifndef MIDGE_PORT_PICO_H
#define MIDGE_PORT_PICO_H

#include <stddef.h>
#include <stdint.h>

#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sets clock_ms, clock_us, wall_time and entropy. The clocks are the chip's timer of 1 microsecond,
 * which clk_ref drives from the crystal; both cores and interrupts may read it.
 *
 * wall_time is UNSUPPORTED until midge_pico_set_time was called. entropy is midge_pico_entropy.
 * device_key stays NULL: a chip without a secret in it has none. Flash outside of the chip can be
 * read by everyone who holds the device.
 */
void midge_pico_port(struct midge_port *port);

/* Seconds since 1970 UTC now, for example of boards/examples/sntp.c; they count on from here. A
   negative number: the time is not known any more. */
void midge_pico_set_time(int64_t seconds);

/*
 * Writes len random bytes. MIDGE_ERR_ENTROPY: the noise source failed a health test, and buf holds
 * zeros; the next call tests it from the start.
 *
 *     RP2040: RANDOMBIT of the ring oscillator, one sample each 10 us.
 *             Assumed: at least 1/16 bit of min-entropy a sample.
 *     RP2350: the TRNG block, with its own tests on, one bit of its ring each 1,000 cycles.
 *             Assumed: at least 1/2 bit of min-entropy a bit.
 *
 * Each 32 bytes of output are SHA-256 over raw samples with 320 assumed bits of min-entropy or more
 * (256 and the 64 of SP 800-90B 3.1.5.1.2), and over the pool of all samples before: 5,120 samples
 * of the RP2040, 640 of the RP2350. Each sample is tested (SP 800-90B 4.4): repetition count,
 * adaptive proportion over 1,024 samples, and, beyond the standard, the agreement with each of the
 * 16 samples before, which finds a source locked to a clock. After a reset, and after a failure,
 * 1,024 samples are tested and dropped before the first one is used.
 *
 * The assumption is not a measurement of your device. The RP2040's data sheet (2.17) says that the
 * ring oscillator is no source for security if it can be influenced: the output is as good as the
 * assumption. Who can heat, cool or feed the chip a clock can make it worse than that.
 *
 * The RP2040's ring oscillator must run, and must not be the system's clock: ENTROPY else. Time of
 * the first call: 62 ms (RP2040), then 52 ms for each 32 bytes; it waits without yielding. Call it
 * from one core at a time. pico-sdk's get_rand_64 is not used: it is a software generator.
 */
int midge_pico_entropy(uint8_t *buf, size_t len);

/* Files in flash. Each takes two areas of whole sectors, which replace each other. */
struct midge_pico_store {
    uint32_t offset; /* from the start of flash, bytes; a multiple of 4,096. The program must end
                        before, and nothing else may write there */
    uint32_t area_bytes; /* of one area: a multiple of 4,096. A file has at most 256 bytes less */
    uint8_t files;       /* names there can be, 1 to 255. Flash: 2 * area_bytes for each */
};

/*
 * Sets the file_ calls. The struct is copied. MIDGE_ERR_INVALID: a number is none of the above, or
 * the region does not end within the flash (PICO_FLASH_SIZE_BYTES).
 *
 * A replaced file is written to the area that does not hold its present content; its header with a
 * sequence number and CRC-32s of all comes last. Power may fail at each byte: the file has its old
 * content or its new content afterwards. Each replacing costs one erase of the sectors written, in
 * one area and then in the other, so a part with 100,000 erases a sector takes 200,000 of a file.
 * Names have at most 47 bytes. They are never removed. At most MIDGE_PICO_OPEN_FILES are open at
 * once (4), of about 340 bytes of RAM each.
 *
 * Writing stops the other core and interrupts (flash_safe_execute): some 45 ms, at most 400 ms for
 * a sector of 4,096 bytes on usual parts, then 0.4 to 3 ms a page of 256. lwIP does not run
 * meanwhile. *native of a failure: 28 no room (all names are taken, or the file is too long), 16
 * this file is open, 2 no such file, 5 flash that does not keep its bits.
 */
int midge_pico_files(struct midge_port *port, const struct midge_pico_store *store);

#ifdef __cplusplus
}
#endif
#endif
