/* SPDX-License-Identifier: MIT */
/* MIDGE_CONFIG_FILE of the smallest firmware: turns off the features that a device does not need
   for its own server. See midge/config.h; tests/size keeps the sizes. */
#define MIDGE_URL_MEND   0
#define MIDGE_ZONES      0
#define MIDGE_HTTP_DATES 0
