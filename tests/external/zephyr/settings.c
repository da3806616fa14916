/* SPDX-License-Identifier: MIT */
/* Zephyr's settings subsystem in memory: a few values by their names, as an appending backend keeps
   them: a load reports old values before the last one. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/settings/settings.h>

enum { VALUES = 32, MAX_BYTES = 9000 };

static struct value {
    char *name;
    void *bytes;
    size_t len;
} values[VALUES];
static size_t n_values;

int settings_subsys_init(void)
{
    return 0;
}

static ssize_t read_value(void *arg, void *data, size_t len)
{
    const struct value *value = arg;

    len = len < value->len ? len : value->len;
    memcpy(data, value->bytes, len);
    return (ssize_t)len;
}

int settings_load_subtree_direct(const char *subtree, settings_load_direct_cb cb, void *param)
{
    const size_t len = strlen(subtree);

    for (size_t i = 0; i < n_values; i++) {
        const char *name = values[i].name;
        if (strncmp(name, subtree, len) != 0 || (name[len] != '\0' && name[len] != '/')) {
            continue;
        }
        const char *key = name[len] == '\0' ? NULL : name + len + 1;
        const int err = cb(key, values[i].len, read_value, &values[i], param);
        if (err != 0) {
            return err;
        }
    }
    return 0;
}

int settings_save_one(const char *name, const void *value, size_t len)
{
    if (n_values == VALUES) { /* the oldest is garbage by now */
        free(values[0].name);
        free(values[0].bytes);
        memmove(values, values + 1, (VALUES - 1) * sizeof *values);
        n_values--;
    }
    if (len > MAX_BYTES) {
        return -EFBIG;
    }
    struct value *saved = &values[n_values++];
    saved->name = strdup(name);
    saved->bytes = malloc(len + 1);
    saved->len = len;
    if (saved->name == NULL || saved->bytes == NULL) {
        abort();
    }
    if (len > 0) {
        memcpy(saved->bytes, value, len);
    }
    return 0;
}

int settings_delete(const char *name)
{
    return settings_save_one(name, NULL, 0);
}
