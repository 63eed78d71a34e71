# Every verb once: sizes, and what must hold of its numbers.

x, y = clouds()
train_data, test_data = Dataset(x[:, 1:500], y[1:500]), Dataset(x[:, 501:600], y[501:600])
model = cloud_model()
told = train(Optimizer(model; lr = 3e-3), train_data; epochs = 15, batch = 64)
@test told["epochs"] == [15.0] && length(told["objective"]) == 15 && told["steps", 1] == 15 * 8
@test failure(() -> told["no such key"]).code == Cama.Low.CAMA_E_ARGUMENT

p = predict(model, test_data)
@test size(p) == (3, 100) && all(sum(p; dims = 1) .≈ 1)
right(p, y) = count(argmax(p[:, i]) == y[i] + 1 for i in eachindex(y))
@test right(p, y[501:600]) > 85
@test predict(model, test_data[11:20]) == p[:, 11:20]         # a column does not depend on the others
session = Session(threads = 2)
@test predict(model, test_data; session = session) == p       # nor on threads
@test workspace_bytes(session) > 0
@test predict(model, test_data; options = Options("predict")) == p
@test_throws ArgumentError predict(model, test_data; options = Options("predict"), samples = 3)

@test length(elbo(model, test_data)) == 100
@test elbo_do(model, test_data; noise = "mean") ≈ elbo(model, test_data; m = "zero", noise = "mean")
@test_throws ArgumentError elbo_do(model, test_data, zeros(Float32, number(model, "m") + 1))
@test length(elbo_do(model, test_data, zeros(number(model, "m")))) == 100
far = Dataset(x[:, 501:600] .+ 20, y[501:600])
@test sum(elbo_marginal(model, far)) < sum(elbo_marginal(model, test_data)) - 1000

before = parameters(model)
adapted, told = finetune(model, train_data, without_labels(Dataset(x[:, 501:600] .* 1.5f0, y[501:600])); steps = 30)
@test told["rolled_back", 1] in (0, 1) && length(told["classes_after"]) == 3
@test parameters(model) == before                             # the source is not touched
@test all(parameters(adapted)[name] == before[name] for name in parameter_names(model)
          if !startswith(name, "p_m") && !startswith(name, "q_m"))
@test number(adapted, "q_m_trained") == 1
@test failure(() -> finetune(model, nothing, test_data)).code == Cama.Low.CAMA_E_ARGUMENT
@test finetune(model, nothing, test_data; alpha = 0, steps = 1) isa Tuple{Model,Report}

latent = encode(model, test_data)
@test size(latent.z_mu) == (number(model, "z"), 100) && size(latent.m_lv) == (number(model, "m"), 100)
restored = reconstruct(model, test_data)
@test size(restored) == (5, 100) && all(isfinite, restored)
@test reconstruct(model, test_data; m = "given", m0 = zeros(number(model, "m"))) ≈
      reconstruct(model, test_data; m = "zero")
made = generate(model, [0, 1, 2]; noise = "mean")
@test size(made) == (5, 3) && argmax(made[1:3, 1]) == 1 && argmax(made[1:3, 3]) == 3
@test generate(model, [1]; z = zeros(number(model, "z"), 1)) ≈ made[:, 2:2]
@test_throws ArgumentError generate(model, [0, 1]; z = zeros(number(model, "z"), 3))
same = counterfactual(model, test_data)
@test same ≈ x[:, 501:600] atol = 1e-4
other = counterfactual(model, test_data; y = fill(0, 100))
@test sum(other[1, :]) > sum(x[1, 501:600]) + 100
@test_throws ArgumentError counterfactual(model, test_data; y = [0])
attacked = attack(model, test_data; eps = 1.0, steps = 5)
@test labels(attacked) == y[501:600] && right(predict(model, attacked), y[501:600]) < right(p, y[501:600])

# Models: files, bytes, copies, parameters.
path = tempname()
save(model, path)
@test predict(load_model(path), test_data) == p == predict(load_model(save(model)), test_data)
@test failure(() -> load_model(rand(UInt8, 100))).code == Cama.Low.CAMA_E_FORMAT
@test failure(() -> load_model(path * "x")).code == Cama.Low.CAMA_E_IO
@test verify(path) === nothing
write(path, read(path)[1:end-1])
@test failure(() -> verify(path)).code == Cama.Low.CAMA_E_FORMAT
rm(path)
twin = copy(model)
@test class_names(twin) === nothing
set_class_names!(twin, ["low", "middle", "high"])
@test class_names(load_model(save(twin))) == ["low", "middle", "high"]
@test_throws ArgumentError set_class_names!(twin, ["low"])
name = first(parameter_names(twin))
weight = parameter(twin, name)
@test occursin(string(size(weight, 1)), text(model, "summary"))
set_parameter!(twin, name, weight .+ 1)
@test parameter(twin, name) == weight .+ 1 && parameter(model, name) == weight
@test_throws ArgumentError set_parameter!(twin, name, weight[1:1])
@test_throws ArgumentError parameter(twin, "no such")
@test text(model, :preset) == "measurement" && schema(model) === nothing
@test set_prior!(model, train_data) === model

# Optimizers keep their model.
optimizer = Optimizer(cloud_model())
GC.gc()
@test train(optimizer, train_data; epochs = 1)["epochs", 1] == 1
