/* SPDX-License-Identifier: MIT */
/* MIDGE_CONFIG_FILE of the smallest firmware: turns off the features that a device does not need
   for its own server. See midge/config.h; tests/size keeps the sizes. */
#define MIDGE_WITH_URL_MENDING 0
#define MIDGE_WITH_IPV6        0
#define MIDGE_WITH_RETRY_AFTER 0
