/* SPDX-License-Identifier: MIT */
/* midge's version. */
#ifndef MIDGE_VERSION_H
#define MIDGE_VERSION_H

#define MIDGE_VERSION_MAJOR 0 /* 1 from the first version on that keeps what it promises */
#define MIDGE_VERSION_MINOR 2 /* below 1.0 a new one may break a program */
#define MIDGE_VERSION_PATCH 0 /* a new one breaks none */
/* All of them as text. */
#define MIDGE_VERSION "0.2.0"

#endif
