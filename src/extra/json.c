/* SPDX-License-Identifier: MIT */
/*
 * JSON by cJSON. What cJSON takes too lightly is refused before it sees the text: nesting (it
 * recurses), NUL bytes and control characters, numbers that RFC 8259 has no grammar for.
 *
 * cJSON's allocator hooks belong to the process and can't be asked for. They point here only
 * within a call of this file, which never calls out, and are set back afterwards; so the firmware
 * may use cJSON with its own memory. Neither is safe from two threads at once.
 */
#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "cJSON.h"
#include "midge/config.h"
#include "midge/json.h"

#define DEPTH_DEFAULT 32U

/* --- cJSON's memory is a client's --- */

#ifdef MIDGE_CJSON_MALLOC
void *MIDGE_CJSON_MALLOC(size_t size);
void MIDGE_CJSON_FREE(void *memory);
#else
#define MIDGE_CJSON_MALLOC NULL
#define MIDGE_CJSON_FREE   NULL
#endif

static struct midge_client *hooked; /* NULL outside of calls */
static bool out_of_memory;          /* cJSON does not tell that from malformed text */

static void *hook_malloc(size_t size)
{
    void *memory = midge_alloc(hooked, size);
    if (memory == NULL) {
        out_of_memory = true;
    }
    return memory;
}

static void hook_free(void *memory)
{
    if (memory != NULL) {
        midge_free(hooked, memory);
    }
}

static void hooks_set(struct midge_client *client)
{
    cJSON_Hooks hooks = {hook_malloc, hook_free};
    hooked = client;
    out_of_memory = false;
    cJSON_InitHooks(&hooks);
}

static void hooks_restore(void)
{
    cJSON_Hooks hooks = {MIDGE_CJSON_MALLOC, MIDGE_CJSON_FREE};
    cJSON_InitHooks(&hooks);
    hooked = NULL;
}

/* --- what cJSON is not shown --- */

struct scan {
    const char *text;
    size_t len, at;
    unsigned depth, max_depth;
};

static char peek(const struct scan *scan)
{
    return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *scan)
{
    while (is_space(peek(scan))) {
        scan->at++;
    }
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What cJSON takes for a NUL: it reads other characters than digits as 0. A NUL in a string would
   end it for everyone who reads it by cJSON, so its escape is refused. */
static bool is_bad_u(const struct scan *scan)
{
    const char *digits = scan->text + scan->at + 1;
    if (peek(scan) != 'u') {
        return false;
    }
    if (scan->len - scan->at < 5 || memcmp(digits, "0000", 4) == 0) {
        return true;
    }
    return !is_hex(digits[0]) || !is_hex(digits[1]) || !is_hex(digits[2]) || !is_hex(digits[3]);
}

/* From the opening quote to behind the closing one. Which other escapes there are is cJSON's to
   check. */
static bool scan_string(struct scan *scan)
{
    for (scan->at++; scan->at < scan->len; scan->at++) {
        char c = scan->text[scan->at];
        if (c == '"') {
            scan->at++;
            return true;
        }
        if ((unsigned char)c < 0x20) {
            return false;
        }
        if (c == '\\') {
            scan->at++;
            if ((unsigned char)peek(scan) < 0x20 || is_bad_u(scan)) {
                return false;
            }
        }
    }
    return false;
}

static bool scan_digits(struct scan *scan)
{
    size_t from = scan->at;
    while (midge__is_digit(peek(scan))) {
        scan->at++;
    }
    return scan->at > from;
}

/* RFC 8259 6. cJSON takes what strtod takes: "01", "1.", "-.5". */
static bool scan_number(struct scan *scan)
{
    if (peek(scan) == '-') {
        scan->at++;
    }
    if (peek(scan) == '0') {
        scan->at++;
    } else if (!scan_digits(scan)) {
        return false;
    }
    if (peek(scan) == '.') {
        scan->at++;
        if (!scan_digits(scan)) {
            return false;
        }
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-') {
            scan->at++;
        }
        return scan_digits(scan);
    }
    return !midge__is_digit(peek(scan)); /* a digit here follows a leading zero */
}

/* One token; punctuation's order and matching are cJSON's to check. */
static bool scan_token(struct scan *scan)
{
    char c = peek(scan);
    if (c == '"') {
        return scan_string(scan);
    }
    if (c == '-' || midge__is_digit(c)) {
        return scan_number(scan);
    }
    if ((unsigned char)c < 0x20) {
        return is_space(c) && (scan->at++, true);
    }
    if (c == '[' || c == '{') {
        if (scan->depth == scan->max_depth) {
            return false;
        }
        scan->depth++;
    } else if ((c == ']' || c == '}') && scan->depth > 0) {
        scan->depth--;
    }
    scan->at++;
    return true;
}

static bool scan_all(struct scan *scan)
{
    while (scan->at < scan->len) {
        if (!scan_token(scan)) {
            return false;
        }
    }
    return true;
}

/* --- parse, free, print --- */

static cJSON *parse(struct midge_client *client, const char *text, size_t len, size_t *end)
{
    const char *stopped = text;
    hooks_set(client);
    cJSON *json = cJSON_ParseWithLengthOpts(text, len, &stopped, 0);
    hooks_restore();
    *end = (size_t)(stopped - text);
    return json;
}

int midge_json_parse(struct midge_client *client, const void *text, size_t len, unsigned depth,
                     struct cJSON **json, size_t *offset)
{
    struct scan scan = {.text = text, .len = len, .max_depth = depth != 0 ? depth : DEPTH_DEFAULT};
    size_t unused = 0;
    if (offset == NULL) {
        offset = &unused;
    }
    *offset = 0;
    if (json == NULL || (text == NULL && len > 0)) {
        return MIDGE_ERR_INVALID;
    }
    *json = NULL;
    if (len == 0) {
        return MIDGE_ERR_JSON;
    }
    if (!scan_all(&scan)) {
        *offset = scan.at;
        return MIDGE_ERR_JSON;
    }
    cJSON *parsed = parse(client, text, len, &scan.at);
    if (parsed == NULL) {
        *offset = scan.at;
        return out_of_memory ? MIDGE_ERR_NO_MEMORY : MIDGE_ERR_JSON;
    }
    /* cJSON's own check wants a NUL there. */
    skip_space(&scan);
    if (scan.at < len) {
        *offset = scan.at;
        midge_json_free(client, parsed);
        return MIDGE_ERR_JSON;
    }
    *json = parsed;
    return MIDGE_OK;
}

void midge_json_free(struct midge_client *client, struct cJSON *json)
{
    if (json == NULL) {
        return;
    }
    hooks_set(client);
    cJSON_Delete(json);
    hooks_restore();
}

int midge_json_print(struct midge_client *client, const struct cJSON *json, char **text,
                     size_t *len)
{
    if (json == NULL || text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    hooks_set(client);
    *text = cJSON_PrintUnformatted(json);
    hooks_restore();
    if (*text == NULL) {
        return out_of_memory ? MIDGE_ERR_NO_MEMORY : MIDGE_ERR_INVALID;
    }
    if (len != NULL) {
        *len = strlen(*text);
    }
    return MIDGE_OK;
}

/* --- paths --- */

static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
    if (!cJSON_IsObject(object)) {
        return NULL;
    }
    for (const cJSON *it = object->child; it != NULL; it = it->next) {
        if (it->string != NULL && strlen(it->string) == len && memcmp(it->string, name, len) == 0) {
            return it;
        }
    }
    return NULL;
}

static const cJSON *element(const cJSON *array, uint64_t index)
{
    if (!cJSON_IsArray(array)) {
        return NULL;
    }
    const cJSON *it = array->child;
    for (; it != NULL && index > 0; index--) {
        it = it->next;
    }
    return it;
}

/* "[12]": the element, and *path moves behind the bracket. */
static const cJSON *step_index(const cJSON *json, const char **path)
{
    uint64_t index;
    size_t digits = strspn(*path + 1, "0123456789");
    const char *end = *path + 1 + digits;
    if (*end != ']' || !midge__span_u64(midge__span(*path + 1, digits), &index)) {
        return NULL;
    }
    *path = end + 1;
    return element(json, index);
}

static const cJSON *step_name(const cJSON *json, const char **path)
{
    const char *name = *path;
    size_t len = strcspn(name, ".[]");
    *path = name + len;
    return len > 0 ? member(json, name, len) : NULL;
}

/* path := [ name | index ] { "." name | index }; the empty path is the value itself. */
const struct cJSON *midge_json_at(const struct cJSON *json, const char *path)
{
    bool first = true;
    if (path == NULL) {
        return NULL;
    }
    for (; json != NULL && *path != '\0'; first = false) {
        if (*path == '[') {
            json = step_index(json, &path);
        } else if (first) {
            json = step_name(json, &path);
        } else if (*path == '.') {
            path++;
            json = step_name(json, &path);
        } else {
            return NULL;
        }
    }
    return json;
}

const char *midge_json_string(const struct cJSON *json, const char *path)
{
    const cJSON *at = midge_json_at(json, path);
    return cJSON_IsString(at) ? at->valuestring : NULL;
}

double midge_json_number(const struct cJSON *json, const char *path, double otherwise)
{
    const cJSON *at = midge_json_at(json, path);
    return cJSON_IsNumber(at) ? at->valuedouble : otherwise;
}

/* --- quoting --- */

/* How c is written (RFC 8259 7): at most 6 characters; answers how many. */
static size_t escape(char c, char out[6])
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = memchr(from, c, sizeof from - 1);
    if (at != NULL) {
        out[0] = '\\';
        out[1] = to[at - from];
        return 2;
    }
    if ((unsigned char)c < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = (char)('0' + ((unsigned char)c >> 4));
        out[5] = "0123456789abcdef"[c & 15];
        return 6;
    }
    out[0] = c;
    return 1;
}

/* NUL-terminated, cap counts the NUL. */
int midge_json_quote(char *out, size_t cap, size_t *len, const char *text)
{
    size_t at = 0;
    if (out == NULL || text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    if (cap < sizeof "\"\"") {
        return MIDGE_ERR_TOO_LARGE;
    }
    out[at++] = '"';
    for (; *text != '\0'; text++) {
        char escaped[6];
        size_t n = escape(*text, escaped);
        if (n > cap - at - 2) { /* room for the last quote and the NUL stays */
            return MIDGE_ERR_TOO_LARGE;
        }
        memcpy(out + at, escaped, n);
        at += n;
    }
    out[at++] = '"';
    out[at] = '\0';
    if (len != NULL) {
        *len = at;
    }
    return MIDGE_OK;
}
