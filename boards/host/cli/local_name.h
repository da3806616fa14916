/* SPDX-License-Identifier: MIT */
/* The names of local files, for -o, -O and --output-dir. */
#ifndef MIDGE_CLI_LOCAL_NAME_H
#define MIDGE_CLI_LOCAL_NAME_H

#include "keep.h"

/* The last part of a URL's path, without a folder; NULL: that part cannot be the name of a file. */
char *local_name_of_url(struct keep *keep, const char *url);
/* folder/name; folder may be NULL. */
const char *local_name_in(struct keep *keep, const char *folder, const char *name);
/* Makes the folders above a file that do not exist yet. 0 or errno. */
int local_name_make_folders(const char *path);
/* Adds the name of the uploaded file to a URL without a path, or with a slash at its end. */
const char *local_name_upload_url(struct keep *keep, const char *url, const char *path);

#endif
