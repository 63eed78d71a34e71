/* cli - options may stand anywhere among the operands; "--" ends them, and "-" is an operand. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

static int is_taken(const command *which, const option *each) { return (each->taken_by & which->bit) != 0; }

static const option *find_long(const command *which, const char *name, size_t length)
{
    const option *elsewhere = NULL;
    for (int i = 0; i < option_count; i++) {
        const option *each = &option_table[i];
        if (strlen(each->name) != length || strncmp(each->name, name, length) != 0) continue;
        if (is_taken(which, each)) return each;
        elsewhere = each;
    }
    if (elsewhere != NULL) usage("--%s is no option of %s", elsewhere->name, which->name);
    usage("unknown option --%.*s", (int)length, name);
}

static const option *find_letter(const command *which, char letter)
{
    for (int i = 0; i < option_count; i++)
        if (option_table[i].letter == letter && is_taken(which, &option_table[i])) return &option_table[i];
    usage("unknown option -%c", letter);
}

static void store(const option *each, const char *text, arguments *args)
{
    char *place = (char *)args + each->place, *end = NULL;
    if (each->kind == OPTION_FLAG) {
        *(int64_t *)(void *)place = 1;
    } else if (each->kind == OPTION_TEXT) {
        *(const char **)(void *)place = text;
    } else if (each->kind == OPTION_TEXTS) {
        texts_add((texts *)(void *)place, text);
    } else {
        errno = 0;
        const long long value = strtoll(text, &end, 10);
        if (end == text || *end != '\0' || errno != 0 || value < 0 || (double)value > each->most)
            usage("--%s: expected an integer from 0 to %.0f, got \"%s\"", each->name, each->most, text);
        *(int64_t *)(void *)place = value;
    }
}

/* --name, --name=value, --name value, -n, -nvalue, -n value. Returns how many words were taken. */
static int take_option(const command *which, char **words, int count, arguments *args)
{
    const char *word = words[0], *value = NULL;
    const option *each = NULL;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        each = find_long(which, word + 2, equals != NULL ? (size_t)(equals - word) - 2 : strlen(word + 2));
        value = equals != NULL ? equals + 1 : NULL;
        if (each->kind == OPTION_FLAG && value != NULL) usage("--%s takes no value, got \"%s\"", each->name, value);
    } else {
        each = find_letter(which, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
        if (each->kind == OPTION_FLAG && value != NULL) usage("-%c takes no value, got \"%s\"", word[1], value);
    }
    if (each->kind == OPTION_FLAG) {
        store(each, NULL, args);
        return 1;
    }
    if (value == NULL && count < 2) usage("%s: expected %s behind it, got nothing", word, each->unit);
    store(each, value != NULL ? value : words[1], args);
    return value != NULL ? 1 : 2;
}

void cli_read(const command *which, int argc, char **argv, arguments *args)
{
    int only_operands = 0;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--") == 0) {
            break;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help_command(which);
            exit(ENDED_WELL);
        }
    for (int i = 0; i < argc;) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = 1;
            i++;
        } else if (!only_operands && word[0] == '-' && word[1] != '\0') {
            i += take_option(which, argv + i, argc - i, args);
        } else {
            texts_add(&args->operands, word);
            i++;
        }
    }
    if ((int)args->operands.count < which->least)
        usage("%s: expected %s, got %zu operands", which->name, which->operands, args->operands.count);
    if ((int)args->operands.count > which->most)
        usage("%s: expected %s, got \"%s\" too", which->name, which->operands, args->operands.items[which->most]);
}
