/* SPDX-License-Identifier: MIT */
/*
 * The devices of `--device NAME`: the limits of a board with one TLS profile. For each there is a
 * program of 32 bits, `midge-BOARD-PROFILE` (boards/devices.cmake), in which the sizes of all
 * structs are the board's. It runs simulated worlds only. The boards' usual images have no HTTP/2:
 * for some devices there is `midge-BOARD-PROFILE-http2` too, as the image with it. On real sockets
 * the program of 64 bits and of that profile has the board's limits, and a block that is
 * DEVICE_WIDER times as large.
 */
#ifndef MIDGE_HOST_DEVICE_H
#define MIDGE_HOST_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "speed.h"

/* Thousandths: what 1000 bytes of a device are with pointers of 8 bytes. Measured with profile
   tiny; the others have larger buffers and need less. */
#define DEVICE_WIDER 1300u

struct device {
    const char *board, *profile;
    const char *also;     /* machines that are equal but for their core, blank-separated */
    uint8_t is_default;   /* the profile of NAME without one */
    size_t block;         /* bytes of the client's memory */
    unsigned connections; /* at once */
    unsigned window;      /* bytes that lwIP keeps of a connection before they are read */
    unsigned segment;     /* bytes of TCP that travel together */
    struct device_speed speed;
};

/* NAME is BOARD or BOARD-PROFILE. NULL: there is no such device. */
const struct device *device_find(const char *name);
/* Prints them. */
void device_list(void);
/* Does this program have the device's sizes? 0: pointers have 8 bytes. */
int device_is_own(const struct device *device);
/* Bytes of the client's block in this program. */
size_t device_block(const struct device *device);

/*
 * Goes on in the right program for --device name, with the same arguments: argv as main got it.
 * http2: HTTP/2 is asked for, so in a simulated world it is the device's program with HTTP/2.
 * name NULL: this program's own device, if it has one. Returns -1 if this is the right one already;
 * *device is its device, or NULL. Otherwise the exit code, after a line on stderr or the list.
 */
int device_start(const struct device **device, const char *name, const char *sim, int http2,
                 char **argv);

/* Goes on in the program of 64 bits of this profile: full, small or tiny. Returns as device_start.
 */
int device_start_profile(const char *profile, char **argv);

/* --- made by boards/devices.cmake --- */

extern const struct device *const device_rows[]; /* NULL ends them */

#endif
