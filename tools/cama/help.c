/* help - what --help prints, from the two tables. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { LEFT = 30 };

static void print_option(const char *name, char letter, const char *unit, const char *help)
{
    char left[64], short_name[8] = "    ";
    if (letter != 0) snprintf(short_name, sizeof short_name, "-%c, ", letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", short_name, name, unit != NULL ? " " : "", unit != NULL ? unit : "");
    if (strlen(left) < LEFT)
        printf("%-*s%s\n", LEFT, left, help);
    else
        printf("%s\n%*s%s\n", left, LEFT, "", help);
}

void help_command(const command *which)
{
    printf("usage: cama %s %s%s[OPTION...]\n\n%s\n", which->name, which->operands, *which->operands != '\0' ? " " : "",
           which->help);
    if (which->detail != NULL) printf("\n%s", which->detail);
    printf("\nOptions:\n");
    for (int i = 0; i < option_count; i++) {
        const option *each = &option_table[i];
        if (each->taken_by & which->bit) print_option(each->name, each->letter, each->unit, each->help);
    }
    print_option("help", 'h', NULL, "this text");
}

void help_all(void)
{
    puts("usage: cama COMMAND [OPERAND...] [OPTION...]\n\n"
         "Deep causal manipulation augmented models: train a classifier, adapt it to new data without labels, "
         "predict.\n\n"
         "Commands:");
    for (int i = 0; i < command_count; i++) printf("  %-9s %s\n", commands[i].name, commands[i].help);
    puts("\ncama COMMAND --help says more about each, cama --version which library this is.\n"
         "Data: a CSV file, an IDX file, an NPY file, or a folder of PNG images, one folder inside for each class.\n"
         "Exit status: 0 done, 1 the run failed, 2 the command line cannot be, 130 stopped by Ctrl-C.");
}
