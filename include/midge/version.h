/* SPDX-License-Identifier: MIT */
/* The version; port/release.sh says how a release is made. */
#ifndef MIDGE_VERSION_H
#define MIDGE_VERSION_H

#define MIDGE_VERSION_MAJOR 0
#define MIDGE_VERSION_MINOR 2
#define MIDGE_VERSION_PATCH 0
#define MIDGE_VERSION       "0.2.0"

#endif
