# Training and fine-tuning, and what they report.

"""
    Optimizer(model; lr = 1e-3, ...)

Adam on one model, which it keeps alive. Options "optimizer".
"""
mutable struct Optimizer <: Handle{Low.cama_optimizer}
    pointer::Ptr{Low.cama_optimizer}
    model::Model

    function Optimizer(model::Model; options = nothing, values...)
        given = options_of("optimizer", options, values)
        return owned(new(made(Low.cama_optimizer, out -> Low.cama_optimizer_create(model, given, out)), model))
    end
end

free(::Optimizer, pointer) = Low.cama_optimizer_free(pointer)

"""
What a run of `train` or `finetune` did. `report["objective"]` are the values of a key (cama.h names the keys),
`report["steps", 1]` is the first of them.
"""
mutable struct Report <: Handle{Low.cama_report}
    pointer::Ptr{Low.cama_report}

    Report(pointer::Ptr{Low.cama_report}) = owned(new(pointer))
end

free(::Report, pointer) = Low.cama_report_free(pointer)

function Base.getindex(report::Report, key::Key)
    count = Ref{Int64}(0)
    check(Low.cama_report_count(report, String(key), count))
    return [report[key, index] for index in 1:count[]]
end

function Base.getindex(report::Report, key::Key, index::Integer)
    value = Ref{Float64}(0)
    check(Low.cama_report_get(report, String(key), index - 1, value))
    return value[]
end

"""
    train([callback,] optimizer, clean; manipulated = nothing, session, epochs = 10, ...)

Train by maximising E ELBO(x, y, do(m=0)) (Eq. 3), or with `manipulated`, a labelled dataset, Eq. 5. Options "train".
Returns a [`Report`](@ref). The callback gets a [`Progress`](@ref) up to ten times a second; if it returns `true`, the
verb ends with a `CamaError` for which `iscancelled` holds, and the model is that of the last step. An exception of the
callback, and Ctrl-C, do the same and come out.
"""
function train(optimizer::Optimizer, clean::Dataset; manipulated = nothing, session = nothing, callback = nothing,
               options = nothing, values...)
    given, out = options_of("train", options, values), Ref{Ptr{Low.cama_report}}(C_NULL)
    run_verb(session, callback) do mine
        GC.@preserve optimizer Low.cama_train(mine, optimizer, clean, manipulated, given, out)
    end
    return Report(out[])
end

"""
    finetune([callback,] source, clean, test; session, steps = 400, ...)

A copy of source, adapted to the unlabelled examples of `test` (Eq. 8), and a [`Report`](@ref) of what that did.
`clean` is labelled, or `nothing` with `alpha = 0`. A discriminative `source` is adapted by TENT. Options "finetune".
"""
function finetune(source::Model, clean, test::Dataset; session = nothing, callback = nothing, options = nothing,
                  values...)
    given = options_of("finetune", options, values)
    model, report = Ref{Ptr{Low.cama_model}}(C_NULL), Ref{Ptr{Low.cama_report}}(C_NULL)
    run_verb(mine -> Low.cama_finetune(mine, source, clean, test, given, model, report), session, callback)
    return Model(model[]), Report(report[])
end
