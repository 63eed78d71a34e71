# Datasets: examples x, of tables also a and c, with or without labels y.
#
# Images are stored by the library as height x width x channels, so in Julia as (channels, width, height, n). Julia's
# packages have them as (width, height, channels, n): with one channel that is the same memory, and nothing is copied;
# with more it is permuted once. `layout = :cwhn` gives and takes them as the library has them.

"""
    Dataset(x, y = nothing; classes, copy = false, layout = :whcn)
    Dataset(schema, x; a = nothing, c = nothing, y = nothing, copy = false)
    Dataset(path, schema; ...)                        from a CSV file; options "csv"
    Dataset(bytes, schema; name = "memory", ...)      the same from a file's bytes

Examples: x is `(D, n)`, or images `(width, height, n)` or `(width, height, channels, n)`; y are n labels in
`0:classes-1`. `classes` is the largest label and one where y is given. Without `copy`, a dense array of Float32 is
borrowed: the dataset keeps it alive, and it must not be changed. Other numbers are converted once; bytes of images are
read as value / 255.

With a schema, NaN or `missing` in x is a missing cell, of all levels of a categorical variable at once: it is left out
of the likelihood (docs/model.md, "Missing cells"). In a and c, and without a schema, it is an error.

`data[rows]` is a copy of a range of rows.
"""
mutable struct Dataset <: Handle{Low.cama_dataset}
    pointer::Ptr{Low.cama_dataset}
    arrays::Any # what is borrowed
    layout::Symbol

    Dataset(call::Function, arrays = nothing, layout = :whcn) =
        owned(new(made(Low.cama_dataset, call), arrays, layout))
end

free(::Dataset, pointer) = Low.cama_dataset_free(pointer)

function details(data::Dataset)
    found = shape(data)
    return string(found.n, " examples of ", found.height, "x", found.width, "x", found.channels, ", ", found.classes,
                  " classes", found.labelled ? "" : ", not labelled")
end

"(height, width, channels) and the array that has the library's order."
function pixels(x::AbstractMatrix, layout)
    return (1, 1, size(x, 1)), floats(x)
end

function pixels(x::AbstractArray{T,N}, layout) where {T,N}
    N in (3, 4) || refuse("x: expected a matrix (D, n), or images of 3 or 4 dimensions, got ", N)
    layout in (:whcn, :cwhn) || refuse("layout: expected :whcn or :cwhn, got ", repr(layout))
    N == 3 && return (size(x, 2), size(x, 1), 1), bytes(x)
    layout === :cwhn && return (size(x, 3), size(x, 2), size(x, 1)), bytes(x)
    order = size(x, 3) == 1 ? x : permutedims(x, (3, 1, 2, 4))
    return (size(x, 2), size(x, 1), size(x, 3)), bytes(order)
end

bytes(x) = floats(x)
bytes(x::AbstractArray{UInt8}) = x ./ 255f0

function class_count(classes, y)
    classes === nothing || return classes
    y === nothing && refuse("classes: expected their number, since there are no labels")
    return isempty(y) ? 2 : max(2, maximum(y) + 1)
end

function Dataset(x::AbstractArray, y = nothing; classes = nothing, copy = false, layout = :whcn)
    y, n = ints(y), size(x, ndims(x))
    y === nothing || length(y) == n ||
        refuse("y: expected ", n, " labels, one for each example (the last dimension of x), got ", length(y))
    count = class_count(classes, y)
    sides, numbers = pixels(x, layout)
    return GC.@preserve numbers Dataset(out -> Low.cama_dataset_from_arrays(n, sides..., count, pointer(numbers), y,
                                                                            copy, out),
                                        copy ? nothing : (numbers, y), layout)
end

pointer_or_null(::Nothing) = Ptr{Float32}(C_NULL)
pointer_or_null(x) = pointer(x)

"A matrix of a table's numbers, of as many features as the schema has."
function side(x, size_wanted, n, what)
    x === nothing && return size_wanted == 0 ? nothing : refuse(what, ": expected ", (size_wanted, n), ", got none")
    check_size(x, (size_wanted, n), what)
    return floats(x, what)
end

function Dataset(schema::Schema, x::AbstractMatrix; a = nothing, c = nothing, y = nothing, copy = false)
    y, n, wanted = ints(y), size(x, 2), sizes(schema)
    y === nothing || length(y) == n || refuse("y: expected ", n, " labels, one for each column of x, got ", length(y))
    x, a, c = side(gaps(x), wanted.x, n, "x"), side(a, wanted.a, n, "a"), side(c, wanted.c, n, "c")
    keep = any(isnan, x) ? Options("columns"; missing = "keep") : nothing
    return GC.@preserve x a c Dataset(out -> Low.cama_dataset_from_columns_with(schema, n, pointer(x),
                                                                                pointer_or_null(a), pointer_or_null(c),
                                                                                y, copy, keep, out),
                                      copy ? nothing : (x, a, c, y))
end

function Dataset(path::AbstractString, schema::Schema; options = nothing, values...)
    given = options_of("csv", options, values)
    return Dataset(out -> Low.cama_dataset_from_csv(path, schema, given, out))
end

function Dataset(bytes::Vector{UInt8}, schema::Schema; name = "memory", options = nothing, values...)
    given = options_of("csv", options, values)
    return Dataset(out -> Low.cama_dataset_from_csv_memory(name, bytes, length(bytes), schema, given, out))
end

"Examples from a pair of IDX files, plain or gzip'd; `labels = nothing` for none; `limit` keeps the first examples."
read_idx(images::AbstractString, labels::Union{AbstractString,Nothing} = nothing; classes = 10, limit = 0) =
    Dataset(out -> Low.cama_dataset_from_idx(images, labels, classes, limit, out))

"How many numbers of x are missing; a categorical variable counts as its levels."
function missing_count(data::Dataset)
    count = Ref{Int64}(0)
    check(Low.cama_dataset_missing(data, count))
    return Int(count[])
end

"Shape of a dataset: n, height, width, channels, classes, and whether every row has a label."
function shape(data::Dataset)
    n, rest = Ref{Int64}(0), [Ref{Int32}(0) for _ in 1:5]
    check(Low.cama_dataset_shape(data, n, rest...))
    found = Tuple(Int(each[]) for each in rest[1:4])
    return NamedTuple{(:n, :height, :width, :channels, :classes, :labelled)}((Int(n[]), found..., rest[5][] != 0))
end

Base.length(data::Dataset) = shape(data).n
Base.lastindex(data::Dataset) = length(data)

"""
    data[rows]

A copy of a range of rows.
"""
Base.getindex(data::Dataset, rows::AbstractUnitRange{<:Integer}) =
    Dataset(out -> Low.cama_dataset_slice(data, first(rows) - 1, length(rows), out), nothing, data.layout)

"A copy without its labels: what fine-tuning is given."
without_labels(data::Dataset) = Dataset(out -> Low.cama_dataset_without_labels(data, out), nothing, data.layout)

"A manipulated copy; options \"manipulate\": kind, range, amount, ..."
function manipulate(data::Dataset; options = nothing, values...)
    given = options_of("manipulate", options, values)
    return Dataset(out -> Low.cama_dataset_manipulate(data, given, out), nothing, data.layout)
end

"A matrix (D, n) of x in the form of images, where they are some."
function shaped(x, height, width, channels, layout)
    height * width == 1 && return x
    layout === :cwhn && return reshape(x, channels, width, height, :)
    channels == 1 && return reshape(x, width, height, 1, :)
    return permutedims(reshape(x, channels, width, height, :), (2, 3, 1, 4))
end

every(data, rows) = rows === nothing ? (1:length(data)) : rows

"x of all rows, or of a range of them: a new array (D, n), or images."
function features(data::Dataset, range = nothing)
    range, found = every(data, range), shape(data)
    x = Matrix{Float32}(undef, found.height * found.width * found.channels, length(range))
    check(Low.cama_dataset_read(data, first(range) - 1, length(range), x, nothing))
    return shaped(x, found.height, found.width, found.channels, data.layout)
end

"Labels of all rows, or of a range of them; -1 where only other rows have one."
function labels(data::Dataset, range = nothing)
    range = every(data, range)
    y = Vector{Int32}(undef, length(range))
    check(Low.cama_dataset_read(data, first(range) - 1, length(range), nothing, y))
    return y
end

"Parents a (A, n) and co-parents c (P, n) of all rows, or of a range of them; nothing where there are none."
function causes(data::Dataset, range = nothing)
    range, found = every(data, range), schema(data)
    wanted = found === nothing ? (a = 0, c = 0) : sizes(found)
    a, c = (size == 0 ? nothing : Matrix{Float32}(undef, size, length(range)) for size in (wanted.a, wanted.c))
    a === c === nothing ||
        check(Low.cama_dataset_read_causes(data, first(range) - 1, length(range), a, c))
    return (a = a, c = c)
end

"Where rows stand in their CSV file: the number of the record, its line, and whether a cell of it was refused."
function rows(data::Dataset, range = nothing)
    range = every(data, range)
    row, line, flagged = zeros(Int64, length(range)), zeros(Int64, length(range)), zeros(Int32, length(range))
    check(Low.cama_dataset_rows(data, first(range) - 1, length(range), row, line, flagged))
    return (row = row, line = line, flagged = flagged .!= 0)
end

"The records that were dropped or flagged when a CSV file was read: row, line, column and reason of each."
function refused(data::Dataset)
    count = Ref{Int64}(0)
    check(Low.cama_dataset_refused_count(data, count))
    return map(0:count[]-1) do index
        (row, line), (column, reason) = (Ref{Int64}(0) for _ in 1:2), (Ref{Cstring}(C_NULL) for _ in 1:2)
        check(Low.cama_dataset_refused(data, index, row, line, column, reason))
        (row = row[], line = line[], column = string_of(column[]), reason = string_of(reason[]))
    end
end

"The schema of a dataset or of a model; nothing for images and vectors without one."
schema(data::Dataset) = lent(Low.cama_dataset_schema(data), data)
