# Models: networks and parameters.

"""
    Model(preset; ...)                    "mnist", "cifar", "measurement", ..., options "model"
    Model(preset, schema; ...)            for the variables of a table

A model with freshly drawn parameters. It may be used from any number of tasks at once while it is not trained.
`copy(model)` is another one with the same parameters.
"""
mutable struct Model <: Handle{Low.cama_model}
    pointer::Ptr{Low.cama_model}

    Model(pointer::Ptr{Low.cama_model}) = owned(new(pointer))
end

Model(call::Function) = Model(made(Low.cama_model, call))

function Model(preset::AbstractString; options = nothing, values...)
    given = options_of("model", options, values)
    return Model(out -> Low.cama_model_create(preset, given, out))
end

function Model(preset::AbstractString, schema::Schema; options = nothing, values...)
    given = options_of("model", options, values)
    return Model(out -> Low.cama_model_create_for(preset, schema, given, out))
end

free(::Model, pointer) = Low.cama_model_free(pointer)
details(model::Model) = string(text(model, "preset"), ", ", number(model, "parameters"), " parameters")

"A model from a file, or from the bytes of one."
load_model(path::AbstractString) = Model(out -> Low.cama_model_load(path, out))
load_model(bytes::Vector{UInt8}) = Model(out -> Low.cama_model_load_memory(bytes, length(bytes), out))

"Write a model to a safetensors file, which is replaced as a whole or not at all."
save(model::Model, path::AbstractString) = check(Low.cama_model_save(model, path))

"The bytes of a model's file."
function save(model::Model)
    size = Ref{Int64}(0)
    check(Low.cama_model_save_memory(model, nothing, size))
    bytes = Vector{UInt8}(undef, size[])
    check(Low.cama_model_save_memory(model, bytes, size))
    return bytes
end

Base.copy(model::Model) = Model(out -> Low.cama_model_clone(model, out))

schema(model::Model) = lent(Low.cama_model_schema(model), model)

"Check the file of a model as `load_model` does, without building one: a `CamaError` says what is wrong with it."
verify(path::AbstractString) = check(Low.cama_model_verify(path))

"Names of a model's classes; nothing where it has none. Label y is the (y+1)-th."
function class_names(model::Model)
    names = [text_of(out -> Low.cama_model_class_name(model, index, out)) for index in 0:number(model, "classes")-1]
    return all(isempty, names) ? nothing : names
end

"Give names to the classes of a model of images or vectors, which its copies and its file keep."
function set_class_names!(model::Model, names::AbstractVector{<:AbstractString})
    check_size(names, (number(model, "classes"),), "names")
    check(Low.cama_model_set_class_names(model, Vector{String}(names)))
    return model
end

"A number of a model by its name in cama_model_get_int: \"x\", \"a\", \"c\", \"classes\", \"z\", \"m\", ..."
function number(model::Model, name::Key)
    value = Ref{Int64}(0)
    check(Low.cama_model_get_int(model, String(name), value))
    return Int(value[])
end

"A text of a model by its name in cama_model_get_text: \"preset\", \"likelihood\", \"p_merge\", \"summary\", ..."
text(model::Model, name::Key) = text_of(out -> Low.cama_model_get_text(model, String(name), out))

"(name, size) of each parameter. Sizes are PyTorch's, backwards: what is row-major there is column-major here."
function described(model)
    count = Ref{Int32}(0)
    check(Low.cama_model_parameter_count(model, count))
    return map(0:count[]-1) do index
        name, dims, sides, numbers = Ref{Cstring}(C_NULL), Ref{Int32}(0), zeros(Int64, 4), Ref{Int64}(0)
        check(Low.cama_model_parameter_describe(model, index, name, dims, sides, numbers))
        (string_of(name[]), Tuple(reverse(sides[1:dims[]])))
    end
end

"Names of the parameters, in the order of the file: NET.INDEX.weight and NET.INDEX.bias."
parameter_names(model::Model) = first.(described(model))

"""
    parameter(model, name)

A copy of a parameter. Its dimensions are those of PyTorch backwards: a dense weight is (in, out), a convolution's
(kernel width, kernel height, in, out).
"""
function parameter(model::Model, name::AbstractString)
    place = findfirst(each -> first(each) == name, described(model))
    place === nothing && refuse("parameter: expected one of ", join(parameter_names(model), ", "), ", got ", name)
    values = Array{Float32}(undef, last(described(model)[place]))
    check(Low.cama_model_parameter_read(model, name, length(values), values))
    return values
end

"Copies of all parameters by name."
parameters(model::Model) = Dict(name => parameter(model, name) for name in parameter_names(model))

"Replace a parameter by finite numbers of the same size."
function set_parameter!(model::Model, name::AbstractString, values::AbstractArray{<:Real})
    check_size(values, size(parameter(model, name)), string("parameter ", name))
    check(Low.cama_model_parameter_write(model, name, length(values), Array(floats(values, name))))
    return model
end

"Set the log-prior over classes to the label frequencies of a labelled dataset."
function set_prior!(model::Model, labelled::Dataset)
    check(Low.cama_model_set_prior(model, labelled))
    return model
end
