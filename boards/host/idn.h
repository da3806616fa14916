/* SPDX-License-Identifier: MIT */
/* Host names in other scripts than ASCII: their A-label (IDNA2008, UTS 46), as DNS has it. */
#ifndef MIDGE_HOST_IDN_H
#define MIDGE_HOST_IDN_H

#define IDN_NAME 256 /* bytes of a name in ASCII with its NUL */

/* Writes the name in ASCII. NULL, or why there is none. */
const char *idn_name(const char *host, char name[IDN_NAME]);

#endif
