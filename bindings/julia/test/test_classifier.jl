# CamaClassifier on matrices: any labels, adaptation, what is refused, stopping.

x, y = clouds()
words = ["low", "middle", "high"]
labels_of = words[y .+ 1]
classifier = CamaClassifier()
@test_throws ArgumentError predict(classifier, x)
@test fit!(classifier, x[:, 1:500], labels_of[1:500]) === classifier
@test classes(classifier) == sort(words)
plain = score(classifier, x[:, 501:600], labels_of[501:600])
println("score of the clouds: ", plain)
@test plain > 0.85
p = predict_proba(classifier, x[:, 501:600])
@test size(p) == (3, 100) && predict(classifier, x[:, 501:600]) == [sort(words)[argmax(p[:, i])] for i in 1:100]
@test predict(classifier, x[:, 501:510]) isa Vector{String}
@test predict(classifier, Float64.(x[:, 501:510])) == predict(classifier, x[:, 501:510])

adapted = adapt(classifier, x[:, 501:600] .* 1.5f0; steps = 20)
@test adapted !== classifier && report(adapted)["rolled_back", 1] in (0, 1)
@test predict_proba(classifier, x[:, 501:600]) == p           # it was a copy
@test number(adapted.model, "q_m_trained") == 1
bare = fit!(CamaClassifier(keep_clean = 0, epochs = 1), x, y)
@test_throws ArgumentError adapt(bare, x)
@test adapt(bare, x; clean = (x, y), steps = 1) isa CamaClassifier
@test adapt(bare, x; alpha = 0, steps = 1) isa CamaClassifier
@test length(fit!(CamaClassifier(keep_clean = 50, epochs = 1), x, y).clean) == 50

@test_throws ArgumentError fit!(CamaClassifier(), x, y[1:10])
@test_throws ArgumentError fit!(CamaClassifier(), x, zeros(Int, 600))
@test_throws ArgumentError predict(classifier, x[1:4, :])
@test_throws ArgumentError adapt(classifier, x; clean = (x, fill("unknown", 600)))
@test_throws ArgumentError predict(classifier, (a = [1.0], b = [2.0]))
@test failure(() -> fit!(CamaClassifier(training = (epoch = 3,)), x, y)).code == Cama.Low.CAMA_E_OPTION

# A callback that returns true ends the training, and the model of the last step is there.
stopped = fit!(progress -> progress.step > 30, CamaClassifier(epochs = 100_000), x, y)
@test size(predict_proba(stopped, x)) == (3, 600) && report(stopped) === nothing
broken = CamaClassifier(epochs = 100_000)
@test_throws DivideError fit!(progress -> 1 ÷ 0, broken, x, y)
@test size(predict_proba(broken, x)) == (3, 600)

mixed = fit!(CamaClassifier(epochs = 1), x[:, 1:300], y[1:300]; manipulated = (x[:, 301:600] .+ 1, y[301:600]))
@test number(mixed.model, "q_m_trained") == 1
path = tempname()
save(classifier, path)
@test class_names(schema(load_model(path))) == sort(words)
rm(path)
