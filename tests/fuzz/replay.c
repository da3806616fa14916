/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer, by any compiler: each input of its corpus once.
 *
 *     fuzz_url corpus/url.txt        the inputs of a packed corpus, one a line (see README.md)
 *     fuzz_url crash-1234            one input as it is
 */
#include "fuzz.h"

static bool is_packed(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".txt") == 0;
}

static struct fuzz_text read_file(const char *path)
{
    struct fuzz_text text = {NULL, 0, 0};
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    fuzz_add(&text, "", 0);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
        fuzz_add(&text, piece, n);
    }
    (void)fclose(file);
    return text;
}

static char of_hex(const char *two)
{
    const char hex[3] = {two[0], two[1], '\0'};
    return (char)strtoul(hex, NULL, 16);
}

/* The byte that an escape stands for; moves *at to its last character. */
static char escaped(const char **at)
{
    static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
    const char *plain = strchr(from, *++*at);
    if (**at == 'x') {
        *at += 2;
        return of_hex(*at - 1);
    }
    FUZZ_CHECK(plain != NULL && **at != '\0');
    return to[plain - from];
}

static void run_line(const char *line, const char *end)
{
    struct fuzz_text input = {NULL, 0, 0};
    bool is_hex = end - line >= 2 && memcmp(line, "#x", 2) == 0;
    for (line += is_hex ? 2 : 0; line < end; line += is_hex ? 2 : 1) {
        char c = is_hex ? of_hex(line) : *line == '\\' ? escaped(&line) : *line;
        fuzz_add(&input, &c, 1);
    }
    uint8_t *exact = fuzz_copy(input.ptr, input.len);
    (void)LLVMFuzzerTestOneInput(exact, input.len);
    free(exact);
    fuzz_free(&input);
}

static unsigned run_packed(const struct fuzz_text *corpus)
{
    unsigned n = 0;
    const char *line = corpus->ptr, *end;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if (strncmp(line, "# ", 2) != 0) {
            run_line(line, end);
            n++;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    for (int i = 1; i < argc; i++) {
        struct fuzz_text file = read_file(argv[i]);
        if (is_packed(argv[i])) {
            n += run_packed(&file);
        } else {
            (void)LLVMFuzzerTestOneInput((const uint8_t *)file.ptr, file.len);
            n++;
        }
        fuzz_free(&file);
    }
    printf("%u inputs\n", n);
    return n > 0 ? 0 : 2;
}
