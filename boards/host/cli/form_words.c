/* SPDX-License-Identifier: MIT */
/* curl's way to write a field: a word, in quotation marks if it has a semicolon or begins or ends
   with a space, and then ;type= and ;filename= in any order. */
#define _GNU_SOURCE
#include "form_words.h"

#include <string.h>
#include <strings.h>

#include "failure.h"

struct words {
    struct keep *keep;
    const char *argument; /* for messages */
    const char *at;
    int is_file; /* a comma ends a word, too */
};

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

static int bad(const struct words *words, const char *why)
{
    return usage_error("option --form: '%s': %s", words->argument, why);
}

static const char *ends(const struct words *words)
{
    return words->is_file ? ";," : ";";
}

/* NULL: no quotation mark at the end, the one in front is an ordinary character. */
static const char *quoted(struct words *words)
{
    struct text text = {.keep = words->keep};
    const char *p = words->at + 1;

    text_puts(&text, "");
    for (; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && (p[1] == '\\' || p[1] == '"')) {
            p++;
        }
        text_add(&text, p, 1);
    }
    if (*p == '\0') {
        return NULL;
    }
    words->at = skip_spaces(p + 1);
    return text.data;
}

static const char *plain(struct words *words, const char *stops)
{
    size_t len = strcspn(words->at, stops), kept = len;
    const char *start = words->at;

    while (kept > 0 && strchr(" \t\r\n", start[kept - 1]) != NULL) {
        kept--;
    }
    words->at += len;
    return keep_copy(words->keep, start, kept);
}

static const char *word(struct words *words)
{
    const char *found = NULL;

    words->at = skip_spaces(words->at);
    if (*words->at == '"') {
        found = quoted(words);
    }
    return found != NULL ? found : plain(words, ends(words));
}

static int takes(struct words *words, const char *key)
{
    size_t len = strlen(key);

    if (strncasecmp(words->at, key, len) != 0) {
        return 0;
    }
    words->at = skip_spaces(words->at + len);
    return 1;
}

/* "major/minor", perhaps with parameters, which follow a semicolon as the next words do. */
static int take_type(struct words *words, const char **type)
{
    *type = plain(words, ends(words));
    if (strchr(*type, '/') == NULL || **type == '/' || (*type)[strlen(*type) - 1] == '/') {
        return bad(words, "its type is not like text/plain");
    }
    return 0;
}

/* Takes the rest of a field: its text after the semicolon at `part`, and spaces in front of it. */
static int take_more(struct words *words, const char *part, struct form_field *field)
{
    words->at = skip_spaces(part);
    if (field->type == NULL && takes(words, "type=")) {
        return take_type(words, &field->type);
    }
    if (takes(words, "filename=")) {
        field->filename = word(words);
        return 0;
    }
    if (takes(words, "headers=") || takes(words, "encoder=")) {
        return bad(words, ";headers= and ;encoder= are not supported");
    }
    if (field->type != NULL) { /* a parameter of the type, with the spaces in front of it */
        int spaces = (int)(words->at - part);
        field->type = keep_format(words->keep, "%s;%.*s%s", field->type, spaces, part,
                                  plain(words, ends(words)));
        return 0;
    }
    return bad(words, "only ;type= and ;filename= may follow: quote the value if it has a ';', or "
                      "use --form-string");
}

static int has_control_or_tab(const char *text)
{
    while (*text != '\0' && (unsigned char)*text >= ' ' && *text != 0x7f) {
        text++;
    }
    return *text != '\0';
}

/* The value, and all that belongs to it. */
static int take_value(struct words *words, struct form_field *field, const char **value)
{
    int code = 0;

    *value = word(words);
    while (code == 0 && *words->at == ';') {
        code = take_more(words, words->at + 1, field);
    }
    if (code == 0 && field->type != NULL && has_control_or_tab(field->type)) {
        return bad(words, "control character in its type");
    }
    if (code == 0 && *words->at == ',') {
        return bad(words, "several files of one field are not supported: use -F for each");
    }
    return code != 0 || *words->at == '\0' ? code : bad(words, "something follows the quotes");
}

/* --- the kinds of fields --- */

/* The type that curl gives a file of that name; NULL: none. */
static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".gif", "image/gif"},      {".jpg", "image/jpeg"},    {".jpeg", "image/jpeg"},
        {".png", "image/png"},      {".svg", "image/svg+xml"}, {".txt", "text/plain"},
        {".htm", "text/html"},      {".html", "text/html"},    {".pdf", "application/pdf"},
        {".xml", "application/xml"}};
    size_t len = name != NULL ? strlen(name) : 0;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t end = strlen(types[i][0]);
        if (len >= end && strcasecmp(name + len - end, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return NULL;
}

static void set_type(struct form_field *field)
{
    int is_stdin = field->path != NULL && strcmp(field->path, "-") == 0;

    if (field->type != NULL) {
        return;
    }
    field->type = type_of(field->filename);
    if (field->type == NULL && field->path != NULL && !is_stdin) {
        field->type = type_of(field->path);
    }
    if (field->filename == NULL && field->type != NULL && strcmp(field->type, "text/plain") == 0) {
        field->type = NULL; /* the default of RFC 7578 4.4 */
    }
    if (field->filename != NULL && field->type == NULL && field->path != NULL && !is_stdin) {
        field->type = "application/octet-stream";
    }
}

static int take_file(struct words *words, struct form_field *field)
{
    const char kind = *words->at++;
    int code;

    words->is_file = kind == '@';
    code = take_value(words, field, &field->path);
    if (code == 0 && kind == '<' && field->filename != NULL) {
        return bad(words, "'<' sends no file name");
    }
    if (code == 0 && kind == '@' && field->filename == NULL) {
        const char *slash = strrchr(field->path, '/');
        field->filename = slash != NULL ? slash + 1 : field->path;
    }
    return code;
}

int form_words(struct keep *keep, const char *argument, struct form_field *field)
{
    struct words words = {.keep = keep, .argument = argument};
    const char *equals = strchr(argument, '=');
    int code;

    if (equals == NULL || equals == argument) {
        return bad(&words, "not name=value");
    }
    words.at = equals + 1;
    *field = (struct form_field){
        .name = keep_copy(keep, argument, (size_t)(equals - argument)),
    };
    if (*words.at == '(') {
        return bad(&words, "forms inside forms are not supported: quote the value if it begins "
                           "with '(', or use --form-string");
    }
    code = *words.at == '@' || *words.at == '<' ? take_file(&words, field)
                                                : take_value(&words, field, &field->data);
    field->len = field->data != NULL ? strlen(field->data) : 0;
    set_type(field);
    return code;
}
