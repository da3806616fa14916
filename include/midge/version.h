/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_VERSION_H
#define MIDGE_VERSION_H

#define MIDGE_VERSION_MAJOR 0
#define MIDGE_VERSION_MINOR 1
#define MIDGE_VERSION_PATCH 0
#define MIDGE_VERSION       "0.1.0"

#endif
