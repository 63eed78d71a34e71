# The library's functions as they are in cama.h, by their own names: Cama.Low.cama_predict(session, model, ...). They
# check the element type of arrays, which ccall alone would cast without a word, and nothing else.

module Low

import Libdl

"What a handle's pointer points to: never looked into."
abstract type Opaque end

const SONAME = Sys.isapple() ? "libcama.0.dylib" : "libcama.so.0"
const NAMES = Symbol[]

macro handle(name)
    return esc(:(struct $name <: Opaque end))
end

"`@api name(argument::type, ...)::result` declares a function of the library; its address is set by `load`."
macro api(declaration)
    call, result = declaration.args
    name, place = call.args[1], Symbol(call.args[1], "_at")
    arguments = [each.args[1] for each in call.args[2:end]]
    types = [each.args[2] for each in call.args[2:end]]
    values = [:(checked($type, $argument)) for (type, argument) in zip(types, arguments)]
    return esc(quote
        const $place = Ref{Ptr{Cvoid}}(C_NULL)
        push!(NAMES, $(QuoteNode(name)))
        function $name($(arguments...))
            $place[] == C_NULL && absent($(QuoteNode(name)))
            return ccall($place[], $result, ($(types...),), $(values...))
        end
    end)
end

absent(name) = error("cama: libcama ", unsafe_string(cama_version_string()), " has no ", name)

# Arrays of the header's element type alone; everything else is converted, or refused, by ccall.
checked(::Type, value) = value
checked(::Type{Ptr{T}}, value::Array{T}) where {T} = value
checked(::Type{Ptr{Cvoid}}, value::Array{UInt8}) = value
checked(::Type{Ptr{Cstring}}, value::Vector{String}) = value
checked(::Type{Ptr{T}}, value::AbstractArray) where {T} =
    throw(ArgumentError("expected an Array of $T, got $(typeof(value))"))

# NULL handles and arrays are written `nothing`.
Base.cconvert(::Type{Ptr{T}}, ::Nothing) where {T<:Opaque} = Ptr{T}(C_NULL)
checked(::Type{Ptr{T}}, ::Nothing) where {T} = T <: Opaque ? nothing : C_NULL
checked(::Type{Cstring}, ::Nothing) = Cstring(C_NULL)

include("header.jl")

"Load \$LIBCAMA, or the system's library, and check that it is of this release or a later one."
function load()
    path = get(ENV, "LIBCAMA", SONAME)
    library = try
        Libdl.dlopen(path)
    catch failure
        error("cama: libcama, or BLIS or zlib, which it needs, cannot be loaded: ", sprint(showerror, failure))
    end
    for name in NAMES
        address = Libdl.dlsym_e(library, name)
        getfield(Low, Symbol(name, "_at"))[] = address === nothing ? C_NULL : address
    end
    found = cama_version()
    wanted = 10000 * CAMA_VERSION_MAJOR + 100 * CAMA_VERSION_MINOR
    if found < wanted || found ÷ 10000 != CAMA_VERSION_MAJOR
        error("cama: expected libcama of release $CAMA_VERSION_MAJOR.$CAMA_VERSION_MINOR or a later ",
              "$CAMA_VERSION_MAJOR.x, got ", unsafe_string(cama_version_string()), " ($path)")
    end
end

end
