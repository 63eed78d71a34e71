# chamber - deep CAMA on a table with a causal graph: the class is how bright a machine's red lamp is. A sensor's
# exposure is changed, and the model is adapted to such rows without their labels.
#   julia --project=bindings/julia bindings/julia/examples/chamber.jl       (from the root of libcama's source tree)

using Cama

folder = joinpath("examples", "data", "chamber")
file(name) = joinpath(folder, "uniform_$name.csv.gz")

# Roles of the columns come from the causal graph; the brightness is cut into four classes.
roles = Schema(file("reference"); target = "red", dag = joinpath(folder, "dag.csv"), cuts = [21.5, 43, 64.5])
reference = Dataset(file("reference"), roles)
clean = reference[1:4000]
model = Model("measurement-sensors", roles; seed = 1)
set_prior!(model, clean)
train(Optimizer(model), clean)

"The share of columns of p (C, n) whose largest number is that of the label."
accuracy(p, y) = count(argmax(p[:, row]) == y[row] + 1 for row in eachindex(y)) / length(y)

test_data = reference[8001:8500]
println("clean: ", accuracy(predict(model, test_data), labels(test_data)))

changed = Dataset(file("t_ir_1_strong"), roles)
truth = labels(changed)
println("sensor changed: ", accuracy(predict(model, changed), truth))
adapted, report = finetune(model, clean, without_labels(changed))
println("adapted: ", accuracy(predict(adapted, changed), truth), ", rolled back: ", report["rolled_back", 1], ", why: ", report["stopped", 1])

# What would the sensors have read without the green light? A column is a row of the table.
green = only(each.range for each in variables(roles) if each.name == "green")
sensor = only(each.range for each in variables(roles) if each.name == "ir_1")
c = causes(test_data).c
c[green, :] .= 0
dark = counterfactual(model, test_data; c = c)
mean(x) = sum(x) / length(x)
println("ir_1: ", round(Int, mean(features(test_data)[sensor, :])), ", under do(green = 0): ",
        round(Int, mean(dark[sensor, :])))
