/* SPDX-License-Identifier: MIT */
/*
 * Compares the paths of a JSON scanner (json_scan.c) with its place in the document. Sets of paths
 * are bit masks; s->hits are the paths that the current name or value still matches.
 */
#ifndef MIDGE__JSON_PATH_H
#define MIDGE__JSON_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "midge/json.h"

/* Is it a path as midge/json.h defines them, such as "results[*].artistName"? */
bool midge__json_path_ok(const char *path);

/* object: the paths whose next step is a name in the open object. Else those whose next step in the
   open array is "[*]", or "[number]" of the current element. */
uint8_t midge__json_paths_next(struct midge__json_scan *s, bool object);

/* The hits whose name has c after the s->len bytes that were read; c NUL: whose name ends there. */
uint8_t midge__json_paths_name(struct midge__json_scan *s, char c);

/* The hits that end with this value. */
uint8_t midge__json_paths_end_here(struct midge__json_scan *s);

/* enter: a container opens at s->depth, and the hits step into it. leave: it has closed, s->depth
   is that of the container around it, and the paths inside step back. Both return the paths that
   end with the container. */
uint8_t midge__json_paths_enter(struct midge__json_scan *s);
uint8_t midge__json_paths_leave(struct midge__json_scan *s);

#endif
