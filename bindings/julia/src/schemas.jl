# Schemas: the variables of a table, their roles in the causal graph, and the classes.

const ROLES = Dict(:child => Low.CAMA_ROLE_CHILD, :parent => Low.CAMA_ROLE_PARENT,
                   :co_parent => Low.CAMA_ROLE_CO_PARENT)
const KINDS = Dict(:continuous => Low.CAMA_KIND_CONTINUOUS, :binary => Low.CAMA_KIND_BINARY,
                   :categorical => Low.CAMA_KIND_CATEGORICAL)

"""
    Schema(path; target, dag = path, ...)             from a CSV file; options "schema"
    Schema(bytes; name = "memory", target, ...)       the same from a file's bytes
    Schema(target, classes)                           by hand, then `add!`; classes: a number, or a list of names

Names, roles and kinds of a table's variables: `:child` (in x), `:parent` (in a), `:co_parent` (in c).
"""
mutable struct Schema <: Handle{Low.cama_schema}
    pointer::Ptr{Low.cama_schema}
    owner::Any # that of a lent schema, kept alive; nothing for one's own
end

Schema(call::Function) = owned(Schema(made(Low.cama_schema, call), nothing))

function Schema(path::AbstractString; options = nothing, values...)
    given = options_of("schema", options, values)
    return Schema(out -> Low.cama_schema_from_csv(path, given, out))
end

function Schema(bytes::Vector{UInt8}; name = "memory", options = nothing, values...)
    given = options_of("schema", options, values)
    return Schema(out -> Low.cama_schema_from_csv_memory(name, bytes, length(bytes), given, out))
end

Schema(target::AbstractString, classes::Integer) =
    Schema(out -> Low.cama_schema_create(target, classes, nothing, out))
Schema(target::AbstractString, classes::AbstractVector{<:AbstractString}) =
    Schema(out -> Low.cama_schema_create(target, length(classes), Vector{String}(classes), out))

"A schema that a dataset or a model lends; nothing where it has none."
lent(pointer, owner) = pointer == C_NULL ? nothing : Schema(pointer, owner)

free(schema::Schema, pointer) = schema.owner === nothing ? Low.cama_schema_free(pointer) : nothing
details(schema::Schema) = string(target(schema), ", ", join((string(each.name, "::", each.role)
                                                             for each in variables(schema)), " "))

of(table, key, what) = haskey(table, key) ? table[key] :
                       refuse(what, ": expected one of ", join(repr.(collect(keys(table))), ", "), ", got ", repr(key))
name_of(table, number) = first(key for (key, value) in table if value == number)

"""
    add!(schema, name, role, kind = :continuous; levels = nothing)

Add a variable: role `:child`, `:parent` or `:co_parent`; kind `:continuous`, `:binary` or `:categorical`, the last with
`levels`, their number or their names. A variable that is parent and co-parent is added twice.
"""
function add!(schema::Schema, name::AbstractString, role::Symbol, kind::Symbol = :continuous; levels = nothing)
    count = levels === nothing ? 1 : levels isa Integer ? levels : length(levels)
    names = levels === nothing || levels isa Integer ? nothing : Vector{String}(levels)
    check(Low.cama_schema_add(schema, name, of(ROLES, role, "role"), of(KINDS, kind, "kind"), count, names))
    return schema
end

"Sizes of a schema: variables, numbers of x, a and c, classes."
function sizes(schema::Schema)
    found = [Ref{Int32}(0) for _ in 1:5]
    check(Low.cama_schema_sizes(schema, found...))
    return NamedTuple{(:variables, :x, :a, :c, :classes)}(Tuple(Int(each[]) for each in found))
end

"Name of the variable that the class is."
target(schema::Schema) = text_of(out -> Low.cama_schema_target(schema, out))

"Names of the classes; label y is the (y+1)-th."
class_names(schema::Schema) =
    [text_of(out -> Low.cama_schema_class_name(schema, index, out)) for index in 0:sizes(schema).classes-1]

"""
    variables(schema)

Name, role, kind, names of the levels, `range` and offset of each variable. `range` says which features of x, a or c it
is, counted from 1: one, or as many as levels. The offset was taken off the table's numbers.
"""
variables(schema::Schema) = [variable(schema, index) for index in 0:sizes(schema).variables-1]

function variable(schema, index)
    name, (role, kind, levels, first), offset = Ref{Cstring}(C_NULL), (Ref{Int32}(0) for _ in 1:4), Ref{Float64}(0)
    check(Low.cama_schema_variable(schema, index, name, role, kind, levels, first))
    check(Low.cama_schema_offset(schema, index, offset))
    named = kind[] == Low.CAMA_KIND_CATEGORICAL
    return (name = string_of(name[]), role = name_of(ROLES, role[]), kind = name_of(KINDS, kind[]),
            levels = [text_of(out -> Low.cama_schema_level_name(schema, index, level, out))
                      for level in 0:(named ? levels[] : 0)-1],
            range = first[]+1:first[]+levels[], offset = offset[])
end

"The columns of a table that have no role in a schema made from it: column and reason of each."
function left_out(schema::Schema)
    count = Ref{Int32}(0)
    check(Low.cama_schema_left_out_count(schema, count))
    return map(0:count[]-1) do index
        column, reason = Ref{Cstring}(C_NULL), Ref{Cstring}(C_NULL)
        check(Low.cama_schema_left_out(schema, index, column, reason))
        (column = string_of(column[]), reason = string_of(reason[]))
    end
end

"Whether do(name) is answered: nothing, or the name of a variable that was left out and confounds it."
function confounder(schema::Schema, name::AbstractString)
    found = text_of(out -> Low.cama_schema_confounder(schema, name, out))
    return isempty(found) ? nothing : found
end

"Say that do(name) is not answered, because of a variable that was left out."
function set_confounder!(schema::Schema, name::AbstractString, confounder::AbstractString)
    check(Low.cama_schema_set_confounder(schema, name, confounder))
    return schema
end

"""
    graph_roles(edges, target; hidden = [])

Roles of the nodes of a causal graph: `edges` are pairs `cause => effect`. Returns `roles`, a dictionary of the roles of
each node that has some, and `confounders`: for the target and each co-parent whose do() is not answered, why.
"""
function graph_roles(edges, target; hidden = ())
    pairs = [(first(edge), last(edge)) for edge in edges]
    nodes = unique(Iterators.flatten(pairs))
    place = Dict(node => Int32(index - 1) for (index, node) in enumerate(nodes))
    haskey(place, target) || refuse("graph: expected an edge of the target ", repr(target), ", got a graph without it")
    found, why = zeros(Int32, length(nodes)), zeros(Int32, length(nodes))
    check(Low.cama_graph_roles(length(nodes), length(pairs), [place[cause] for (cause, _) in pairs],
                               [place[effect] for (_, effect) in pairs], place[target],
                               Int32[node in hidden for node in nodes], found, why))
    roles = Dict(node => [role for role in (:child, :parent, :co_parent) if found[index] & (1 << ROLES[role]) != 0]
                 for (index, node) in enumerate(nodes) if found[index] != 0)
    confounders = Dict(node => nodes[why[index]+1] for (index, node) in enumerate(nodes) if why[index] >= 0)
    return (roles = roles, confounders = confounders)
end
