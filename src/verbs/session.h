/* session - what a verb runs on: threads, one arena that grows to the largest step and is then reused, progress and
 * cancellation. */
#ifndef CAMA_VERBS_SESSION_H
#define CAMA_VERBS_SESSION_H

#include <stdatomic.h>

#include "../logw/logw.h"

struct cama_session {
    cama__pool *pool;
    cama__arena arena;
    int64_t memory_limit, tile_rows; /* 0: none, chosen */
    bool winograd;                   /* convolutions by Winograd's algorithm where it pays; true when created */
    bool whole;                      /* small batches are not cut into tiles: set where that is too much memory */
    cama_progress progress;
    void *user;
    atomic_int cancelled;
    atomic_flag in_use; /* by a verb: from _enter to _leave */
    /* of the verb that is running */
    const char *phase;
    double started, last_progress; /* seconds of a monotonic clock */
};

int32_t cama__session_create(int32_t threads, int64_t tile_rows, int64_t memory_limit, cama_session **out);
void cama__session_free(cama_session *session);

double cama__seconds(void); /* a monotonic clock */

/* Around a verb: CAMA_E_ARGUMENT, which names `who`, while another one uses the session, be it the one whose progress
 * callback is running or one on another thread. */
int32_t cama__session_enter(cama_session *session, const char *who);
void cama__session_leave(cama_session *session);

/* A verb begins: clears an old cancel, starts its clock. */
void cama__session_begin(cama_session *session, const char *phase);
/* Between steps: CAMA_E_CANCELLED if asked to stop. Reports progress at most ten times a second, with `now` always. */
int32_t cama__session_step(cama_session *session, int64_t step, int64_t total, double objective, bool now);

/* Room for `bytes` in the arena, whose contents are lost. CAMA_E_MEMORY with the number of bytes needed. */
int32_t cama__session_reserve(cama_session *session, size_t bytes);

/* cama__logw_run in the session's arena: measures, reserves, runs. Fills in the tile sizes: those of options are
 * ignored. With a memory_limit that the step exceeds, tiles become smaller until it fits or cannot. */
int32_t cama__session_logw(cama_session *session, const cama_model *model, const cama__logw_options *options,
                           const cama__batch *batch, const cama__logw_sink *sink);

/* Tile-size multiplier: 1 for networks of images, up to 8 for tiny ones. Affects speed and memory only. */
int32_t cama__session_times(const cama_model *model);

/* The share that pruning may cost (logw.h): 0 for small networks, whose draws cost less than the race. */
double cama__session_prune(const cama_model *model, double share);

/* Any other computation with exec, the same way: measured, reserved, run. */
typedef void cama__session_task(const cama__exec *exec, void *arg);
int32_t cama__session_run(cama_session *session, cama__session_task *task, void *arg);
#endif
