# The programs of docs/julia.md and of examples/ run as they stand, from the root of the source tree.

using Cama, Test

page = read(joinpath(ROOT, "docs", "julia.md"), String)
programs = Dict(found[1] => found[2] for found in eachmatch(r"```julia\n# (\w+)\.jl\n(.*?)```"s, page))
@test sort(collect(keys(programs))) == ["callback", "five", "layer"]

function said(program)
    return mktempdir() do folder
        symlink(joinpath(ROOT, "examples"), joinpath(folder, "examples"))
        julia = `$(Base.julia_cmd()) --project=$(Base.active_project()) $program`
        read(setenv(julia; dir = folder), String)
    end
end
reals(text) = [parse(Float64, found.match) for found in eachmatch(r"\d*\.\d+", text)]

five = said(["-e", programs["five"]])
@test reals(five)[1] > 0.85
@test occursin("cancelled", said(["-e", programs["callback"]]))
@test occursin("(3, 64)", said(["-e", programs["layer"]]))

chamber = said([joinpath(@__DIR__, "..", "examples", "chamber.jl")])
print(chamber)
clean, plain, adapted = reals(chamber)[1:3]
@test clean > 0.75 && adapted > plain
digits = said([joinpath(@__DIR__, "..", "examples", "digits.jl")])
print(digits)
# hello.c, the same networks and digits, has .766; the shift costs half of that, and views give most of it back.
clean, moved, seen = reals(digits)[1:3]
@test clean > 0.7 && seen > moved + 0.2
