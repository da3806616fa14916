/* SPDX-License-Identifier: MIT */
/* The request's body, where it comes from a source: -T, -F. */
#ifndef MIDGE_CLI_BODY_H
#define MIDGE_CLI_BODY_H

struct fetch;

/* Opens the files of the fetch and sets its request's source. MIDGE_OK, or READ. */
int body_open(struct fetch *fetch);
/* Closes them: no request was started with them. */
void body_drop(struct fetch *fetch);
/* The file that could not be read, and errno (0: unknown). */
const char *body_failed(const struct fetch *fetch);
int body_native(const struct fetch *fetch);

#endif
