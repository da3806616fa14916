/* SPDX-License-Identifier: MIT */
/*
 * Small files in NOR flash, for the file_ calls of port.h. port_pico.h tells users what they get;
 * here are the layout and the rules that keep it whole.
 *
 *     region      file 0: area, area | file 1: area, area | …
 *     area        page of the header, then the content; the unit of erasing is a sector
 *     header      magic, sequence, length, CRC-32 of the content, name of 48 bytes, CRC-32 of all
 *                 that; little-endian, the rest of the page is erased
 *
 * The content of a file is that of the valid area with the newer sequence number. A new content
 * goes to the other area: its first sector is erased first, so that it is invalid, and its header
 * is programmed last, when the content is there and was read back. No operation touches an area
 * that holds the present content of a file.
 */
#ifndef MIDGE_PICO_STORE_H
#define MIDGE_PICO_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <midge/port.h>
#include <midge/port_pico.h>

#define STORE_SECTOR     4096u
#define STORE_PAGE       256u
#define STORE_NAME_BYTES 48u

#ifndef MIDGE_PICO_OPEN_FILES
#define MIDGE_PICO_OPEN_FILES 4 /* at once */
#endif

/* Offsets are from the start of flash. erase: one sector; program: one page that was erased. False:
   the flash did not do it. */
struct store_flash {
    bool (*erase)(uint32_t offset);
    bool (*program)(uint32_t offset, const uint8_t page[STORE_PAGE]);
    void (*read)(uint32_t offset, uint8_t *buf, size_t len);
};

struct midge_open_file {
    bool used;
    bool writing;
    uint8_t slot;      /* number of the file */
    uint32_t area;     /* where its area begins */
    uint32_t sequence; /* of the content that is written */
    uint32_t size;     /* of the content, so far */
    uint32_t at;       /* position of reading */
    uint32_t crc;      /* of the content written */
    int failed;        /* native code of the first write that failed */
    char name[STORE_NAME_BYTES];
    uint8_t page[STORE_PAGE]; /* the end of the content, not programmed yet */
};

struct store {
    const struct store_flash *flash;
    struct midge_pico_store place;
    struct midge_open_file open[MIDGE_PICO_OPEN_FILES];
};

/* The calls of port.h. */
int store_open(struct store *store, const char *path, enum midge_file_mode mode, midge_file *file,
               int *native);
int store_size(midge_file file, uint64_t *size);
int store_seek(midge_file file, uint64_t offset);
int store_read(struct store *store, midge_file file, uint8_t *buf, size_t cap, size_t *n,
               int *native);
int store_write(struct store *store, midge_file file, const uint8_t *buf, size_t len, int *native);
int store_finish(struct store *store, midge_file file, int commit, int *native);

#endif
