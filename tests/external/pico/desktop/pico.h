/* SPDX-License-Identifier: MIT */
/* For tests on the desktop, in place of pico-sdk's: the test says which chip it is. */
