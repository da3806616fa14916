/* SPDX-License-Identifier: MIT */
/*
 * The paths of a JSON scanner (json_scan.c) against the place in the document where it is. Sets
 * of paths are bit masks; s->hits are those that the current name or value still matches.
 */
#ifndef MIDGE__JSON_PATH_H
#define MIDGE__JSON_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "midge/json.h"

/* "results[*].artistName": what midge/json.h allows. */
bool midge__json_path_ok(const char *path);

/* All of them. */
uint8_t midge__json_paths_all(const struct midge__json_scan *s);

/* In the open object: whose next step is a name. In the open array: whose next step is "[*]", or
   "[number]" of the current element. */
uint8_t midge__json_paths_member(struct midge__json_scan *s);
uint8_t midge__json_paths_element(struct midge__json_scan *s);

/* Of the hits: whose name has c behind the s->len bytes that were read; whose name ends there. */
uint8_t midge__json_paths_name_goes_on(struct midge__json_scan *s, char c);
uint8_t midge__json_paths_name_ends(struct midge__json_scan *s);

/* Of the hits: those that end with the value. */
uint8_t midge__json_paths_end_here(struct midge__json_scan *s);

/* A container opens at s->depth: the hits take their step into it. It has closed, s->depth is that
   of what is around it: those inside step back. The paths that end with the container. */
uint8_t midge__json_paths_enter(struct midge__json_scan *s);
uint8_t midge__json_paths_leave(struct midge__json_scan *s);

#endif
