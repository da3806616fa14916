/* SPDX-License-Identifier: MIT */
/* Names below which anyone may register one: com, co.uk (publicsuffix.org). */
#ifndef MIDGE_HOST_SUFFIX_H
#define MIDGE_HOST_SUFFIX_H

/* The function for midge_cookies; NULL: this build has no list. */
int (*suffix_list(void))(void *ctx, const char *domain);

#endif
