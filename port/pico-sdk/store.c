/* SPDX-License-Identifier: MIT */
/*
 * The file store in flash; store.h has its layout and its rules. Everything that is read from flash
 * may be wrong (a cut, a worn cell, another program's data), so lengths are checked against the
 * area and contents against their CRC before they are used.
 */
#include "store.h"

#include <string.h>

#include <midge/err.h>

#define MAGIC        0x3165646du
#define HEADER_BYTES (16u + STORE_NAME_BYTES)

/* errno of the usual systems, for messages (board_error_text) */
#define NO_ENTRY 2
#define IO       5
#define BUSY     16
#define NO_SPACE 28
#define TOO_LONG 36

/* --- numbers and checksums --- */

static uint32_t load(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void save(uint8_t *p, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(value >> 8 * i);
    }
}

/* CRC-32 of IEEE 802.3; of an empty text 0. */
static uint32_t crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    while (len-- > 0) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

static int answer(int *native, int code, int err)
{
    if (native != NULL) {
        *native = code;
    }
    return err;
}

/* --- areas --- */

struct header {
    uint32_t sequence, size, crc;
    char name[STORE_NAME_BYTES]; /* ends with a zero */
};

static uint32_t area_offset(const struct store *store, unsigned slot, unsigned which)
{
    return store->place.offset + (2 * slot + which) * store->place.area_bytes;
}

static uint32_t capacity(const struct store *store)
{
    return store->place.area_bytes - STORE_PAGE;
}

static bool read_header(const struct store *store, uint32_t area, struct header *header)
{
    uint8_t raw[HEADER_BYTES + 4];
    store->flash->read(area, raw, sizeof raw);
    header->sequence = load(raw + 4);
    header->size = load(raw + 8);
    header->crc = load(raw + 12);
    memcpy(header->name, raw + 16, sizeof header->name);
    return load(raw) == MAGIC && load(raw + HEADER_BYTES) == crc32(0, raw, HEADER_BYTES) &&
           header->size <= capacity(store) && header->name[STORE_NAME_BYTES - 1] == '\0';
}

static bool has_content(const struct store *store, uint32_t area, const struct header *header)
{
    uint8_t piece[64];
    uint32_t crc = 0;
    for (uint32_t at = 0; at < header->size;) {
        const uint32_t rest = header->size - at;
        const uint32_t n = rest < sizeof piece ? rest : (uint32_t)sizeof piece;
        store->flash->read(area + STORE_PAGE + at, piece, n);
        crc = crc32(crc, piece, n);
        at += n;
    }
    return crc == header->crc;
}

/* Finds the area with the present content of a slot: 0, 1, or 2, none. */
static unsigned find_content(const struct store *store, unsigned slot, struct header *found)
{
    unsigned which = 2;
    for (unsigned i = 0; i < 2; i++) {
        struct header header;
        const uint32_t area = area_offset(store, slot, i);
        if (read_header(store, area, &header) && has_content(store, area, &header) &&
            (which == 2 || (int32_t)(header.sequence - found->sequence) > 0)) {
            which = i;
            *found = header;
        }
    }
    return which;
}

/* The name of a slot without a look at its content: "" for a free one. */
static void read_name(const struct store *store, unsigned slot, char name[STORE_NAME_BYTES])
{
    struct header header;
    name[0] = '\0';
    for (unsigned i = 0; i < 2 && name[0] == '\0'; i++) {
        if (read_header(store, area_offset(store, slot, i), &header)) {
            memcpy(name, header.name, STORE_NAME_BYTES);
        }
    }
}

/* --- slots --- */

static struct midge_open_file *writer_of(struct store *store, unsigned slot)
{
    for (size_t i = 0; i < MIDGE_PICO_OPEN_FILES; i++) {
        struct midge_open_file *f = &store->open[i];
        if (f->used && f->writing && f->slot == slot) {
            return f;
        }
    }
    return NULL;
}

static bool is_read(const struct store *store, uint32_t area)
{
    for (size_t i = 0; i < MIDGE_PICO_OPEN_FILES; i++) {
        const struct midge_open_file *f = &store->open[i];
        if (f->used && !f->writing && f->area == area) {
            return true;
        }
    }
    return false;
}

/* The slot with this name, or a free one that is not being written; place.files: none. */
static unsigned find_slot(struct store *store, const char *path, bool or_free)
{
    const unsigned none = store->place.files;
    unsigned empty = none;
    for (unsigned slot = 0; slot < none; slot++) {
        char name[STORE_NAME_BYTES];
        const struct midge_open_file *writer = writer_of(store, slot);
        read_name(store, slot, name);
        if (strcmp(name, path) == 0 || (writer != NULL && strcmp(writer->name, path) == 0)) {
            return slot;
        }
        if (empty == none && name[0] == '\0' && writer == NULL) {
            empty = slot;
        }
    }
    return or_free ? empty : none;
}

/* --- writing --- */

/* A part of the area, from `offset` on, becomes this page. The first page of a sector erases it. */
static bool put_page(const struct store *store, uint32_t offset, const uint8_t page[STORE_PAGE])
{
    uint8_t there[STORE_PAGE];
    if (offset % STORE_SECTOR == 0 && !store->flash->erase(offset)) {
        return false;
    }
    if (!store->flash->program(offset, page)) {
        return false;
    }
    store->flash->read(offset, there, sizeof there);
    return memcmp(there, page, sizeof there) == 0;
}

/* Programs the page that holds the end of the content. */
static bool flush(const struct store *store, const struct midge_open_file *file)
{
    const uint32_t start = (file->size - 1) / STORE_PAGE * STORE_PAGE;
    return put_page(store, file->area + STORE_PAGE + start, file->page);
}

/* The header's page was erased together with its sector, before the content. */
static bool put_header(const struct store *store, const struct midge_open_file *file)
{
    uint8_t page[STORE_PAGE], there[STORE_PAGE];
    memset(page, 0xff, sizeof page);
    save(page, MAGIC);
    save(page + 4, file->sequence);
    save(page + 8, file->size);
    save(page + 12, file->crc);
    memcpy(page + 16, file->name, STORE_NAME_BYTES);
    save(page + HEADER_BYTES, crc32(0, page, HEADER_BYTES));
    if (!store->flash->program(file->area, page)) {
        return false;
    }
    store->flash->read(file->area, there, sizeof there);
    return memcmp(there, page, sizeof there) == 0;
}

/* Takes as many bytes as the page has room for. */
static size_t fill_page(struct midge_open_file *file, const uint8_t *buf, size_t len)
{
    const uint32_t used = file->size % STORE_PAGE;
    const size_t n = len < STORE_PAGE - used ? len : STORE_PAGE - used;
    if (used == 0) {
        memset(file->page, 0xff, STORE_PAGE);
    }
    memcpy(file->page + used, buf, n);
    file->size += (uint32_t)n;
    file->crc = crc32(file->crc, buf, n);
    return n;
}

int store_write(struct store *store, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    if (file->failed == 0 && len > capacity(store) - file->size) {
        file->failed = NO_SPACE;
    }
    while (len > 0 && file->failed == 0) {
        const size_t n = fill_page(file, buf, len);
        buf += n;
        len -= n;
        if (file->size % STORE_PAGE == 0 && !flush(store, file)) {
            file->failed = IO;
        }
    }
    return answer(native, file->failed, file->failed == 0 ? MIDGE_OK : MIDGE_ERR_WRITE);
}

/* --- opening --- */

static struct midge_open_file *take(struct store *store)
{
    for (size_t i = 0; i < MIDGE_PICO_OPEN_FILES; i++) {
        if (!store->open[i].used) {
            return &store->open[i];
        }
    }
    return NULL;
}

static int open_read(struct store *store, const char *path, struct midge_open_file *file,
                     int *native)
{
    struct header header = {0};
    const unsigned slot = find_slot(store, path, false);
    const unsigned which = slot < store->place.files ? find_content(store, slot, &header) : 2;
    if (which == 2) {
        return answer(native, NO_ENTRY, MIDGE_ERR_READ);
    }
    *file = (struct midge_open_file){.used = true,
                                     .slot = (uint8_t)slot,
                                     .area = area_offset(store, slot, which),
                                     .size = header.size};
    return MIDGE_OK;
}

static int open_replace(struct store *store, const char *path, struct midge_open_file *file,
                        int *native)
{
    struct header present = {0};
    const unsigned slot = find_slot(store, path, true);
    if (slot == store->place.files) {
        return answer(native, NO_SPACE, MIDGE_ERR_WRITE);
    }
    const unsigned which = find_content(store, slot, &present);
    const uint32_t area = area_offset(store, slot, which == 0 ? 1 : 0);
    if (writer_of(store, slot) != NULL || is_read(store, area)) {
        return answer(native, BUSY, MIDGE_ERR_WRITE);
    }
    if (!store->flash->erase(area)) {
        return answer(native, IO, MIDGE_ERR_WRITE);
    }
    *file = (struct midge_open_file){.used = true,
                                     .writing = true,
                                     .slot = (uint8_t)slot,
                                     .area = area,
                                     .sequence = present.sequence + 1};
    memcpy(file->name, path, strlen(path));
    return MIDGE_OK;
}

int store_open(struct store *store, const char *path, enum midge_file_mode mode, midge_file *file,
               int *native)
{
    const bool reading = mode == MIDGE_FILE_READ;
    const size_t len = strlen(path);
    struct midge_open_file *f = take(store);
    (void)answer(native, 0, 0);
    if (f == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (len == 0 || len >= STORE_NAME_BYTES) {
        return answer(native, TOO_LONG, reading ? MIDGE_ERR_READ : MIDGE_ERR_WRITE);
    }
    *file = f;
    return reading ? open_read(store, path, f, native) : open_replace(store, path, f, native);
}

/* --- reading, the end --- */

int store_size(midge_file file, uint64_t *size)
{
    *size = file->size;
    return MIDGE_OK;
}

/* A file that is written grows at its end only. */
int store_seek(midge_file file, uint64_t offset)
{
    if (file->writing) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    file->at = offset < file->size ? (uint32_t)offset : file->size;
    return MIDGE_OK;
}

int store_read(struct store *store, midge_file file, uint8_t *buf, size_t cap, size_t *n,
               int *native)
{
    const uint32_t rest = file->size - file->at;
    (void)answer(native, 0, 0);
    if (file->writing) {
        return answer(native, IO, MIDGE_ERR_READ);
    }
    *n = cap < rest ? cap : rest;
    store->flash->read(file->area + STORE_PAGE + file->at, buf, *n);
    file->at += (uint32_t)*n;
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

int store_finish(struct store *store, midge_file file, int commit, int *native)
{
    int code = 0;
    if (file->writing && commit) {
        code = file->failed;
        if (code == 0 && file->size % STORE_PAGE != 0 && !flush(store, file)) {
            code = IO;
        }
        if (code == 0 && !put_header(store, file)) {
            code = IO;
        }
    }
    file->used = false;
    return answer(native, code, code == 0 ? MIDGE_OK : MIDGE_ERR_WRITE);
}
