/* SPDX-License-Identifier: MIT */
/* The trusted roots, PEM. Empty here, so that each request over https is refused with CA: put in
   the certificates of your servers' CAs, as the README's step 4 does it. */
static const char roots[] = "";
