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
    self->epoch_told = 0;
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
        snprintf(speed, sizeof speed, "  %.0f images/s", done * self->images / seconds);
    const double left = done > 0 ? seconds / done - seconds : 0;
    snprintf(text, room, "%s%s%s  %d:%02d left", epoch, elbo, speed, (int)left / 60, (int)left % 60);
}

int32_t progress_show(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    progress *self = user;
    const char *label = self->label != NULL ? self->label : phase;
    if (total > 0) {
        char text[192], bar[BAR + 1];
        describe(self, step, total, objective, seconds, text, sizeof text);
        if (self->terminal) {
            const int full = (int)(step * BAR / total);
            memset(bar, ' ', BAR);
            memset(bar, '=', (size_t)(full < BAR ? full : BAR));
            bar[BAR] = '\0';
            fprintf(stderr, "\r\033[K%s [%s]%s", label, bar, text);
        } else if (self->epochs > 0 && step * self->epochs / total > self->epoch_told) {
            self->epoch_told = step * self->epochs / total;
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
