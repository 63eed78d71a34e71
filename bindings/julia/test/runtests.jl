# runtests - the Julia package: every file of this folder that tests something.
#   julia --project=bindings/julia bindings/julia/test/runtests.jl         (LIBCAMA: the library; else the system's)

using Cama, Test

const ROOT = abspath(get(ENV, "CAMA_SOURCE", joinpath(@__DIR__, "..", "..", "..")))
const DATA = joinpath(ROOT, "examples", "data")

"Three clouds in five dimensions, and their labels in 0:2."
function clouds(n = 600)
    y = Int32[(index * 7) % 3 for index in 1:n]
    x = Float32[sin(12.9f0 * index * feature + feature) + 3 * (y[index] + 1 == feature)
                for feature in 1:5, index in 1:n]
    return x, y
end

cloud_model(; values...) = Model("measurement"; channels = 5, classes = 3, values...)

function trained(x, y; epochs = 15)
    model = cloud_model()
    train(Optimizer(model), Dataset(x, y); epochs = epochs)
    return model
end

"The CamaError of a call; `nothing` if it threw none."
function failure(call)
    try
        call()
    catch error
        error isa CamaError || rethrow()
        return error
    end
    return nothing
end

@testset "Cama" begin
    for name in ("low", "data", "verbs", "running", "classifier", "tables", "digits", "docs")
        @testset "$name" begin
            include("test_$name.jl")
        end
    end
end
