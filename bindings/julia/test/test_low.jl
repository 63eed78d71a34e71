# The functions of the header: all are found in the library; arrays of another element type are refused.

symbols = [match[1] for match in eachmatch(r"^\s+(cama_\w+);"m, read(joinpath(ROOT, "libcama.map"), String))]
@test length(symbols) > 60
@test sort(symbols) == sort(String.(Cama.Low.NAMES))
@test all(getfield(Cama.Low, Symbol(name, "_at"))[] != C_NULL for name in Cama.Low.NAMES)

header = read(joinpath(ROOT, "include", "cama", "cama.h"), String)
constants = collect(eachmatch(r"^#define (CAMA_\w+) (\d+)\b"m, header))
@test length(constants) > 20
@test all(getfield(Cama.Low, Symbol(found[1])) == parse(Int, found[2]) for found in constants)

@test Cama.version() >= v"0.2"
@test occursin("BLIS", Cama.build_info())

# ccall alone would read these as other numbers, without a word.
x, y = clouds(30)
out = Ref{Ptr{Cama.Low.cama_dataset}}(C_NULL)
call(x, y) = Cama.Low.cama_dataset_from_arrays(30, 1, 1, 5, 3, x, y, 1, out)
@test_throws ArgumentError call(Float64.(x), y)
@test_throws ArgumentError call(x, Int64.(y))
@test_throws ArgumentError call(view(x, 1:5, :), y)
@test call(x, y) == 0
Cama.Low.cama_dataset_free(out[])

# A handle of one kind is no handle of another.
@test_throws MethodError Cama.Low.cama_model_clone(Options("train"), out)

refusal = failure(() -> Options("trian"))
@test refusal.code == Cama.Low.CAMA_E_OPTION && refusal.name == "CAMA_E_OPTION"
@test occursin("train", refusal.message)
@test occursin("CAMA_E_OPTION", sprint(showerror, refusal))
@test failure(() -> Options("train"; epochs = 0)).code == Cama.Low.CAMA_E_OPTION
@test failure(() -> Options("train"; epochs = 1.5)).code == Cama.Low.CAMA_E_OPTION

options = Options("train"; epochs = 3, lambda = 0.25, schedule = :linear, m0 = [1, 2])
@test (options["epochs"], options[:lambda], options["schedule"]) == (3, 0.25, "linear")
@test options["batch"] == 64
@test_throws ArgumentError options["m0"]
@test_throws ArgumentError Options("train"; epochs = nothing => 1)
@test Options("schema"; parents = ["a,b", "c\"d", "e"])["parents"] == "\"a,b\",\"c\"\"d\",e"

# The tables are those of docs/options.md.
page = read(joinpath(ROOT, "docs", "options.md"), String)
sections = split(page, r"^## "m)[2:end]
@test length(sections) > 10
for section in sections
    verb = match(r"^\w+", section).match
    rows = [found[1] for found in eachmatch(r"^\| `(\w+)` \| "m, section)]
    @test [each.key for each in option_keys(String(verb))] == rows
end
