/* harness - the signal handler knows the one session that is open; everything else is a call and a check. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "args.h"

static volatile sig_atomic_t interrupted;
static cama_session *running;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
    if (running != NULL) cama_session_cancel(running);
}

void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", args_program(), what, why);
    exit(1);
}

int went(int32_t status)
{
    if (status == CAMA_E_CANCELLED) return 0;
    if (status != CAMA_OK) give_up(cama_status_name(status), cama_last_error());
    return 1;
}

int64_t session_threads(int64_t threads) { return threads > 0 ? threads : (int64_t)sysconf(_SC_NPROCESSORS_ONLN); }

cama_session *session_open(int64_t threads, const char *convolution, progress *bar)
{
    cama_options *options = NULL;
    cama_session *session = NULL;
    went(cama_options_create("session", &options));
    went(cama_options_set_int(options, "threads", threads));
    if (convolution != NULL) went(cama_options_set_text(options, "convolution", convolution));
    went(cama_session_create(options, &session));
    cama_options_free(options);

    bar->stop = &interrupted;
    went(cama_session_set_progress(session, progress_show, bar));
    running = session;
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    return session;
}

void session_close(cama_session *session)
{
    running = NULL;
    cama_session_free(session);
}
