# Options of a verb, from keyword arguments. Keys, types and ranges are the library's own: nothing is written twice.

"""
    Options(verb; key = value, ...)

Options for one verb: "train", "predict", ... (docs/options.md). Integers, reals, texts (or symbols), vectors of
numbers, and lists of names, which become a text. `nothing` leaves the default. `options[key]` reads the value in force,
`options[key] = value` sets one. The verbs take options as keyword arguments of their own; to use the same ones often,
give `options = ...` to them.
"""
mutable struct Options <: Handle{Low.cama_options}
    pointer::Ptr{Low.cama_options}
    verb::String

    function Options(verb::AbstractString; values...)
        options = owned(new(made(Low.cama_options, out -> Low.cama_options_create(verb, out)), verb))
        for (key, value) in values
            value === nothing || (options[key] = value)
        end
        return options
    end
end

free(::Options, pointer) = Low.cama_options_free(pointer)
details(options::Options) = repr(options.verb)

const Key = Union{AbstractString,Symbol}

set(options, key, value::Integer) = Low.cama_options_set_int(options, key, value)
set(options, key, value::Real) = Low.cama_options_set_real(options, key, value)
set(options, key, value::Union{AbstractString,Symbol}) = Low.cama_options_set_text(options, key, String(value))
set(options, key, value::AbstractVector{<:Real}) =
    Low.cama_options_set_vector(options, key, Vector{Float32}(value), length(value))
set(options, key, value::AbstractVector{<:Union{AbstractString,Symbol}}) =
    Low.cama_options_set_text(options, key, join(map(quoted, value), ","))
set(options, key, value) = refuse("option ", key, ": expected a number, a text or a vector, got ", typeof(value))

# As in CSV: names with commas or quotes stand in quotes.
function quoted(name)
    name = String(name)
    return occursin(r"[,\"\n\r]", name) ? string('"', replace(name, "\"" => "\"\""), '"') : name
end

function Base.setindex!(options::Options, value, key::Key)
    check(set(options, String(key), value))
    return value
end

"The value in force: set, or the default. Vectors cannot be read."
function Base.getindex(options::Options, key::Key)
    key = String(key)
    place = findfirst(each -> each.key == key, option_keys(options.verb))
    kind = place === nothing ? :text : option_keys(options.verb)[place].type
    kind === :vector && refuse("option ", key, ": expected one that is no vector, which cannot be read")
    kind === :text && return text_of(out -> Low.cama_options_get_text(options, key, out))
    whole = kind === :integer
    out = whole ? Ref{Int64}(0) : Ref{Float64}(0)
    check((whole ? Low.cama_options_get_int : Low.cama_options_get_real)(options, key, out))
    return out[]
end

const TYPES = Dict(Low.CAMA_TYPE_INT => :integer, Low.CAMA_TYPE_REAL => :real, Low.CAMA_TYPE_TEXT => :text,
                   Low.CAMA_TYPE_VECTOR => :vector)

"All options of a verb, as the library that is loaded has them: key, type, default, range and meaning of each."
function option_keys(verb::AbstractString)
    count = Ref{Int32}(0)
    check(Low.cama_options_count(verb, count))
    return map(0:count[]-1) do index
        key, default, range, help = (Ref{Cstring}(C_NULL) for _ in 1:4)
        type = Ref{Int32}(0)
        check(Low.cama_options_describe(verb, index, key, type, default, range, help))
        (key = string_of(key[]), type = get(TYPES, type[], :unknown), default = string_of(default[]),
         range = string_of(range[]), help = string_of(help[]))
    end
end

"The options that a verb was given: an `Options`, keyword arguments, or neither, which is NULL."
function options_of(verb, given, values)
    given === nothing && isempty(values) && return nothing
    given === nothing && return Options(verb; values...)
    isempty(values) || refuse("options: expected either options = or single ones, got both")
    given isa Options || refuse("options: expected an Options, got ", typeof(given))
    return given
end
