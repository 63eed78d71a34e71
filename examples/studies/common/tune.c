/* tune - fine-tuning with a progress bar, and what its report says. */
#include "tune.h"

#include <stddef.h>

int tune(progress *bar, cama_session *session, const cama_model *source, const cama_dataset *clean,
         const cama_dataset *test, const cama_options *options, cama_model **adapted, tuned *result)
{
    cama_report *report = NULL;
    double rolled_back = 0;
    const int done = went(cama_finetune(session, source, clean, test, options, adapted, &report));
    progress_end(bar);
    if (!done) return 0;
    went(cama_report_get(report, "seconds", 0, &result->seconds));
    went(cama_report_get(report, "rolled_back", 0, &rolled_back));
    result->rolled_back = rolled_back != 0;
    cama_report_free(report);
    return 1;
}
