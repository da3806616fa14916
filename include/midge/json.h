/* SPDX-License-Identifier: MIT */
/*
 * JSON by cJSON, with limits; memory from the client's block.
 */
#ifndef MIDGE_JSON_H
#define MIDGE_JSON_H

#include <midge/client.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cJSON;

/* Parse all of text (white space around it allowed, anything else after it is an error). depth: at
   most so many nested arrays and objects (0: 32). JSON for malformed or too deep text, NO_MEMORY.
   *offset (may be NULL) is where it went wrong. Free with midge_json_free. */
int midge_json_parse(struct midge_client *client, const void *text, size_t len, unsigned depth,
                     struct cJSON **json, size_t *offset);
void midge_json_free(struct midge_client *client, struct cJSON *json);

/* Write without white space into memory of the client's block: free with midge_free. */
int midge_json_print(struct midge_client *client, const struct cJSON *json, char **text,
                     size_t *len);

/* Value at a path like "data[0].url", or NULL. */
const struct cJSON *midge_json_at(const struct cJSON *json, const char *path);
/* The string there, or NULL; the number there, or otherwise. */
const char *midge_json_string(const struct cJSON *json, const char *path);
double midge_json_number(const struct cJSON *json, const char *path, double otherwise);

/* Escapes text as a JSON string with its quotes; TOO_LARGE when cap is too small. */
int midge_json_quote(char *out, size_t cap, size_t *len, const char *text);

#ifdef __cplusplus
}
#endif
#endif
