# Tables of columns in memory: a NamedTuple of vectors, a dictionary of them, or whatever has its columns as properties,
# as a DataFrame does. Texts are categorical, truth values binary, other real numbers continuous. `missing` in an
# effect, and NaN in one that is a number, is a missing cell.

const Columns = Union{NamedTuple,AbstractDict}

column_names(table::Columns) = String.(collect(keys(table)))
column_names(table) = String.(collect(propertynames(table)))

function column(table::AbstractDict, name)
    haskey(table, name) && return table[name]
    return table[Symbol(name)]
end
column(table, name) = getproperty(table, Symbol(name))

is_table(X) = X isa Columns || !(X isa AbstractArray)

"A column of a table: its name, a role, and the names of its levels where it is categorical."
struct Column
    name::String
    role::Symbol
    kind::Symbol
    levels::Vector{String}
end

width(column::Column) = max(1, length(column.levels))

function described_column(table, name, role)
    values = column(table, name)
    role !== :child && any(ismissing, values) &&
        refuse("column ", name, ": expected no missing values of a cause, got one in row ",
               findfirst(ismissing, values))
    values = collect(skipmissing(values))
    isempty(values) && refuse("column ", name, ": expected a value in one row at least, got none")
    all(each -> each isa Bool, values) && return Column(name, role, :binary, String[])
    all(each -> each isa Real, values) && return Column(name, role, :continuous, String[])
    levels = sort!(unique(string.(values)))
    length(levels) < 2 && refuse("categorical column ", name, ": expected at least 2 levels, got ", levels)
    return Column(name, role, :categorical, levels)
end

"The columns that a model of y is made of. `roles` is a dictionary of the roles by name; other columns are left out."
function table_columns(table, roles)
    found = Column[]
    for name in column_names(table), role in get(roles, name, Symbol[])
        values = column(table, name)
        role !== :child && all(isequal(first(values)), values) && continue # that never varied: it is what m stands for
        push!(found, described_column(table, name, role))
    end
    any(each -> each.role === :child, found) || refuse("expected an effect of y among the columns, got none")
    return found
end

"Roles of a table's columns, and why do() of some is not answered: by lists of names, or by the edges of a graph."
function roles_of(names, target, graph, parents, co_parents, ignore)
    if graph === nothing
        for name in Iterators.flatten((parents, co_parents, ignore))
            String(name) in names || refuse("expected columns among ", names, ", got ", repr(name))
        end
        roles = Dict(name => [role for (role, list) in ((:parent, parents), (:co_parent, co_parents))
                              if name in String.(list)] for name in names if !(name in String.(ignore)))
        return Dict(name => isempty(mine) ? [:child] : mine for (name, mine) in roles), Dict{String,String}()
    end
    isempty(parents) && isempty(co_parents) || refuse("expected roles from graph, or from lists, got both")
    edges = [String(first(edge)) => String(last(edge)) for edge in graph]
    found = graph_roles(edges, target; hidden = String.(ignore))
    for name in keys(found.roles)
        name in names || refuse("graph: expected a column ", name, ", which the graph has (ignore leaves it out), got ",
                                names)
    end
    return found.roles, found.confounders
end

"The library's schema of columns, of the classes, and of what confounds."
function Schema(target::AbstractString, classes::AbstractVector{<:AbstractString}, columns::Vector{Column}, confounders)
    made = Schema(target, classes)
    for each in columns
        add!(made, each.name, each.role, each.kind; levels = each.kind === :categorical ? each.levels : nothing)
    end
    for (name, why) in confounders
        (name == target || any(each -> each.name == name && each.role === :co_parent, columns)) &&
            set_confounder!(made, name, why)
    end
    return made
end

"The numbers (width, n) of a column's values."
function encoded(values, column::Column)
    column.kind === :categorical ||
        return floats(reshape(column.role === :child ? gaps(collect(values)) : collect(values), 1, :),
                      string("column ", column.name))
    made = zeros(Float32, width(column), length(values))
    for (row, value) in enumerate(values)
        if ismissing(value) && column.role === :child
            made[:, row] .= NaN32
            continue
        end
        level = findfirst(==(string(value)), column.levels)
        level === nothing && refuse("categorical column ", column.name, ": expected a level among ", column.levels,
                                    ", got ", repr(value), " in row ", row)
        made[level, row] = 1
    end
    return made
end

"(x, a, c) of a table's rows; nothing where there are no columns of that role."
function sides(table, columns::Vector{Column})
    names = column_names(table)
    for each in columns
        each.name in names || refuse("expected a column ", each.name, ", got ", names)
    end
    return map((:child, :parent, :co_parent)) do role
        mine = [encoded(column(table, each.name), each) for each in columns if each.role === role]
        isempty(mine) ? nothing : reduce(vcat, mine)
    end
end
