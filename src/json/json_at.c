/* SPDX-License-Identifier: MIT */
/* Values in a tree, by path. */
#include <stdbool.h>

#include "base/span.h"
#include "json/json_number.h"
#include "midge/json.h"

#if MIDGE_WITH_JSON

#define INDEX_MAX       (UINT32_MAX / 10 - 1) /* more digits may follow up to here */
#define DOUBLE_INTEGERS 9007199254740992.0    /* 2^53: up to there a double holds every integer */

static bool is_type(const cJSON *json, int type)
{
    return json != NULL && (json->type & 0xff) == type;
}

/* The first member of that name. */
static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
    if (!is_type(object, cJSON_Object)) {
        return NULL;
    }
    for (const cJSON *it = object->child; it != NULL; it = it->next) {
        if (it->string != NULL && strncmp(it->string, name, len) == 0 && it->string[len] == '\0') {
            return it;
        }
    }
    return NULL;
}

static const cJSON *element(const cJSON *array, uint32_t index)
{
    if (!is_type(array, cJSON_Array)) {
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
    const char *end = *path + 1;
    uint32_t index = 0;
    for (; midge__is_digit(*end) && index <= INDEX_MAX; end++) {
        index = index * 10 + (uint32_t)(*end - '0');
    }
    if (*end != ']' || end == *path + 1) {
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
    return is_type(at, cJSON_String) ? at->valuestring : NULL;
}

#if MIDGE_WITH_JSON_NUMBERS
double midge_json_number(const struct cJSON *json, const char *path, double otherwise)
{
    const cJSON *at = midge_json_at(json, path);
    return is_type(at, cJSON_Number) ? at->valuedouble : otherwise;
}
#endif

static bool text_to_integer(const char *text, int64_t *value)
{
    bool negative = text[0] == '-';
    uint64_t size;
    if (!midge__span_u64(midge__span_of(text + negative), &size) ||
        size > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *value = negative ? -1 - (int64_t)(size - 1) : (int64_t)size;
    return true;
}

static bool double_to_integer(double number, int64_t *value)
{
    if (!(number >= -DOUBLE_INTEGERS && number <= DOUBLE_INTEGERS)) {
        return false;
    }
    *value = (int64_t)number;
    return (double)*value >= number && (double)*value <= number;
}

int64_t midge_json_integer(const struct cJSON *json, const char *path, int64_t otherwise)
{
    const cJSON *at = midge_json_at(json, path);
    int64_t value;
    if (!is_type(at, cJSON_Number)) {
        return otherwise;
    }
    bool found = (midge__json_has_text(at) && text_to_integer(at->valuestring, &value)) ||
                 double_to_integer(at->valuedouble, &value);
    return found ? value : otherwise;
}

#endif
