"""
libcama from Julia: deep CAMA, classification by a causal generative model that can be adapted at test time, without
labels, to inputs that were changed in ways the training data do not show.

A column is an example. A Julia array of size `(D, n)` is the library's row-major `(n, D)`, so `Array{Float32}`s go
there without a copy. Indices count from 1 as everywhere in Julia; labels are the library's numbers `0:C-1`, except for
a [`CamaClassifier`](@ref), which takes any labels. Options of a verb are its keyword arguments (docs/options.md).

    data = Dataset(x, y)                              # x (D, n) Float32, y (n) in 0:C-1
    model = Model("measurement"; channels = size(x, 1), classes = 3)
    train(Optimizer(model), data; epochs = 20) do progress
        println(progress.phase, " ", progress.step, "/", progress.total)
    end
    p = predict(model, data)                          # (C, n)
"""
module Cama

export CamaClassifier, CamaError, Dataset, Model, Optimizer, Options, Progress, Report, Schema, Session, adapt, add!,
    attack, cancel!, causes, class_names, classes, close!, co_parents, confounder, counterfactual, elbo, elbo_do,
    elbo_marginal, encode, features, finetune, fit!, generate, graph_roles, iscancelled, labels, left_out, load_model,
    manipulate, missing_count, number, option_keys, parameter, parameter_names, parameters, predict, predict_proba,
    predict_read, read_idx, reconstruct, refused, report, rows, save, schema, score, see, set_class_names!,
    set_confounder!, set_parameter!, set_prior!, shape, sizes, target, text, train, variables, verify, view_numbers,
    views, with_views, without_labels, workspace_bytes

include("low.jl")
include("errors.jl")
include("handles.jl")
include("options.jl")
include("sessions.jl")
include("numbers.jl")
include("schemas.jl")
include("datasets.jl")
include("models.jl")
include("training.jl")
include("scores.jl")
include("interventions.jl")
include("views.jl")
include("tables.jl")
include("classifier.jl")

"Version of the library that is loaded."
version() = VersionNumber(unsafe_string(Low.cama_version_string()))

"One line about the library: compiler, BLIS version and kernel. For bug reports."
build_info() = unsafe_string(Low.cama_build_info())

function __init__()
    Low.load()
    EXITING[] = false
    atexit(() -> EXITING[] = true)
end

end
