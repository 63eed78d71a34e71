# Callbacks, cancelling, exceptions that come out, Ctrl-C; sessions in use; tasks and threads.

x, y = clouds()
data = Dataset(x, y)
long = (epochs = 100_000,)

told = Progress[]
train(Optimizer(cloud_model()), data; epochs = 2, batch = 64) do progress
    push!(told, progress)
end
@test !isempty(told) && last(told).step == last(told).total == 20 && last(told).phase == "train"

# true cancels; anything else does not.
count_calls = 0
model = cloud_model()
before = parameters(model)
refusal = failure() do
    train(Optimizer(model), data; long...) do progress
        global count_calls += 1
        progress.step > 50
    end
end
@test iscancelled(refusal) && refusal.name == "CAMA_E_CANCELLED" && count_calls > 0
@test parameters(model) != before && all(isfinite, parameter(model, first(parameter_names(model))))
@test predict(progress -> 1, model, data) isa Matrix

# An exception of the callback comes out as it is, and the session can be used again.
struct Mine <: Exception end
session = Session()
@test_throws Mine train(progress -> throw(Mine()), Optimizer(model), data; session = session, long...)
@test_throws UndefVarError train(progress -> no_such_name, Optimizer(model), data; session = session, long...)
@test predict(model, data; session = session) == predict(model, data)

# A session that is in use is refused, in a callback as well; another one may be used there, and by itself is.
inner = Ref{Any}(nothing)
train(Optimizer(cloud_model()), data; session = session, epochs = 1) do progress
    inner[] = failure(() -> predict(model, data; session = session))
    nothing
end
@test inner[].code == Cama.Low.CAMA_E_ARGUMENT && occursin("session", inner[].message)
train(Optimizer(cloud_model()), data; epochs = 1) do progress
    inner[] = predict(model, data)
    nothing
end
@test inner[] == predict(model, data)
@test_throws ArgumentError train(progress -> close!(session), Optimizer(model), data; session = session, epochs = 1)

# cancel! from another task, which runs where the callback yields.
endless() = train(progress -> (yield(); nothing), Optimizer(model), data; session = session, long...)
cancelled = @async failure(endless)
yield()
sleep(0.2)
cancel!(session)
@test iscancelled(fetch(cancelled))

# Tasks side by side, on as many threads as there are.
expected = predict(model, data)
found = map(fetch, [Threads.@spawn(predict(progress -> (yield(); nothing), model, data)) for _ in 1:8])
@test all(==(expected), found)

# Garbage that is collected inside of a callback.
train(Optimizer(cloud_model()), data; epochs = 3) do progress
    Dataset(x, y; copy = true)
    GC.gc()
end

# Ctrl-C, in a program that has it as an exception, and in one that it ends. With and without a callback.
program(setting, callback) = """
    $setting
    using Cama
    x = randn(Float32, 5, 600); y = rand(0:2, 600)
    model = Model("measurement"; channels = 5, classes = 3)
    optimizer, data = Optimizer(model), Dataset(x, y)
    train(optimizer, data; epochs = 1)
    println("ready"); flush(stdout)
    try
        train($(callback)optimizer, data; epochs = 1_000_000)
    catch error
        print(time(), " ", typeof(error), " ", all(isfinite, parameter(model, "p_y.0.bias")))
        println(" ", size(predict(model, data)))
    end
    """
function interrupted(setting, callback)
    out, path = Pipe(), tempname() * ".jl"
    write(path, program(setting, callback))
    process = run(pipeline(`$(Base.julia_cmd()) --project=$(Base.active_project()) $path`; stdout = out,
                           stderr = devnull); wait = false)
    close(out.in)
    @assert readline(out) == "ready"
    sleep(0.5)
    sent = time()
    kill(process, Base.SIGINT)
    answer = read(out, String)
    wait(process)
    rm(path)
    caught = isempty(answer) ? time() : parse(Float64, first(split(answer)))
    return process, join(split(answer)[2:end], " "), caught - sent
end
for callback in ("", "progress -> nothing, ")
    process, answer, seconds = interrupted("Base.exit_on_sigint(false)", callback)
    @test success(process) && answer == "InterruptException true (3, 600)"
    println("Ctrl-C, ", isempty(callback) ? "no callback" : "a callback", ": ", round(seconds; digits = 2),
            " s until it is caught")
    @test seconds < 5
end
process, answer, seconds = interrupted("", "") # a program file without that setting ends
@test !success(process) && answer == "" && seconds < 20
