/* SPDX-License-Identifier: MIT */
/* mbedTLS's default configuration as it is. */
