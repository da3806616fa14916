/* SPDX-License-Identifier: MIT */
#include "help.h"

#include <stdio.h>
#include <midge/tls.h>
#include <midge/version.h>

#include "board.h"
#include "failure.h"
#include "host/resolver.h"
#include "options.h"

static int flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_GOOD : EXIT_WRITE;
}

static void show_row(const struct option_row *row)
{
    char form[64];
    const char *before = row->value == NULL ? "" : row->kind == OPTION_FILE_FLAG ? "[=" : " ";

    if (row->kind == OPTION_REFUSED) {
        return;
    }
    snprintf(form, sizeof form, "--%s%s%s%s", row->name, before,
             row->value != NULL ? row->value : "", row->kind == OPTION_FILE_FLAG ? "]" : "");
    if (row->letter != 0) {
        printf("  -%c, %-32s %s\n", row->letter, form, row->help);
    } else {
        printf("      %-32s %s\n", form, row->help);
    }
}

static void show_apps(void)
{
    for (size_t i = 0; board_app_name(i) != NULL; i++) {
        printf(" %s", board_app_name(i));
    }
}

int help_apps(void)
{
    fputs("midge app NAME [app options]; midge app NAME --help says more. The apps are:\n", stdout);
    show_apps();
    puts("");
    return flushed();
}

int help_show(void)
{
    fputs("midge [options] URL...            fetch all URLs at once, on one client\n"
          "midge app NAME [app options]      run an app:",
          stdout);
    show_apps();
    puts("\nmidge parse-url URL [--base URL]  print the normalised or resolved URL\n"
         "midge log FILE [--waterfall[=FILE.svg]] [--beside FILE.svg] [--har FILE]\n"
         "                                  a board's log of events: text, waterfall, two runs\n"
         "                                  of the same work beside each other, archive\n"
         "midge size [options]              the memory that a client needs; midge size --help\n"
         "\n"
         "Options as curl has them; -o and -O pair with the URLs in order, all others hold for\n"
         "every URL up to --next. Bodies go to stdout in the order of the URLs.\n");
    for (size_t i = 0; i < option_table_len; i++) {
        show_row(&option_table[i]);
    }
    puts("\nExit codes are curl's: 0 all right, 2 usage, 3 malformed URL, 6 name, 7 connect, 18 "
         "cut\n"
         "body, 22 HTTP error with -f, 23 write, 26 read, 27 memory, 28 timeout, 33 no such\n"
         "part, 35 TLS, 36 no resume, 60 certificate, 61 compressed body; with several URLs that "
         "of\n"
         "the first failing one.");
    return flushed();
}

int help_version(void)
{
    printf("midge %s (profile %s) %s %s\n", MIDGE_VERSION, midge_tls_profile(), midge_tls_library(),
           resolver_text());
    return flushed();
}
