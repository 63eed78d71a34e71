# A classifier with fit! and predict, as Julia's machine learning packages have them, for matrices, images and tables.

const MOST_VARIABLES = 4096 # of a schema: wider vectors have none

"""
    CamaClassifier(; preset = nothing, graph, target = "y", parents, co_parents, ignore, epochs, batch, lr,
                   model, training, finetuning, prediction, keep_clean = 4096, seed = 0)

Deep CAMA with `fit!(classifier, X, y)`, `predict(classifier, X)` (labels), `predict_proba` (C, n),
`adapt(classifier, X)` (a new classifier, adapted to rows without labels), `score`, `classes`, `report`, `save`.

X is a matrix (features, n), images (width, height, channels, n), or a table: a NamedTuple or dictionary of columns, a
DataFrame. y are n labels of any kind. Of a table, all columns are effects of y unless `parents` and `co_parents` list
some, or `graph` has the causal graph, edges `"cause" => "effect"` with y's name in it, `target`; `ignore` leaves
columns out. NaN and `missing` in an effect (an array's features are effects) are missing cells, left out by Bayes'
rule; where rows to predict have gaps that training rows have not: `training = (drop_cells = 0.5,)`. Without `preset`,
tables and matrices have "measurement", with co-parents "measurement-sensors", images "mnist" or "cifar" by their size.

Small data are gone through often enough, by the library's defaults: at least 1,500 steps and 20 epochs (images 1,000
and 10), or 60 epochs where these are 800 steps. `model`, `training`, `finetuning` and `prediction` are NamedTuples of
any options of docs/options.md. For `adapt`, a copy of at most `keep_clean` training rows is kept.
"""
mutable struct CamaClassifier
    settings::NamedTuple
    names::Vector{Any}            # the classes, in order
    columns::Vector{Column}       # of a table
    shape::Tuple                  # of an example that is an array
    layout::Symbol
    model::Union{Model,Nothing}
    clean::Union{Dataset,Nothing} # training rows
    report::Union{Report,Nothing}
end

function CamaClassifier(; preset = nothing, graph = nothing, target = "y", parents = String[], co_parents = String[],
                        ignore = String[], epochs = nothing, batch = nothing, lr = nothing, model = NamedTuple(),
                        training = NamedTuple(), finetuning = NamedTuple(), prediction = NamedTuple(), layout = :whcn,
                        keep_clean = 4096, seed = 0)
    settings = (preset = preset, graph = graph, target = String(target), parents = parents, co_parents = co_parents,
                ignore = ignore, epochs = epochs, batch = batch, lr = lr, model = model, training = training,
                finetuning = finetuning, prediction = prediction, keep_clean = keep_clean, seed = seed)
    return CamaClassifier(settings, Any[], Column[], (), layout, nothing, nothing, nothing)
end

Base.show(io::IO, classifier::CamaClassifier) =
    print(io, "CamaClassifier(", classifier.model === nothing ? "not fitted" : classifier.model, ")")

fitted(classifier) = classifier.model !== nothing ? classifier.model :
                     refuse("expected a classifier that is fitted, got one that is not: call fit! first")

"Labels in the order of the rows of `predict_proba`."
classes(classifier::CamaClassifier) = (fitted(classifier); copy(classifier.names))

"What the last fit! or adapt did, a [`Report`](@ref); nothing after an interruption."
report(classifier::CamaClassifier) = classifier.report

is_image(X) = X isa AbstractArray && ndims(X) > 2
# Size of an example; a grey image may leave its one channel out.
example_size(X) = is_table(X) ? () : ndims(X) == 3 ? (size(X, 1), size(X, 2), 1) : size(X)[1:end-1]
row_count(X) = is_table(X) ? length(column(X, first(column_names(X)))) : size(X, ndims(X))

"Numbers of the classes of y, from 0."
function class_numbers(names, y, n)
    length(y) == n ||
        refuse("y: expected ", n, " labels, one for each example (the last dimension of X), got ", length(y))
    place = Dict{Any,Int32}(name => index - 1 for (index, name) in enumerate(names))
    unknown(label) = refuse("expected classes among ", names, ", got ", repr(label))
    return Int32[get(() -> unknown(label), place, label) for label in y]
end

# ---- Data

"A dataset of X for a fitted classifier, with the numbers of its labels, or without."
function dataset(classifier::CamaClassifier, X, y; copy = false)
    model = fitted(classifier)
    if is_table(X)
        isempty(classifier.columns) && refuse("X: expected an array, as in fit!, got a table")
        x, a, c = sides(X, classifier.columns)
        return Dataset(schema(model), x; a = a, c = c, y = y, copy = copy)
    end
    isempty(classifier.columns) || refuse("X: expected a table, as in fit!, got an array")
    example_size(X) == classifier.shape ||
        refuse("X: expected examples of size ", classifier.shape, ", as in fit!, got ", example_size(X))
    lent = schema(model)
    lent === nothing ||
        return Dataset(lent, X; y = y, copy = copy)
    return Dataset(X, y; classes = length(classifier.names), copy = copy, layout = classifier.layout)
end

"An even choice of at most `most` rows of X, which need not be in random order."
function chosen(X, y, most)
    n = row_count(X)
    kept = n <= most ? collect(1:n) : unique(round.(Int, range(1, n, length = most)))
    taken = is_table(X) ? Dict(name => column(X, name)[kept] for name in column_names(X)) :
            X[ntuple(_ -> Colon(), ndims(X) - 1)..., kept]
    return taken, y[kept]
end

# ---- Networks

function image_model(classifier, X, values)
    sides, _ = pixels(X[:, :, ntuple(_ -> Colon(), ndims(X) - 3)..., 1:1], classifier.layout)
    preset = classifier.settings.preset
    preset === nothing && (preset = get(Dict((28, 28, 1) => "mnist", (32, 32, 3) => "cifar"), sides, nothing))
    preset === nothing && refuse("images of ", sides, " (height, width, channels): expected a preset and, in model, ",
                                 "networks for that size (docs/networks.md)")
    height, width, channels = sides
    return Model(preset; height = height, width = width, channels = channels, classes = length(classifier.names),
                 values...)
end

function vector_model(classifier, X, values)
    preset = something(classifier.settings.preset, "measurement")
    D, names = size(X, 1), string.(classifier.names)
    D > MOST_VARIABLES && return Model(preset; channels = D, classes = length(names), values...)
    columns = [Column("x$index", :child, :continuous, String[]) for index in 1:D]
    return Model(preset, Schema(classifier.settings.target, names, columns, Dict{String,String}()); values...)
end

function table_model(classifier, X, values)
    settings = classifier.settings
    roles, confounders = roles_of(column_names(X), settings.target, settings.graph, settings.parents,
                                  settings.co_parents, settings.ignore)
    classifier.columns = table_columns(X, roles)
    sensors = any(each -> each.role === :co_parent, classifier.columns)
    preset = something(settings.preset, sensors ? "measurement-sensors" : "measurement")
    return Model(preset, Schema(settings.target, string.(classifier.names), classifier.columns, confounders); values...)
end

# ---- Fitting

# The options of a list that are given; what is not set the library chooses, by the number of rows and the model.
stated(settings, keys...) = (; (key => settings[key] for key in keys if settings[key] !== nothing)...)

"Options \"train\"."
plan(settings) = merge(stated(settings, :epochs, :batch), (seed = settings.seed,), settings.training)

"""
    fit!([callback,] classifier, X, y; manipulated = nothing, session)

Train on X and its labels (Eq. 3), or with `manipulated`, a pair `(X, y)` of more rows whose manipulation is not known,
Eq. 5. If the callback returns `true` training ends; after that, after Ctrl-C and after an exception of the callback the
classifier has the model of the last step.
"""
function fit!(classifier::CamaClassifier, X, y; manipulated = nothing, session = nothing, callback = nothing)
    settings, kind, n = classifier.settings, is_image(X) ? :image : :table, row_count(X)
    names = sort!(unique(y))
    length(names) >= 2 || refuse("y: expected at least 2 classes, got ", names)
    new = CamaClassifier(settings, names, Column[], example_size(X), classifier.layout, nothing, nothing, nothing)
    numbers = class_numbers(names, y, n)
    values = merge((seed = settings.seed,), settings.model)
    new.model = (is_table(X) ? table_model : kind === :image ? image_model : vector_model)(new, X, values)
    data = dataset(new, X, numbers)
    more = manipulated === nothing ? nothing :
           dataset(new, first(manipulated), class_numbers(names, last(manipulated), row_count(first(manipulated))))
    number(new.model, "a") == 0 && number(new.model, "discriminative") == 0 && set_prior!(new.model, data)
    settings.keep_clean > 0 && (new.clean = kept_rows(new, X, numbers))
    optimizer = Optimizer(new.model; stated(settings, :lr)...)
    try
        new.report = train(optimizer, data; manipulated = more, session = session, callback = callback,
                           plan(settings)...)
    catch failure
        failure isa CamaError && !iscancelled(failure) && rethrow()
        take!(classifier, new)
        iscancelled(failure) || rethrow()
    end
    return take!(classifier, new)
end

function kept_rows(classifier, X, numbers)
    taken, kept = chosen(X, numbers, classifier.settings.keep_clean)
    return dataset(classifier, taken, kept; copy = true)
end

function take!(classifier::CamaClassifier, other)
    for name in fieldnames(CamaClassifier)
        setfield!(classifier, name, getfield(other, name))
    end
    return classifier
end

"""
    adapt([callback,] classifier, X; clean = nothing, session, steps, ...)

A new classifier whose model was adapted to the unlabelled rows of X (Eq. 8); `report(classifier)` says what that did.
`clean` is a pair `(X, y)` of clean rows; without it those that `fit!` has kept are used. Options "finetune".
"""
function adapt(classifier::CamaClassifier, X; clean = nothing, session = nothing, callback = nothing, values...)
    model, settings = fitted(classifier), classifier.settings
    given = merge((seed = settings.seed,), settings.finetuning, (; values...))
    source = clean === nothing ? classifier.clean :
             dataset(classifier, first(clean),
                     class_numbers(classifier.names, last(clean), row_count(first(clean))))
    source === nothing && get(given, :alpha, nothing) != 0 &&
        refuse("adapt: expected clean = (X, y), or alpha = 0, since this classifier has kept no training rows")
    adapted, report = finetune(model, source, dataset(classifier, X, nothing); session = session, callback = callback,
                               given...)
    return CamaClassifier(settings, classifier.names, classifier.columns, classifier.shape, classifier.layout, adapted,
                          classifier.clean, report)
end

# ---- Predictions

"p(y|x) by Bayes' rule (Eq. 6), (C, n), in the order of `classes`. A column does not depend on the others."
predict_proba(classifier::CamaClassifier, X; session = nothing, callback = nothing) =
    predict(fitted(classifier), dataset(classifier, X, nothing); session = session, callback = callback,
            classifier.settings.prediction...)

"The most probable class of each example (n)."
function predict(classifier::CamaClassifier, X; session = nothing, callback = nothing)
    p = predict_proba(classifier, X; session = session, callback = callback)
    names = identity.(classifier.names) # a vector of their own type
    return [names[argmax(view(p, :, row))] for row in axes(p, 2)]
end

"The share of examples whose most probable class is y."
function score(classifier::CamaClassifier, X, y)
    found = predict(classifier, X)
    length(y) == length(found) || refuse("y: expected ", length(found), " labels, got ", length(y))
    return count(found .== y) / length(found)
end

"Write the classifier's model to a file, without names of classes that are no texts of a table."
save(classifier::CamaClassifier, path::AbstractString) = save(fitted(classifier), path)

for verb in (:fit!, :adapt, :predict_proba)
    @eval $verb(callback::Function, arguments...; keywords...) = $verb(arguments...; callback = callback, keywords...)
end
