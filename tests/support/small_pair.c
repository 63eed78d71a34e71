/* small_pair - a session, a small model, and clean and other rows for it. */
#include "small_pair.h"

small_pair small_prepare(cama__spec spec, int64_t n, uint64_t seed)
{
    return (small_pair){small_session(2, 0), small_model(spec, 4), small_data(&spec, n, seed),
                        small_data(&spec, n, seed + 1)};
}

void small_finish(small_pair *t)
{
    cama_dataset_free(t->clean), cama_dataset_free(t->other);
    cama_model_free(t->model);
    cama_session_free(t->session);
}
