/* SPDX-License-Identifier: MIT */
/* The resolver that this program is built with, for --version: "c-ares 1.34.5". */
#ifndef MIDGE_HOST_RESOLVER_H
#define MIDGE_HOST_RESOLVER_H

const char *resolver_text(void);

#endif
