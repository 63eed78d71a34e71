# Sessions: the threads that compute; progress, cancelling, Ctrl-C and exceptions of callbacks.
#
# While a verb runs, Julia's Ctrl-C is held back, since it must not be thrown through the library. The progress
# callback, which the library calls ten times a second, lets it through: there it is caught, like every exception of the
# user's own callback, kept, and thrown again when the verb has returned. A task that runs a verb stays on its thread:
# the library goes on, after the callback, on the thread it was called on.

"""
What a running verb tells: phase, step of total, objective (mean per example, in nats; NaN where there is none), and
seconds since it began.
"""
struct Progress
    phase::String
    step::Int
    total::Int
    objective::Float64
    seconds::Float64
end

"""
    Session(; threads = 0, ...)

Worker threads and workspace for verbs, one at a time. Verbs have a keyword `session`; without it they take one that is
idle, so that any number of tasks may compute at once. Options: "session" in docs/options.md.
"""
mutable struct Session <: Handle{Low.cama_session}
    pointer::Ptr{Low.cama_session}
    busy::Threads.Atomic{Bool}

    function Session(; options = nothing, values...)
        given = options_of("session", options, values)
        pointer = made(Low.cama_session, out -> Low.cama_session_create(given, out))
        return owned(new(pointer, Threads.Atomic{Bool}(false)))
    end
end

free(::Session, pointer) = Low.cama_session_free(pointer)
busy(session::Session) = session.busy[]

"Ask the verb that runs on a session to stop at its next step, from any task, thread or callback."
cancel!(session::Session) = Low.cama_session_cancel(session)

"Bytes of workspace that a session holds now."
function workspace_bytes(session::Session)
    bytes = Ref{Int64}(0)
    check(Low.cama_session_bytes(session, bytes))
    return bytes[]
end

"One call of a verb: what its callback must know, and what the callback could not throw through the library."
mutable struct Run
    callback::Any
    raised::Any
end

function tell(user::Ptr{Cvoid}, phase::Cstring, step::Int64, total::Int64, objective::Float64, seconds::Float64)::Int32
    run = unsafe_pointer_to_objref(user)::Run
    try
        stop = Base.reenable_sigint() do
            run.callback === nothing && return false
            return run.callback(Progress(unsafe_string(phase), step, total, objective, seconds)) === true
        end
        return stop
    catch raised
        run.raised = raised
        return 1
    end
end

const IDLE = Session[]
const IDLE_LOCK = ReentrantLock()

function with_session(verb, session)
    session === nothing || return verb(session)
    session = lock(() -> isempty(IDLE) ? nothing : pop!(IDLE), IDLE_LOCK)
    session === nothing && (session = Session())
    try
        return verb(session)
    finally
        lock(() -> push!(IDLE, session), IDLE_LOCK)
    end
end

"Call `verb(session)`, which returns a status, with a callback, and throw what went wrong."
function run_verb(verb, session, callback)
    with_session(session) do mine
        Threads.atomic_xchg!(mine.busy, true) && throw(CamaError(Low.CAMA_E_ARGUMENT,
            "session: expected one that is idle, got one that another verb uses"))
        task = current_task()
        sticky, task.sticky = task.sticky, true
        run = Run(callback, nothing)
        try
            GC.@preserve run run_held(verb, mine, run)
        finally
            Low.cama_session_set_progress(mine, C_NULL, C_NULL)
            task.sticky = sticky
            mine.busy[] = false
        end
    end
end

function run_held(verb, session, run)
    address = @cfunction(tell, Int32, (Ptr{Cvoid}, Cstring, Int64, Int64, Float64, Float64))
    check(Low.cama_session_set_progress(session, address, pointer_from_objref(run)))
    failure = disable_sigint() do
        status = verb(session)
        status == Low.CAMA_OK ? nothing : CamaError(status, unsafe_string(Low.cama_last_error()))
    end
    run.raised === nothing || throw(run.raised)
    failure === nothing || throw(failure)
    return nothing
end
