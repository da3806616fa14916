/* SPDX-License-Identifier: MIT */
/* The system's roots: which files midge_posix_system_roots reads, in which order. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "midge/err.h"
#include "midge/port_posix.h"

static char folder[] = "/tmp/midge-system-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[2][100];
    static unsigned next;
    char *out = path[next++ % 2];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    fclose(f);
}

static int group_open(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(in_folder("a"), 0700), 0);
    assert_int_equal(mkdir(in_folder("b"), 0700), 0);
    assert_int_equal(mkdir(in_folder("none"), 0700), 0);
    put("bundle", "the bundle");
    put("empty", "");
    put("a/Some_Root.pem", "not this");
    put("a/c0ffee00.0", "second ");
    put("a/0badcafe.0", "first ");
    put("a/0badcafe.x", "not this");
    put("a/0badcafe.", "not this");
    put("a/0badcafe", "not this");
    put("a/badcafe.0", "not this");
    put("b/12345678.1", "third");
    assert_int_equal(symlink("nowhere", in_folder("b/00000000.0")), 0);
    assert_int_equal(mkdir(in_folder("b/00000001.0"), 0700), 0);
    return 0;
}

static int group_close(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void expect(const char *file, const char *folders, int wanted, const char *text)
{
    void *roots = &roots;
    size_t len = 1;
    const char *place = NULL;
    assert_int_equal(file != NULL ? setenv("SSL_CERT_FILE", file, 1) : unsetenv("SSL_CERT_FILE"),
                     0);
    assert_int_equal(
        folders != NULL ? setenv("SSL_CERT_DIR", folders, 1) : unsetenv("SSL_CERT_DIR"), 0);
    assert_int_equal(midge_posix_system_roots(&roots, &len, &place), wanted);
    if (wanted != MIDGE_OK) {
        assert_null(roots);
        assert_int_equal(len, 0);
    } else {
        assert_int_equal(len, strlen(text));
        assert_memory_equal(roots, text, len);
    }
    const char *from = file != NULL && file[0] != '\0' ? file : folders;
    assert_string_equal(place, from);
    free(roots);
    assert_int_equal(midge_posix_system_roots(&roots, &len, NULL), wanted);
    free(roots);
}

static void test_bundle(void **state)
{
    (void)state;
    expect(in_folder("bundle"), NULL, MIDGE_OK, "the bundle");
    expect(in_folder("bundle"), in_folder("a"), MIDGE_OK, "the bundle");
    expect(in_folder("empty"), NULL, MIDGE_ERR_CA, NULL);
    expect(in_folder("missing"), in_folder("a"), MIDGE_ERR_READ, NULL);
    assert_int_equal(errno, ENOENT);
    expect(in_folder("a"), NULL, MIDGE_ERR_READ, NULL);
    assert_int_equal(errno, EISDIR);
}

static void test_folders(void **state)
{
    char both[250];
    (void)state;
    expect(NULL, in_folder("a"), MIDGE_OK, "first second ");
    expect("", in_folder("a"), MIDGE_OK, "first second ");
    snprintf(both, sizeof both, "%s:%s", in_folder("a"), in_folder("b"));
    expect(NULL, both, MIDGE_OK, "first second third");
    snprintf(both, sizeof both, "%s:%s", in_folder("missing"), in_folder("b"));
    expect(NULL, both, MIDGE_OK, "third");
    expect(NULL, in_folder("none"), MIDGE_ERR_CA, NULL);
    expect(NULL, in_folder("missing"), MIDGE_ERR_READ, NULL);
    expect(NULL, in_folder("bundle"), MIDGE_ERR_READ, NULL);
    expect(NULL, ":", MIDGE_ERR_CA, NULL);
}

/* A system has roots or none: both are answers. */
static void test_usual_places(void **state)
{
    void *roots;
    size_t len;
    const char *place = NULL;
    (void)state;
    unsetenv("SSL_CERT_FILE");
    setenv("SSL_CERT_DIR", "", 1);
    int err = midge_posix_system_roots(&roots, &len, &place);
    assert_non_null(place);
    assert_true((err == MIDGE_OK && len > 0) || err == MIDGE_ERR_READ || err == MIDGE_ERR_CA);
    assert_true((err == MIDGE_OK) == (roots != NULL));
    free(roots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_usual_places),
    };
    return cmocka_run_group_tests(tests, group_open, group_close);
}
