/* progress - one line that is written over, on a terminal alone. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

enum { BAR = 24 };

static struct {
    int shown, drawn;
} bar;

void progress_begin(int shown) { bar.shown = shown && isatty(STDERR_FILENO); }

void progress_wipe(void)
{
    if (bar.drawn) fputs("\r\033[K", stderr);
    bar.drawn = 0;
}

int32_t progress_show(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)user;
    if (bar.shown && total > 0) {
        char line[BAR + 1] = "", elbo[48] = "";
        const int full = (int)(step * BAR / total);
        const double left = step > 0 ? seconds * (double)(total - step) / (double)step : 0;
        memset(line, ' ', BAR);
        memset(line, '=', (size_t)(full < BAR ? full : BAR));
        line[BAR] = '\0';
        if (isfinite(objective)) snprintf(elbo, sizeof elbo, "  ELBO %.3f", objective);
        fprintf(stderr, "\r\033[K%s [%s] %lld/%lld%s  %d:%02d left", phase, line, (long long)step, (long long)total,
                elbo, (int)left / 60, (int)left % 60);
        bar.drawn = 1;
    }
    return run_stopped();
}
