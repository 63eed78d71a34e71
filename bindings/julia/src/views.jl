# Views: how an image was seen (docs/views.md).

"The same model in the form with views, whose q(m|x) is not trained yet. Option seed."
function with_views(source::Model; options = nothing, values...)
    given = options_of("model", options, values)
    return Model(out -> Low.cama_model_with_views(source, given, out))
end

"The numbers that make up a view: name, unit, and the value of an image that is seen as it is."
function view_numbers()
    count = Ref{Int32}(0)
    check(Low.cama_view_count(count))
    return map(0:count[]-1) do index
        name, unit, none = Ref{Cstring}(C_NULL), Ref{Cstring}(C_NULL), Ref{Float64}(0)
        check(Low.cama_view_describe(index, name, unit, none))
        (name = string_of(name[]), unit = string_of(unit[]), none = none[])
    end
end

"""
    views([callback,] model, data; session, ...)

How each image was seen: `mean` and `deviation` (V, n) of the V numbers of `view_numbers()`. Options "view".
"""
function views(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given, count = options_of("view", options, values), length(view_numbers())
    mean, deviation = (Matrix{Float32}(undef, count, length(data)) for _ in 1:2)
    run_verb(mine -> Low.cama_views(mine, model, data, given, mean, deviation), session, callback)
    return (mean = mean, deviation = deviation)
end

"The images with their views undone, a dataset for any other classifier to read. Options \"view\"."
function see(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given, out = options_of("view", options, values), Ref{Ptr{Low.cama_dataset}}(C_NULL)
    run_verb(mine -> Low.cama_see(mine, model, data, given, out), session, callback)
    return Dataset(place -> (place[] = out[]; Low.CAMA_OK), nothing, data.layout)
end

"p(y|x) (C, n) as `predict`, the classes read by `reader`, a discriminative model, from the images with views undone."
function predict_read(model::Model, reader::Model, data::Dataset; session = nothing, callback = nothing,
                      options = nothing, values...)
    given = options_of("predict", options, values)
    p = Matrix{Float32}(undef, number(model, "classes"), length(data))
    run_verb(mine -> Low.cama_predict_read(mine, model, reader, data, given, p), session, callback)
    return p
end

# Every verb takes its callback first as well, so that it can stand in a do-block.
for verb in (:train, :finetune, :elbo, :elbo_do, :elbo_marginal, :predict, :attack, :encode, :reconstruct, :generate,
             :counterfactual, :views, :see, :predict_read)
    @eval $verb(callback::Function, arguments...; keywords...) = $verb(arguments...; callback = callback, keywords...)
end
