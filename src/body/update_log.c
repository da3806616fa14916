/* SPDX-License-Identifier: MIT */
/*
 * The last block of the store, which is erased as a whole:
 *
 *     head     magic, size, SHA-256 of the image, validator of its version, CRC of all these
 *     record   bytes stored, CRC of the head's CRC and that number
 *     record   …                                 each in programming units of its own
 *     0xff     …
 *
 * A loss of power can tear each erase and each write. So a head counts only with its CRC, and a
 * record only with its own, which includes the head's. A place that is not blank is never
 * programmed: a torn record stays, and the next one goes behind it. A new image begins with the
 * erase of this block, before the blocks of the image are touched: while a record can be read, the
 * bytes that it counts are in the store. When the block is full, it is erased, and the log begins
 * again with the last number; a loss of power in between costs the progress, nothing else.
 *
 * The numbers are in the byte order of the device.
 */
#include "body/update_log.h"

#if MIDGE_WITH_UPDATE

#include <string.h>

#include "codec/checksum.h"

#define MAGIC UINT32_C(0x3147554d)

struct head {
    uint32_t magic, size;
    uint8_t sha256[32];
    char validator[MIDGE_VALIDATOR_BYTES];
    uint32_t crc;
};

struct record {
    uint32_t stored, crc;
};

_Static_assert(sizeof(struct head) <= 128 && MIDGE_UPDATE_PAGE >= 128, "update.h says so");
_Static_assert(sizeof(struct record) == 8, "no padding");

static uint32_t round_up(uint32_t n, uint32_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static uint32_t head_bytes(const struct midge_update_store *store)
{
    return round_up(sizeof(struct head), store->unit);
}

static uint32_t record_bytes(const struct midge_update_store *store)
{
    return round_up(sizeof(struct record), store->unit);
}

static uint32_t log_start(const struct midge_update_store *store)
{
    return store->size - store->block;
}

static bool is_power_of_two(uint32_t n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

bool midge__update_log_fits(const struct midge_update_store *store)
{
    return is_power_of_two(store->unit) && store->unit <= MIDGE_UPDATE_PAGE && store->block > 0 &&
           store->block % MIDGE_UPDATE_PAGE == 0 && store->size % store->block == 0 &&
           store->size / store->block >= 2 &&
           store->block >= head_bytes(store) + record_bytes(store);
}

/* Programs len bytes, filled up with 0xff to whole units. */
static int program(struct midge_update_store *store, uint32_t at, const void *data, uint32_t len)
{
    uint32_t page[MIDGE_UPDATE_PAGE / 4];
    memset(page, 0xff, sizeof page);
    memcpy(page, data, len);
    return store->program(store, at, page, round_up(len, store->unit));
}

/* --- reading --- */

static uint32_t crc_of(uint32_t seed, const void *data, size_t len)
{
    return midge__crc32(seed, data, len);
}

static uint32_t crc_of_record(const struct midge_update *u, uint32_t stored)
{
    return crc_of(u->seed, &stored, sizeof stored);
}

static bool is_of_image(const struct head *head, const struct midge_image *image)
{
    return head->magic == MAGIC && head->crc == crc_of(0, head, offsetof(struct head, crc)) &&
           head->size == image->size &&
           memcmp(head->sha256, image->sha256, sizeof head->sha256) == 0 &&
           memchr(head->validator, '\0', sizeof head->validator) != NULL;
}

/* Only whole blocks, or the image. */
static bool is_good(const struct midge_update *u, const struct record *record)
{
    return record->crc == crc_of_record(u, record->stored) &&
           (record->stored == u->image.size ||
            (record->stored < u->image.size && record->stored % u->store->block == 0));
}

static int read_records(struct midge_update *u)
{
    struct midge_update_store *store = u->store;
    const uint32_t step = record_bytes(store);
    for (uint32_t at = head_bytes(store); at + step <= store->block; at += step) {
        struct record record;
        const int err = store->read(store, log_start(store) + at, &record, sizeof record);
        if (err != MIDGE_OK) {
            return err;
        }
        if (is_good(u, &record) && record.stored > u->stored) {
            u->stored = record.stored;
        }
    }
    return MIDGE_OK;
}

int midge__update_log_read(struct midge_update *u)
{
    struct head head;
    int err = u->store->read(u->store, log_start(u->store), &head, sizeof head);
    u->stored = 0;
    if (err != MIDGE_OK || !is_of_image(&head, &u->image)) {
        return err;
    }
    u->seed = head.crc;
    err = read_records(u);
    if (head.validator[0] == '\0' && u->stored < u->image.size) {
        u->stored = 0; /* the rest cannot be asked for */
    }
    if (u->stored > 0) {
        memcpy(u->download.validator, head.validator, sizeof head.validator);
    }
    return err;
}

/* --- writing --- */

int midge__update_log_erase(struct midge_update *u)
{
    return u->store->erase(u->store, log_start(u->store));
}

int midge__update_log_begin(struct midge_update *u)
{
    struct head head;
    memset(&head, 0, sizeof head);
    head.magic = MAGIC;
    head.size = u->image.size;
    memcpy(head.sha256, u->image.sha256, sizeof head.sha256);
    memcpy(head.validator, u->download.validator, sizeof head.validator);
    u->seed = head.crc = crc_of(0, &head, offsetof(struct head, crc));
    const int err = midge__update_log_erase(u);
    return err != MIDGE_OK ? err : program(u->store, log_start(u->store), &head, sizeof head);
}

static bool is_blank(const uint8_t *bytes, size_t len)
{
    while (len > 0 && bytes[len - 1] == 0xff) {
        len--;
    }
    return len == 0;
}

/* *at: of the first place that is blank; the block's size if there is none. */
static int find_blank(struct midge_update *u, uint32_t *at)
{
    struct midge_update_store *store = u->store;
    const uint32_t step = record_bytes(store);
    uint8_t bytes[MIDGE_UPDATE_PAGE];
    for (*at = head_bytes(store); *at + step <= store->block; *at += step) {
        const int err = store->read(store, log_start(store) + *at, bytes, step);
        if (err != MIDGE_OK || is_blank(bytes, step)) {
            return err;
        }
    }
    *at = store->block;
    return MIDGE_OK;
}

int midge__update_log_add(struct midge_update *u)
{
    uint32_t at;
    int err = find_blank(u, &at);
    if (err == MIDGE_OK && at == u->store->block) {
        at = head_bytes(u->store);
        err = midge__update_log_begin(u);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    const struct record record = {u->stored, crc_of_record(u, u->stored)};
    return program(u->store, log_start(u->store) + at, &record, sizeof record);
}

#endif
