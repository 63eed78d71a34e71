# Tables: schemas by hand, from a file, from columns in memory; graphs; the causal chamber.

made = Schema("quality", ["bad", "good"])
add!(add!(made, "light", :co_parent), "sensor", :child)
add!(made, "colour", :child, :categorical; levels = ["red", "green", "blue"])
add!(made, "season", :parent, :binary)
@test sizes(made) == (variables = 4, x = 4, a = 1, c = 1, classes = 2)
@test target(made) == "quality" && class_names(made) == ["bad", "good"]
colour = variables(made)[3]
@test (colour.name, colour.role, colour.kind, colour.range) == ("colour", :child, :categorical, 2:4)
@test colour.levels == ["red", "green", "blue"]
@test confounder(made, "light") === nothing
@test confounder(set_confounder!(made, "light", "weather"), "light") == "weather"
@test failure(() -> add!(made, "light", :child)).code == Cama.Low.CAMA_E_ARGUMENT
@test_throws ArgumentError add!(made, "other", :effect)
x = Float32[1 2; 1 0; 0 1; 0 0]
data = Dataset(made, x; a = [0 1], c = [0.5 0.25], y = [0, 1])
@test features(data) == x && causes(data) == (a = Float32[0 1], c = Float32[0.5 0.25])
@test_throws ArgumentError Dataset(made, x; a = [0 1])
@test_throws ArgumentError Dataset(made, x[1:3, :]; a = [0 1], c = [0.5 0.25])
@test failure(() -> Dataset(made, ones(Float32, 4, 2); a = [0 1], c = [0.5 0.25])).code == Cama.Low.CAMA_E_DATA

# Missing cells: NaN and missing in x, all levels of a categorical variable; not in causes.
gappy = Float32[NaN 2; 1 NaN; 0 NaN; 0 NaN]
data = Dataset(made, gappy; a = [0 1], c = [0.5 0.25], y = [0, 1])
@test isequal(features(data), gappy) && missing_count(data) == 4
@test missing_count(Dataset(made, Any[missing 2; 1 missing; 0 missing; 0 missing]; a = [0 1], c = [0.5 0.25])) == 4
@test missing_count(Dataset(made, x; a = [0 1], c = [0.5 0.25])) == 0
@test occursin("colour", failure(() -> Dataset(made, Float32[1 2; 1 NaN; 0 1; 0 0]; a = [0 1], c = [0.5 0.25])).message)
@test occursin("c, row 1, column 0", failure(() -> Dataset(made, x; a = [0 1], c = [0.5 NaN])).message)
@test_throws ArgumentError Dataset(made, x; a = [0 missing], c = [0.5 0.25])

graph = ["season" => "y", "y" => "sensor", "light" => "sensor", "light" => "other"]
@test graph_roles(graph, "y").roles == Dict("season" => [:parent], "sensor" => [:child], "light" => [:co_parent])
hidden = graph_roles([graph; "weather" => "light"; "weather" => "sensor"], "y"; hidden = ["weather"])
@test hidden.confounders == Dict("light" => "weather")
@test failure(() -> graph_roles(["y" => "a", "a" => "y"], "y")).code == Cama.Low.CAMA_E_DATA
@test_throws ArgumentError graph_roles(graph, "nobody")

# From memory: bytes of a file, rows that are refused.
csv = Vector{UInt8}("y,a,b\n0,1,2\n1,3,4\n0,x,6\n1,7,8\n")
read_schema = Schema(csv; target = "y", children = ["a", "b"], invalid = "drop")
data = Dataset(csv, read_schema; invalid = "drop")
@test length(data) == 3 && rows(data).line == [2, 3, 5]
@test [(each.line, each.column, each.reason) for each in refused(data)] == [(4, "a", "invalid")]
@test occursin("memory", failure(() -> Dataset(csv, read_schema)).message)
@test class_names(schema(data)) == ["0", "1"]
wide = Vector{UInt8}("y,a,b\n0,1,2\n1,3,4\n1,2,5\n")
@test left_out(Schema(wide; target = "y", children = ["a"])) == [(column = "b", reason = "no role")]

# A lent schema keeps its owner.
function lent_alone()
    return schema(Dataset(csv, read_schema; invalid = "drop"))
end
alone = lent_alone()
GC.gc()
@test target(alone) == "y"

# Columns in memory.
n = 400
y = [index % 2 == 0 for index in 1:n]
light = [sin(index) for index in 1:n]
table = (light = light, sensor = [3y[i] + light[i] + 0.3cos(7i) for i in 1:n],
         colour = [y[i] ? "red" : i % 3 == 0 ? "green" : "blue" for i in 1:n], on = [i % 5 == 0 for i in 1:n],
         other = collect(1:n))
edges = ["y" => "sensor", "y" => "colour", "light" => "sensor", "y" => "on"]
classifier = fit!(CamaClassifier(graph = edges, epochs = 5), table, y)
@test text(classifier.model, "preset") == "measurement-sensors"
found = Dict(each.name => (each.role, each.kind) for each in variables(schema(classifier.model)))
@test found == Dict("light" => (:co_parent, :continuous), "sensor" => (:child, :continuous),
                    "colour" => (:child, :categorical), "on" => (:child, :binary))
@test score(classifier, table, y) > 0.95
@test predict(classifier, Dict(string(name) => table[name] for name in keys(table))) == predict(classifier, table)
@test adapt(classifier, table; steps = 2) isa CamaClassifier
@test_throws ArgumentError predict(classifier, (light = light,))
@test_throws ArgumentError predict(classifier, merge(table, (colour = fill("pink", n),)))
@test_throws ArgumentError fit!(CamaClassifier(graph = edges), (light = light,), y)
# A cause must be there; an effect need not, in training nor in what is predicted.
gaps_of(values) = [index % 4 == 1 ? missing : value for (index, value) in enumerate(values)]
@test_throws ArgumentError fit!(CamaClassifier(co_parents = ["light"]), merge(table, (light = gaps_of(light),)), y)
@test_throws ArgumentError fit!(CamaClassifier(), merge(table, (sensor = fill(missing, n),)), y)
gappy = merge(table, (sensor = gaps_of(table.sensor), colour = gaps_of(table.colour), on = gaps_of(table.on)))
gap_classifier = fit!(CamaClassifier(graph = edges, epochs = 5), gappy, y)
@test schema(gap_classifier.model) !== nothing && score(gap_classifier, gappy, y) > 0.6
@test score(gap_classifier, merge(gappy, (sensor = fill(NaN, n),)), y) > 0.5 # by its colour and whether it is on
@test predict_proba(gap_classifier, table)[:, 2] != predict_proba(gap_classifier, gappy)[:, 1]
X = permutedims([table.sensor light]) .+ 0.0
X[1, 1:4:n] .= NaN
matrix_classifier = fit!(CamaClassifier(epochs = 20), X, y)
@test score(matrix_classifier, X, y) > 0.6
listed = fit!(CamaClassifier(co_parents = ["light"], ignore = [:other], epochs = 1), table, y)
@test sizes(schema(listed.model)) == sizes(schema(classifier.model))
