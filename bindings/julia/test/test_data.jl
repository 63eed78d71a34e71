# Arrays: borrowed, converted once, or refused; datasets, images, files; handles that are closed or collected.

x, y = clouds(60)
data = Dataset(x, y)
@test shape(data) == (n = 60, height = 1, width = 1, channels = 5, classes = 3, labelled = true)
@test data.arrays[1] === x                                    # no copy
@test features(data) == x && labels(data) == y
@test features(data[11:20]) == x[:, 11:20] && length(data[11:end]) == 50
@test features(data, 3:4) == x[:, 3:4]
@test Dataset(view(x, :, 5:9), y[5:9]).arrays[1] isa SubArray # dense: no copy either
@test features(Dataset(view(x, :, 5:9), y[5:9])) == x[:, 5:9]
@test features(Dataset(view(x, 2:4, :), y)) == x[2:4, :]      # not dense: one copy
@test features(Dataset(permutedims(x)', y)) == x
@test features(Dataset(Float64.(x), Int64.(y))) == x
@test features(Dataset(round.(Int, x), y)) == round.(x)
@test Dataset(x, y; copy = true).arrays === nothing
@test shape(without_labels(data)).labelled == false
@test failure(() -> labels(without_labels(data))).code == Cama.Low.CAMA_E_ARGUMENT
@test failure(() -> data[50:70]).code == Cama.Low.CAMA_E_ARGUMENT

# A label vector that changes or grows afterwards is not what the dataset has.
mine = copy(y)
held = Dataset(x, mine)
fill!(mine, Int32(2))
append!(mine, fill(Int32(9), 100_000))
@test labels(held) == y

@test_throws ArgumentError Dataset(permutedims(x), y)         # rows as examples
@test_throws ArgumentError Dataset(x, Float64.(y))
@test_throws ArgumentError Dataset(x)                         # how many classes?
@test_throws InexactError Dataset(x, fill(2^40, 60))
@test_throws ArgumentError Dataset(ComplexF32.(x), y)
@test_throws ArgumentError Dataset(string.(x), y)
@test_throws ArgumentError Dataset([missing 1.0; 2.0 3.0], [0, 1])
@test_throws ArgumentError Dataset([1e300 1.0; 2.0 3.0], [0, 1])
@test_throws ArgumentError Dataset([1.7e18 1.7e18 + 1000; 2.0 3.0], [0, 1])
@test failure(() -> Dataset([NaN32 1; 2 3], [0, 1])).code == Cama.Low.CAMA_E_DATA
@test failure(() -> Dataset(x, y; classes = 2)).code == Cama.Low.CAMA_E_DATA

# Images: the library has height x width x channels.
images = rand(Float32, 4, 6, 10)                              # width, height, n
made = Dataset(images, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
@test (shape(made).width, shape(made).height, shape(made).channels) == (4, 6, 1)
@test made.arrays[1] === images && features(made) == reshape(images, 4, 6, 1, 10)
colour = rand(Float32, 4, 6, 3, 10)                           # width, height, channels, n
made = Dataset(colour; classes = 2)
@test (shape(made).width, shape(made).height, shape(made).channels) == (4, 6, 3)
@test features(made) == colour
@test vec(made.arrays[1][:, 1, 1, 1]) == colour[1, 1, :, 1]   # channels next to each other
last_channel = permutedims(colour, (3, 1, 2, 4))
made = Dataset(last_channel; classes = 2, layout = :cwhn)
@test made.arrays[1] === last_channel && features(made) == last_channel
@test features(Dataset(fill(0xff, 4, 6, 2); classes = 2)) == ones(4, 6, 1, 2)
@test_throws ArgumentError Dataset(rand(Float32, 2, 2, 2, 2, 2); classes = 2)
@test_throws ArgumentError Dataset(colour; classes = 2, layout = :nhwc)

# Files.
digits = read_idx(joinpath(DATA, "mnist", "t10k-images-idx3-ubyte.gz"),
                  joinpath(DATA, "mnist", "t10k-labels-idx1-ubyte.gz"); limit = 20)
@test shape(digits) == (n = 20, height = 28, width = 28, channels = 1, classes = 10, labelled = true)
moved = manipulate(digits; kind = :vertical, range = 0.5, extreme = 1)
@test labels(moved) == labels(digits) && features(moved) != features(digits)
@test size(features(moved)) == (28, 28, 1, 20)
@test failure(() -> read_idx("no such file")).code == Cama.Low.CAMA_E_IO

# Handles.
close!(data)
@test !isopen(data) && close!(data) === nothing
@test_throws ArgumentError shape(data)
@test occursin("closed", string(data)) && occursin("28x28x1", string(digits))

# What is collected is given back: without finalizers this would hold 2 GB.
function resident()
    found = match(r"VmRSS:\s+(\d+) kB", read("/proc/self/status", String))
    return parse(Int, found[1]) ÷ 1024
end
if isfile("/proc/self/status")
    block = zeros(Float32, 1_000_000, 1)
    Dataset(block; classes = 2, copy = true)
    GC.gc()
    before = resident()
    for _ in 1:50, _ in 1:10
        Dataset(block; classes = 2, copy = true)
        GC.gc(false)
    end
    GC.gc()
    @test resident() - before < 500
end
