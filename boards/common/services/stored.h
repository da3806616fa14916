/* SPDX-License-Identifier: MIT */
/*
 * A command line in flash, so that an image need not be built again for other words. A board that
 * has a place for it defines SERVICES_STORED, its address:
 *
 *     "midge " the words and settings of a line, then a line end, a zero, or erased flash
 */
#ifndef MIDGE_BOARDS_STORED_H
#define MIDGE_BOARDS_STORED_H

#include <stddef.h>

#define STORED_BYTES 1024 /* of the line, its end included */

#ifdef SERVICES_STORED

/* The line without "midge ", in RAM, where it may be changed; NULL: there is none, or it is not
   whole. Then a line on the console tells which, unless the flash is erased. */
char *stored_line(void);

#else

static inline char *stored_line(void)
{
    return NULL;
}

#endif

#endif
