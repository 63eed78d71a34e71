# Latents, reconstructions, and x under interventions.

"""
    encode([callback,] model, data; session, ...)

Means and log-variances of q(m|x), `m_mu` and `m_lv` (M, n), and of q(z|x,y,m), `z_mu` and `z_lv` (Z, n). y is the
label, or the predicted class. Options "encode".
"""
function encode(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given, n = options_of("encode", options, values), length(data)
    m_mu, m_lv, z_mu, z_lv = (Matrix{Float32}(undef, number(model, name), n) for name in ("m", "m", "z", "z"))
    run_verb(mine -> Low.cama_encode(mine, model, data, given, m_mu, m_lv, z_mu, z_lv), session, callback)
    return (m_mu = m_mu, m_lv = m_lv, z_mu = z_mu, z_lv = z_lv)
end

"x (D, n) that a verb writes, in the form of the model's images where it has some."
function generated(call, model, n, layout, session, callback)
    x = Matrix{Float32}(undef, number(model, "x"), n)
    run_verb(mine -> call(mine, x), session, callback)
    return shaped(x, (number(model, name) for name in ("height", "width", "channels"))..., layout)
end

"""
    reconstruct([callback,] model, data; session, m = "same", ...)

The mean of p(x|y,z,m) of each example, z inferred from it, m as inferred, under do(m=0) with `m = "zero"`, or under
do(m=m0) with `m = "given", m0 = ...`. Options "reconstruct".
"""
function reconstruct(model::Model, data::Dataset; session = nothing, callback = nothing, options = nothing, values...)
    given = options_of("reconstruct", options, values)
    return generated((mine, x) -> Low.cama_reconstruct(mine, model, data, given, x), model, length(data), data.layout,
                     session, callback)
end

"""
    generate([callback,] model, y; c, z, m, session, layout = :whcn, ...)

x under do(y), do(c), do(m): y are n labels, c (P, n) of a model that has co-parents, z (Z, n) or drawn from p(z),
m (M, n) or zero. Options "generate".
"""
function generate(model::Model, y::AbstractVector; c = nothing, z = nothing, m = nothing, layout = :whcn,
                  session = nothing, callback = nothing, options = nothing, values...)
    given, n, y = options_of("generate", options, values), length(y), ints(y)
    c, z, m = (optional(part, (number(model, name), n), name) for (part, name) in ((c, "c"), (z, "z"), (m, "m")))
    return generated((mine, x) -> Low.cama_generate(mine, model, n, y, c, z, m, given, x), model, n, layout, session,
                     callback)
end

"""
    counterfactual([callback,] model, data; y, c, m, session, ...)

What x of each example would have been under do(y = y), do(c = c) or do(m = m), all else equal: n labels, (P, n) and
(M, n), each left out for "as it was". Options "counterfactual".
"""
function counterfactual(model::Model, data::Dataset; y = nothing, c = nothing, m = nothing, session = nothing,
                        callback = nothing, options = nothing, values...)
    given, n, y = options_of("counterfactual", options, values), length(data), ints(y)
    y === nothing || check_size(y, (n,), "y")
    c, m = (optional(part, (number(model, name), n), name) for (part, name) in ((c, "c"), (m, "m")))
    return generated((mine, x) -> Low.cama_counterfactual(mine, model, data, y, c, m, given, x), model, n, data.layout,
                     session, callback)
end
