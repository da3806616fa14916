/* SPDX-License-Identifier: MIT */
/* The part of include/midge/ERRORS.md that is made of the tables. */
#include <stdio.h>

#include "explain.h"

static void show_error(const struct explained_error *error)
{
    char codes[64];

    explain_exit_codes(error, codes, sizeof codes);
    printf("### %s\n\n`MIDGE_ERR_%s`, %d: %s. Exit code of `midge`: %s.\n\n", error->name,
           error->name, error->value, error->text, codes);
    printf("- **When.** %s\n- **Acted on?** %s\n- **Try.** %s\n\n", error->when, error->acted,
           error->advice);
}

static void show_codes(void)
{
    puts("## Exit codes of `midge`\n\n| code | |\n|---|---|");
    for (size_t i = 0; i < explained_codes_len; i++) {
        printf("| %d | %s |\n", explained_codes[i].code, explained_codes[i].text);
    }
}

static void show_details(int alerts)
{
    for (size_t i = 0; i < explained_details_len; i++) {
        const struct explained_detail *detail = &explained_details[i];
        if (alerts && detail->alert >= 0) {
            printf("| %s (%d) | %s |\n", detail->name, detail->alert, detail->text);
        } else if (!alerts && detail->alert < 0) {
            printf("| %s | %s |\n", detail->name, detail->text);
        }
    }
}

void explain_page(void)
{
    puts("## Errors\n");
    for (size_t i = 0; i < explained_errors_len; i++) {
        show_error(&explained_errors[i]);
    }
    puts("## Reasons of TLS and CERT\n\n| reason | what it means, what to try |\n|---|---|");
    show_details(0);
    puts("\n## Alerts: what the server says\n\n| TLS alert | what it means, what to try "
         "|\n|---|---|");
    show_details(1);
    puts("");
    show_codes();
}
