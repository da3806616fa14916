/* SPDX-License-Identifier: MIT */
/* MIDGE_CONFIG_FILE of the least firmware: what a device that only talks to its own server can do
   without. See midge/config.h; tests/size keeps the sizes. */
#define MIDGE_TEXTS      0
#define MIDGE_URL_MEND   0
#define MIDGE_ZONES      0
#define MIDGE_HTTP_DATES 0
