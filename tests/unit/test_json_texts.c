/* SPDX-License-Identifier: MIT */
/* Trees without MIDGE_WITH_JSON_NUMBERS: numbers are texts. */
#include "midge/config.h"

#undef MIDGE_WITH_JSON_NUMBERS
#define MIDGE_WITH_JSON_NUMBERS 0

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_core.h"
#include "json/json_at.c"
#include "json/json_print.c"
#include "json/json_tree.c"

static struct midge_client core;

static cJSON *parsed(const char *text)
{
    struct cJSON *json = NULL;
    assert_int_equal(midge_json_parse(&core, text, strlen(text), 0, &json, NULL), MIDGE_OK);
    return json;
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value; /* 99: it is not written as an integer, or beyond */
    } cases[] = {{"0", 0},
                 {"-7", -7},
                 {"1849017011531812866", 1849017011531812866},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"9223372036854775808", 99},
                 {"1e3", 99},
                 {"1.0", 99},
                 {"\"5\"", 99}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *json = parsed(cases[i].text);
        assert_true(midge_json_integer(json, "", 99) == cases[i].value);
        midge_json_free(&core, json);
    }
    assert_int_equal(core.allocs, core.frees);
}

/* A number that the application made or changed is a double. */
static void printed(void **state)
{
    (void)state;
    static const char text[] = "[1,-2.50,1e400,0.1000000000000000055]";
    cJSON *json = parsed(text);
    char *out;
    assert_true(isnan(json->child->valuedouble));
    assert_int_equal(midge_json_print(&core, json, &out, NULL), MIDGE_OK);
    assert_string_equal(out, text);
    midge_free(&core, out);
    json->child->valuedouble = 0.25;
    json->child->next->valuedouble = 7;
    assert_int_equal(midge_json_integer(json, "[1]", 99), 7);
    assert_int_equal(midge_json_print(&core, json, &out, NULL), MIDGE_OK);
    assert_string_equal(out, "[0.25,7,1e400,0.1000000000000000055]");
    midge_free(&core, out);
    midge_json_free(&core, json);
    assert_int_equal(core.allocs, core.frees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(integers), cmocka_unit_test(printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
