/* paper_files - files that replace others whole, the seconds and digits of earlier runs, and the settings that a folder
 * belongs to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "paper.h"

enum { PATH = 4096 };

const char *beside(const char *path)
{
    static char paths[2][PATH];
    static int next;
    char *new = paths[next++ % 2];
    if (snprintf(new, PATH, "%s.new", path) >= PATH) give_up(path, "the path is too long");
    return new;
}

void replace(const char *path)
{
    if (rename(beside(path), path) != 0) give_up(path, strerror(errno));
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Seconds ----------------------------------------------------------------------------------------------------- */

static duration *find(paper *self, const char *name)
{
    for (int i = 0; i < self->duration_count; i++)
        if (strcmp(self->durations[i].name, name) == 0) return &self->durations[i];
    if (self->duration_count == (int)(sizeof self->durations / sizeof *self->durations)) return NULL;
    duration *new = &self->durations[self->duration_count++];
    snprintf(new->name, sizeof new->name, "%s", name);
    new->seconds = 0;
    return new;
}

void durations_read(paper *self)
{
    char name[2 * SHORT_TEXT];
    double seconds = 0;
    FILE *in = fopen(in_folder(self->set.out, "seconds.txt"), "r");
    if (in == NULL) return;
    while (fscanf(in, "%47s %lf", name, &seconds) == 2) {
        duration *one = find(self, name);
        if (one != NULL) one->seconds = seconds;
    }
    fclose(in);
}

void duration_add(paper *self, const char *name, double seconds)
{
    const char *path = in_folder(self->set.out, "seconds.txt");
    duration *one = find(self, name);
    if (one != NULL) one->seconds += seconds;
    FILE *out = fopen(beside(path), "w");
    if (out == NULL) give_up(path, strerror(errno));
    for (int i = 0; i < self->duration_count; i++)
        fprintf(out, "%s %.1f\n", self->durations[i].name, self->durations[i].seconds);
    if (fclose(out) != 0) give_up(path, strerror(errno));
    replace(path);
}

double duration_of(const paper *self, const char *name)
{
    for (int i = 0; i < self->duration_count; i++)
        if (strcmp(self->durations[i].name, name) == 0) return self->durations[i].seconds;
    return 0;
}

/* ---- Digits: a report may be written by a run that opens none ---------------------------------------------------- */

void digits_read(paper *self)
{
    FILE *in = fopen(in_folder(self->set.out, "digits.txt"), "r");
    long long train = 0, test = 0;
    if (in == NULL) return;
    if (fscanf(in, "%lld %lld", &train, &test) == 2 && train > 0 && test > 0) {
        self->train_count = train;
        self->test_count = test;
    }
    fclose(in);
}

void digits_write(const paper *self)
{
    const char *path = in_folder(self->set.out, "digits.txt");
    FILE *out = fopen(beside(path), "w");
    if (out == NULL) give_up(path, strerror(errno));
    fprintf(out, "%lld %lld\n", (long long)self->train_count, (long long)self->test_count);
    if (fclose(out) != 0) give_up(path, strerror(errno));
    replace(path);
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static void describe(const paper *self, char *text, size_t room)
{
    snprintf(text, room, "data=%s quick=%lld", self->set.data, (long long)self->set.quick);
}

/* Rows of two datasets, or of a quick and a full run, are not to stand in one table. */
void settings_check(const paper *self)
{
    char mine[PATH], theirs[PATH] = "";
    const char *path = in_folder(self->set.out, "settings.txt");
    describe(self, mine, sizeof mine);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        const int read = fgets(theirs, sizeof theirs, file) != NULL;
        fclose(file);
        theirs[strcspn(theirs, "\n")] = '\0';
        if (!read || strcmp(mine, theirs) != 0) {
            char why[2 * PATH + 96];
            snprintf(why, sizeof why, "expected results of \"%s\", got those of \"%s\"; give another --out", mine,
                     theirs);
            give_up(self->set.out, why);
        }
        return;
    }
    file = fopen(beside(path), "w");
    if (file == NULL) give_up(path, strerror(errno));
    fprintf(file, "%s\n", mine);
    if (fclose(file) != 0) give_up(path, strerror(errno));
    replace(path);
}
