# Scores and predictions: numbers for each example.

function scored(call, data, session, callback)
    values = Vector{Float64}(undef, length(data))
    run_verb(mine -> call(mine, values), session, callback)
    return values
end

"ELBO(x, y) of each example (n), in nats (Eq. 4). Options \"score\"."
function elbo(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given = options_of("score", options, values)
    return scored((mine, out) -> Low.cama_elbo(mine, model, data, given, out), data, session, callback)
end

"ELBO(x, y, do(m=m0)) of each example (n), in nats (Eq. 3); m0 are M numbers, or nothing for m = 0. Options \"score\"."
function elbo_do(model::Model, data::Dataset, m0 = nothing; session = nothing, callback = nothing, options = nothing,
                 values...)
    given = options_of("score", options, values)
    m0 = optional(m0, (number(model, "m"),), "m0")
    return scored((mine, out) -> Low.cama_elbo_do(mine, model, data, m0, given, out), data, session, callback)
end

"ELBO(x) of each example (n), in nats (Eq. 7): low where x is unlike the training data. Options \"score\"."
function elbo_marginal(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given = options_of("score", options, values)
    return scored((mine, out) -> Low.cama_elbo_marginal(mine, model, data, given, out), data, session, callback)
end

"""
    predict([callback,] model, data; session, samples = 10, ...)

p(y|x) by Bayes' rule (Eq. 6), `(C, n)`. A column does not depend on the others. Options "predict".
"""
function predict(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given = options_of("predict", options, values)
    p = Matrix{Float32}(undef, number(model, "classes"), length(data))
    run_verb(mine -> Low.cama_predict(mine, model, data, given, p), session, callback)
    return p
end

"A copy of labelled data, attacked by FGSM or PGD against `predict`. Options \"attack\"."
function attack(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given, out = options_of("attack", options, values), Ref{Ptr{Low.cama_dataset}}(C_NULL)
    run_verb(mine -> Low.cama_attack(mine, model, data, given, out), session, callback)
    return Dataset(place -> (place[] = out[]; Low.CAMA_OK), nothing, data.layout)
end
