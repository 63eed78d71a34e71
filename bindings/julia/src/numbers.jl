# What comes in, made into the library's arrays or refused. An array of Float32 that lies in memory without gaps is
# passed on as it is; other real numbers are converted once; what cannot be meant is an ArgumentError that says where.

"Whether an array's numbers follow each other in memory without gaps, as those of an Array."
is_dense(::Array) = true
is_dense(::AbstractArray) = false
function is_dense(x::StridedArray)
    step = 1
    for dim in 1:ndims(x)
        stride(x, dim) == step || size(x, dim) == 1 || return false
        step *= size(x, dim)
    end
    return true
end

floats(x::StridedArray{Float32}, what = "x") = is_dense(x) ? x : Array(x)

function floats(x::AbstractArray{<:Real}, what = "x")
    numbers = Array{Float32}(x)
    for place in CartesianIndices(size(numbers))
        isinf(numbers[place]) && !isinf(x[place]) &&
            refuse(what, ": expected numbers that Float32 holds, got ", x[place], " at ", Tuple(place))
    end
    ndims(x) == 2 && eltype(x) <: Union{Float64,Integer} && check_resolution(x, numbers, what)
    return numbers
end

# Numbers without a known type, and with values that may be missing.
function floats(x::AbstractArray, what = "x")
    place = findfirst(each -> !(each isa Real), x)
    place === nothing && return floats(map(Float64, x), what)
    return refuse(what, ": expected real numbers, got ", repr(x[place]), " at ", Tuple(place))
end

"x with NaN in place of `missing`: cells of effects that are not known."
gaps(x::AbstractArray{<:Real}) = x
gaps(x) = any(ismissing, x) && all(each -> ismissing(each) || each isa Real, x) ?
          map(each -> ismissing(each) ? NaN : Float64(each), x) : x

"Refuse rows of x whose differences Float32 does not hold: a time stamp in nanoseconds, say."
function check_resolution(x, numbers, what)
    for feature in axes(numbers, 1)
        row = view(numbers, feature, :)
        isempty(row) && continue
        all(==(row[1]), row) && !all(==(x[feature, 1]), view(x, feature, :)) &&
            refuse(what, ": feature ", feature, " varies by less than Float32 can tell at its size (", x[feature, 1],
                   "): subtract a constant from it")
    end
end

"Labels as the library has them; a new vector, which nobody else can resize. `nothing` stays."
ints(::Nothing, what = "y") = nothing
ints(y::AbstractVector{<:Integer}, what = "y") = Vector{Int32}(y)
ints(y, what = "y") = refuse(what, ": expected a vector of integers, got ", typeof(y))

check_size(array, expected, what) =
    size(array) == expected || refuse(what, ": expected size ", expected, ", got ", size(array))

"An optional matrix (features, n) of a verb."
optional(::Nothing, expected, what) = nothing
function optional(x, expected, what)
    check_size(x, expected, what)
    return Array(floats(x, what))
end
