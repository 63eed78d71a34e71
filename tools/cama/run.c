/* run - a handler that stores and cancels, which are what a handler may do. */
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "fail.h"
#include "output.h"
#include "progress.h"
#include "settings.h"

static volatile sig_atomic_t stopped;
static cama_session *volatile running;

static void on_signal(int number)
{
    if (stopped) {
        output_abandon();
        _exit(ENDED_STOPPED + number);
    }
    stopped = number;
    if (running != NULL) cama_session_cancel(running);
}

void run_begin(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) /* what nohup has it ignore stays ignored */
        if (sigaction(taken[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(taken[i], &action, NULL);
    action.sa_handler = SIG_IGN; /* a reader that went away is an error when writing, and is said */
    sigaction(SIGPIPE, &action, NULL);
}

cama_session *run_open(const arguments *args)
{
    cama_session *session = NULL;
    cama_options *options = settings_make(args, "session", NULL);
    went(cama_options_set_int(options, "threads", args->threads));
    went(cama_session_create(options, &session));
    cama_options_free(options);
    went(cama_session_set_progress(session, progress_show, NULL));
    progress_begin(!args->quiet && !args->json);
    running = session;
    return session;
}

void run_close(cama_session *session)
{
    running = NULL;
    progress_wipe();
    cama_session_free(session);
}

int run_stopped(void) { return stopped; }

int run_ended_early(const char *saved)
{
    progress_wipe();
    if (saved != NULL)
        fprintf(stderr, "cama: stopped; what was learned so far is in %s\n", saved);
    else
        fputs("cama: stopped; nothing was changed\n", stderr);
    return ENDED_STOPPED + (stopped != 0 ? stopped : SIGINT);
}
