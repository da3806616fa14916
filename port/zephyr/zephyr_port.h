/* SPDX-License-Identifier: MIT */
/* Private to port/zephyr: the calls of struct midge_port that its files give. */
#ifndef MIDGE_ZEPHYR_PORT_H
#define MIDGE_ZEPHYR_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "midge/err.h"
#include "midge/port.h"

/* clock.c */
uint32_t midge__zephyr_clock_ms(void *ctx);
uint64_t midge__zephyr_clock_us(void *ctx);
int64_t midge__zephyr_wall_time(void *ctx);

/* entropy.c */
int midge__zephyr_entropy(void *ctx, uint8_t *buf, size_t len);

/* names.c */
unsigned midge__zephyr_name_servers(void *home, struct midge_addr *servers, unsigned cap);
unsigned midge__zephyr_families(void *home);

/* files.c, with CONFIG_MIDGE_ZEPHYR_FILES */
int midge__zephyr_files_init(void);
int midge__zephyr_file_open(void *ctx, const char *path, enum midge_file_mode mode,
                            midge_file *file, int *native);
int midge__zephyr_file_size(void *ctx, midge_file file, uint64_t *size);
int midge__zephyr_file_seek(void *ctx, midge_file file, uint64_t offset);
int midge__zephyr_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                            int *native);
int midge__zephyr_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len,
                             int *native);
int midge__zephyr_file_finish(void *ctx, midge_file file, int commit, int *native);

#endif
