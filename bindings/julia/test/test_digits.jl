# Images, as in examples/digits.jl but smaller; views.

file(kind, part) = joinpath(DATA, "mnist", string(kind, "-", part, "-ubyte.gz"))
digits = read_idx(file("train", "images-idx3"), file("train", "labels-idx1"); limit = 300)
x, y = features(digits), labels(digits)
small = (p_merge = "dense 64 relu, dense 28x28x1", q_m = "dense 32 relu", q_z = "dense 64 relu | dense 32 relu")
classifier = fit!(CamaClassifier(model = small, epochs = 10), x, y)
@test text(classifier.model, "preset") == "mnist"
@test score(classifier, x, y) > 0.5
@test predict(classifier, round.(UInt8, 255 .* x[:, :, 1, :])) == predict(classifier, x[:, :, 1, :])
restored = reconstruct(classifier.model, digits; m = "zero")
@test size(restored) == (28, 28, 1, 300) && all(0 .<= restored .<= 1)
@test size(generate(classifier.model, [3, 7])) == (28, 28, 1, 2)
@test adapt(classifier, x[:, :, :, 1:50]; steps = 2) isa CamaClassifier
@test_throws ArgumentError fit!(CamaClassifier(), rand(Float32, 9, 9, 20), repeat([0, 1], 10))

seeing = with_views(classifier.model)
train(Optimizer(seeing), digits; simulate = "alone", epochs = 1)
named = view_numbers()
found = views(seeing, digits[1:20])
@test size(found.mean) == size(found.deviation) == (length(named), 20) && length(named) > 5
@test any(each -> each.unit != "", named)
@test size(features(see(seeing, digits[1:20]))) == (28, 28, 1, 20)
cnn = Model("mnist-cnn")
train(Optimizer(cnn), digits; epochs = 1)
@test size(predict_read(seeing, cnn, digits[1:20])) == (10, 20)
