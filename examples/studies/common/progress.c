/* progress - a step of total is all that is told; epoch, speed and time left follow from it. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 24 };

void progress_begin(progress *self, const char *label, int64_t epochs, double images)
{
    self->label = label;
    self->epochs = epochs;
    self->images = images;
    self->told = 0;
    self->terminal = isatty(STDERR_FILENO);
}

static void describe(const progress *self, int64_t step, int64_t total, double objective, double seconds, char *text,
                     size_t room)
{
    const double done = (double)step / (double)total;
    char epoch[48] = "", speed[48] = "", elbo[48] = "";
    if (self->epochs > 0) {
        const int64_t current = (int64_t)ceil(done * (double)self->epochs - 1e-9);
        snprintf(epoch, sizeof epoch, "  epoch %lld/%lld", (long long)(current > 0 ? current : 1),
                 (long long)self->epochs);
    }
    if (isfinite(objective)) snprintf(elbo, sizeof elbo, "  ELBO %.2f", objective);
    if (self->images > 0 && seconds > 0)
        snprintf(speed, sizeof speed, "  %.0f %s/s", done * self->images / seconds,
                 self->unit != NULL ? self->unit : "images");
    const double left = done > 0 ? seconds / done - seconds : 0;
    snprintf(text, room, "%s%s%s  %d:%02d left", epoch, elbo, speed, (int)left / 60, (int)left % 60);
}

int32_t progress_show(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    progress *self = user;
    const char *label = self->label != NULL ? self->label : phase;
    const int64_t lines = self->lines > 0 && self->lines < self->epochs ? self->lines : self->epochs;
    if (total > 0) {
        char text[192], bar[BAR + 1];
        describe(self, step, total, objective, seconds, text, sizeof text);
        if (self->terminal) {
            const int full = (int)(step * BAR / total);
            memset(bar, ' ', BAR);
            memset(bar, '=', (size_t)(full < BAR ? full : BAR));
            bar[BAR] = '\0';
            fprintf(stderr, "\r\033[K%s [%s]%s", label, bar, text);
        } else if (lines > 0 && step * lines / total > self->told) {
            self->told = step * lines / total;
            fprintf(stderr, "%s%s\n", label, text);
        }
    }
    return self->stop != NULL && *self->stop;
}

void progress_end(progress *self)
{
    if (self->terminal) fputs("\r\033[K", stderr);
    self->label = NULL;
    self->epochs = 0;
    self->images = 0;
}
