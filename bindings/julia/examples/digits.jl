# digits - deep CAMA on images: train on 2,000 digits, classify others as they are and shifted, and put those back.
#   julia --project=bindings/julia bindings/julia/examples/digits.jl        (from the root of libcama's source tree)

using Cama

file(kind, part) = joinpath("examples", "data", "mnist", "$kind-$part-ubyte.gz")
train_data = read_idx(file("train", "images-idx3"), file("train", "labels-idx1"); limit = 2000)
test_data = read_idx(file("t10k", "images-idx3"), file("t10k", "labels-idx1"); limit = 250)

# Networks smaller than the preset's, for an example that takes seconds (docs/networks.md).
small = Options("model"; p_merge = "dense 128 relu, dense 28x28x1", q_m = "dense 64 relu",
                q_z = "dense 128 relu | dense 64 relu")
model = Model("mnist"; options = small)
train(Optimizer(model), train_data; epochs = 10) do progress
    progress.step % 80 == 0 && println(stderr, progress.phase, " ", progress.step, "/", progress.total)
end

"The share of columns of p (C, n) whose largest number is that of the label."
accuracy(p, y) = count(argmax(p[:, row]) == y[row] + 1 for row in eachindex(y)) / length(y)

y = labels(test_data)
println("clean: ", accuracy(predict(model, test_data), y))
moved = manipulate(test_data; kind = "vertical", range = 0.2)
println("shifted: ", accuracy(predict(model, moved), y))

# The same model with m as a view: how an image was seen. q(m|x) is trained on simulated views of the clean digits.
seeing = with_views(model)
train(Optimizer(seeing), train_data; simulate = "alone", epochs = 10)
println("shifted, with views: ", accuracy(predict(seeing, moved), y))
vertical = findfirst(each -> each.name == "y", view_numbers())
println("shifts found, in ", view_numbers()[vertical].unit, ": ",
        round.(views(seeing, moved[1:5]).mean[vertical, :]; digits = 1))

# The images with their views undone, a dataset for any classifier: (width, height, channels, n), numbers in [0, 1].
println("put back: ", size(features(see(seeing, moved))))
save(seeing, joinpath(tempdir(), "digits.safetensors"))
