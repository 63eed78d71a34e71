/* cmd_verify - whether files are models, whole and unchanged: all that loading checks, without the network. */
#include <cama/cama.h>

#include <stdio.h>

#include "commands.h"
#include "writers/json.h"

int run_verify(const arguments *args)
{
    int bad = 0;
    json out = {stdout, 0, 0};
    if (args->json) json_open(&out, NULL, '[');
    for (size_t i = 0; i < args->operands.count; i++) {
        const char *path = args->operands.items[i];
        const int32_t status = cama_model_verify(path);
        bad = bad || status != CAMA_OK;
        if (args->json) {
            json_open(&out, NULL, '{');
            json_text(&out, "path", path);
            json_truth(&out, "good", status == CAMA_OK);
            json_text(&out, "error", status == CAMA_OK ? NULL : cama_last_error());
            json_close(&out, '}');
        } else if (status == CAMA_OK) {
            printf("%s: good\n", path);
        } else {
            fprintf(stderr, "cama: %s\n", cama_last_error());
        }
    }
    if (args->json) json_close(&out, ']');
    return bad ? ENDED_FAILED : ENDED_WELL;
}
