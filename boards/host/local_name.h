/* SPDX-License-Identifier: MIT */
/* The names of local files: of -o, -O and --output-dir. */
#ifndef MIDGE_HOST_LOCAL_NAME_H
#define MIDGE_HOST_LOCAL_NAME_H

#include "keep.h"

/* The last part of a URL's path, never with a folder in it; NULL when there is none that could be
   a file's name. */
char *local_name_of_url(struct keep *keep, const char *url);
/* folder/name; folder may be NULL. */
const char *local_name_in(struct keep *keep, const char *folder, const char *name);
/* A URL without a path, or one that ends in a slash, gets the name of the file that is sent there.
 */
const char *local_name_upload_url(struct keep *keep, const char *url, const char *path);

#endif
