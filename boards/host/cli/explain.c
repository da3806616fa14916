/* SPDX-License-Identifier: MIT */
/*
 * The name that the user types is compared without regard to case, MIDGE_ERR_, "TLS alert ", and of
 * - _ and blanks. A negative number is an error's value, another one an exit code.
 */
#include "explain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/err.h>

#include "failure.h"
#include "nearest.h"

#define NAME_BYTES 128
#define COLUMNS    78

struct typed {
    char text[NAME_BYTES];
};

/* In one spelling: lower case, words joined by _. */
static struct typed plain(const char *name)
{
    struct typed typed;
    size_t n = 0;

    for (; *name != '\0' && n < sizeof typed.text - 1; name++) {
        int is_join = *name == ' ' || *name == '-' || *name == '_';
        typed.text[n++] = is_join ? '_' : (char)tolower((unsigned char)*name);
    }
    typed.text[n] = '\0';
    return typed;
}

static const char *behind(const char *text, const char *start)
{
    size_t len = strlen(start);

    return strncmp(text, start, len) == 0 ? text + len : text;
}

/* --- printing --- */

/* "Label   text", broken at blanks. */
static void show(const char *label, const char *text)
{
    printf("%-10s", label);
    for (int column = 10; *text != '\0';) {
        int len = (int)strcspn(text, " ");
        if (column > 10 && column + 1 + len > COLUMNS) {
            printf("\n%10s", "");
            column = 10;
        } else if (column > 10) {
            putchar(' ');
            column++;
        }
        printf("%.*s", len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    puts("");
}

/* Of a connection's error, and of a stream's. */
static void add_http2_codes(const struct explained_error *error, char *text, size_t cap)
{
    const int codes[] = {failure_http2_code(error->value, 1), failure_http2_code(error->value, 0)};

    if (codes[0] >= 0) {
        snprintf(text, cap, "; with HTTP/2 %d, %d", codes[0], codes[1]);
    } else if (codes[1] >= 0) {
        snprintf(text, cap, "; with HTTP/2 also %d", codes[1]);
    }
}

void explain_exit_codes(const struct explained_error *error, char *text, size_t cap)
{
    int codes[MIDGE_PHASES] = {0};
    size_t n = 0, used = 0;

    if (!failure_ends_requests(error->value)) {
        snprintf(text, cap, "none: no request of the program ends with it");
        return;
    }
    for (int phase = 0; phase < MIDGE_PHASES; phase++) {
        int code = failure_exit_code(error->value, phase), is_new = 1;
        for (size_t i = 0; i < n; i++) {
            is_new &= codes[i] != code;
        }
        if (is_new) {
            codes[n++] = code;
        }
    }
    text[0] = '\0';
    for (size_t i = 0; i < n && used < cap; i++) {
        used += (size_t)snprintf(text + used, cap - used, "%s%d", i > 0 ? ", " : "", codes[i]);
    }
    if (n > 1 && used < cap) {
        used += (size_t)snprintf(text + used, cap - used, " by the phase");
    }
    add_http2_codes(error, text + used, cap - used);
}

static void show_error(const struct explained_error *error)
{
    char codes[64];

    printf("MIDGE_ERR_%s (%d): %s\n\n", error->name, error->value, error->text);
    show("When", error->when);
    show("Acted on", error->acted);
    show("Try", error->advice);
    explain_exit_codes(error, codes, sizeof codes);
    show("Exit code", codes);
}

static int gives(const struct explained_error *error, int code)
{
    for (int native = 0; native <= 1; native++) {
        if (failure_http2_code(error->value, native) == code) {
            return 1;
        }
    }
    for (int phase = 0; phase < MIDGE_PHASES && failure_ends_requests(error->value); phase++) {
        if (failure_exit_code(error->value, phase) == code) {
            return 1;
        }
    }
    return 0;
}

static void show_code(const struct explained_code *code)
{
    const char *label = "Errors";

    printf("Exit code %d of midge: %s\n", code->code, code->text);
    for (size_t i = 0; i < explained_errors_len; i++) {
        const struct explained_error *error = &explained_errors[i];
        if (gives(error, code->code)) {
            printf("%-10s%s, %s\n", label, error->name, error->text);
            label = "";
        }
    }
    if (label[0] == '\0') {
        puts("midge --explain NAME says more about each.");
    }
}

static void show_detail(const struct explained_detail *detail)
{
    if (detail->alert >= 0) {
        printf("TLS alert %s (%d), sent by the server:\n\n", detail->name, detail->alert);
    } else {
        printf("%s:\n\n", detail->name);
    }
    show("", detail->text);
}

/* --- finding --- */

static int explain_error_value(long value)
{
    for (size_t i = 0; i < explained_errors_len; i++) {
        if (explained_errors[i].value == value) {
            show_error(&explained_errors[i]);
            return 1;
        }
    }
    return 0;
}

static int explain_code(long code)
{
    for (size_t i = 0; i < explained_codes_len; i++) {
        if (explained_codes[i].code == code) {
            show_code(&explained_codes[i]);
            return 1;
        }
    }
    return 0;
}

static int explain_number(const char *name)
{
    char *end;
    long number = strtol(name, &end, 10);

    if (end == name || *end != '\0') {
        return 0;
    }
    return number < 0 ? explain_error_value(number) : explain_code(number);
}

static int explain_error(const char *name)
{
    for (size_t i = 0; i < explained_errors_len; i++) {
        if (strcmp(plain(explained_errors[i].name).text, behind(name, "midge_err_")) == 0) {
            show_error(&explained_errors[i]);
            return 1;
        }
    }
    return 0;
}

/* Some alerts have the name of a reason of ours: both are shown then. */
static int explain_detail(const char *name)
{
    int found = 0;

    for (size_t i = 0; i < explained_details_len; i++) {
        const struct explained_detail *detail = &explained_details[i];
        const char *asked = detail->alert >= 0 ? behind(name, "tls_alert_") : name;
        if (strcmp(plain(detail->name).text, asked) == 0) {
            fputs(found ? "\n" : "", stdout);
            show_detail(detail);
            found = 1;
        }
    }
    return found;
}

/* The name that is nearest to a misspelt one; NULL: none is near. */
static const char *nearest(const char *name)
{
    size_t best = strlen(name) / 3 + 1;
    const char *found = NULL;

    for (size_t i = 0; i < explained_errors_len + explained_details_len; i++) {
        const char *candidate = i < explained_errors_len
                                    ? explained_errors[i].name
                                    : explained_details[i - explained_errors_len].name;
        size_t far = nearest_distance(name, plain(candidate).text);
        if (far < best) {
            best = far;
            found = candidate;
        }
    }
    return found;
}

int explain(const char *name)
{
    struct typed typed = plain(name);
    const char *near;

    if (strcmp(name, "page") == 0) {
        explain_page();
    } else if (!explain_number(name) && !explain_error(typed.text) && !explain_detail(typed.text)) {
        near = nearest(behind(behind(typed.text, "midge_err_"), "tls_alert_"));
        if (near != NULL) {
            return usage_error("--explain: there is no '%s'; do you mean '%s'?", name, near);
        }
        return usage_error("--explain: there is no '%s'; it takes an error as TIMEOUT or -11, an "
                           "exit code, or a TLS alert",
                           name);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_GOOD : EXIT_WRITE;
}
