# Made from cama.h by generate.py: do not edit. What the functions do stands in cama.h.

const CAMA_VERSION_MAJOR = Int32(0)
const CAMA_VERSION_MINOR = Int32(2)
const CAMA_VERSION_PATCH = Int32(0)
const CAMA_OK = Int32(0)
const CAMA_E_ARGUMENT = Int32(1)
const CAMA_E_DATA = Int32(2)
const CAMA_E_OPTION = Int32(3)
const CAMA_E_MEMORY = Int32(4)
const CAMA_E_IO = Int32(5)
const CAMA_E_FORMAT = Int32(6)
const CAMA_E_NONFINITE = Int32(7)
const CAMA_E_CANCELLED = Int32(8)
const CAMA_E_SYSTEM = Int32(9)
const CAMA_TYPE_INT = Int32(1)
const CAMA_TYPE_REAL = Int32(2)
const CAMA_TYPE_TEXT = Int32(3)
const CAMA_TYPE_VECTOR = Int32(4)
const CAMA_ROLE_CHILD = Int32(0)
const CAMA_ROLE_PARENT = Int32(1)
const CAMA_ROLE_CO_PARENT = Int32(2)
const CAMA_KIND_CONTINUOUS = Int32(0)
const CAMA_KIND_BINARY = Int32(1)
const CAMA_KIND_CATEGORICAL = Int32(2)

@handle cama_options
@handle cama_session
@handle cama_schema
@handle cama_dataset
@handle cama_model
@handle cama_optimizer
@handle cama_report
@handle cama_stream

@api cama_version()::Int32
@api cama_version_string()::Cstring
@api cama_build_info()::Cstring
@api cama_status_name(status::Int32)::Cstring
@api cama_last_error()::Cstring
@api cama_options_create(verb::Cstring, out::Ptr{Ptr{cama_options}})::Int32
@api cama_options_free(options::Ptr{cama_options})::Cvoid
@api cama_options_set_int(options::Ptr{cama_options}, key::Cstring, value::Int64)::Int32
@api cama_options_set_real(options::Ptr{cama_options}, key::Cstring, value::Float64)::Int32
@api cama_options_set_text(options::Ptr{cama_options}, key::Cstring, value::Cstring)::Int32
@api cama_options_set_vector(options::Ptr{cama_options}, key::Cstring, value::Ptr{Float32}, count::Int64)::Int32
@api cama_options_get_int(options::Ptr{cama_options}, key::Cstring, value::Ptr{Int64})::Int32
@api cama_options_get_real(options::Ptr{cama_options}, key::Cstring, value::Ptr{Float64})::Int32
@api cama_options_get_text(options::Ptr{cama_options}, key::Cstring, value::Ptr{Cstring})::Int32
@api cama_options_count(verb::Cstring, count::Ptr{Int32})::Int32
@api cama_options_describe(verb::Cstring, index::Int32, key::Ptr{Cstring}, type::Ptr{Int32},
    default_value::Ptr{Cstring}, range::Ptr{Cstring}, help::Ptr{Cstring})::Int32
@api cama_session_create(options::Ptr{cama_options}, out::Ptr{Ptr{cama_session}})::Int32
@api cama_session_free(session::Ptr{cama_session})::Cvoid
@api cama_session_set_progress(session::Ptr{cama_session}, callback::Ptr{Cvoid}, user::Ptr{Cvoid})::Int32
@api cama_session_cancel(session::Ptr{cama_session})::Cvoid
@api cama_session_bytes(session::Ptr{cama_session}, bytes::Ptr{Int64})::Int32
@api cama_schema_create(target::Cstring, classes::Int32, class_names::Ptr{Cstring}, out::Ptr{Ptr{cama_schema}})::Int32
@api cama_schema_add(schema::Ptr{cama_schema}, name::Cstring, role::Int32, kind::Int32, levels::Int32,
    level_names::Ptr{Cstring})::Int32
@api cama_schema_from_csv(path::Cstring, options::Ptr{cama_options}, out::Ptr{Ptr{cama_schema}})::Int32
@api cama_schema_free(schema::Ptr{cama_schema})::Cvoid
@api cama_schema_from_csv_memory(name::Cstring, data::Ptr{Cvoid}, size::Int64, options::Ptr{cama_options},
    out::Ptr{Ptr{cama_schema}})::Int32
@api cama_schema_sizes(schema::Ptr{cama_schema}, variables::Ptr{Int32}, x::Ptr{Int32}, a::Ptr{Int32}, c::Ptr{Int32},
    classes::Ptr{Int32})::Int32
@api cama_schema_variable(schema::Ptr{cama_schema}, index::Int32, name::Ptr{Cstring}, role::Ptr{Int32},
    kind::Ptr{Int32}, levels::Ptr{Int32}, first::Ptr{Int32})::Int32
@api cama_schema_level_name(schema::Ptr{cama_schema}, variable::Int32, level::Int32, name::Ptr{Cstring})::Int32
@api cama_schema_class_name(schema::Ptr{cama_schema}, class_index::Int32, name::Ptr{Cstring})::Int32
@api cama_schema_target(schema::Ptr{cama_schema}, name::Ptr{Cstring})::Int32
@api cama_schema_offset(schema::Ptr{cama_schema}, variable::Int32, offset::Ptr{Float64})::Int32
@api cama_schema_left_out_count(schema::Ptr{cama_schema}, count::Ptr{Int32})::Int32
@api cama_schema_left_out(schema::Ptr{cama_schema}, index::Int32, column::Ptr{Cstring}, reason::Ptr{Cstring})::Int32
@api cama_graph_roles(nodes::Int32, edges::Int64, cause::Ptr{Int32}, effect::Ptr{Int32}, target::Int32,
    hidden::Ptr{Int32}, roles::Ptr{Int32}, confounders::Ptr{Int32})::Int32
@api cama_schema_confounder(schema::Ptr{cama_schema}, name::Cstring, confounder::Ptr{Cstring})::Int32
@api cama_schema_set_confounder(schema::Ptr{cama_schema}, name::Cstring, confounder::Cstring)::Int32
@api cama_dataset_from_arrays(n::Int64, height::Int32, width::Int32, channels::Int32, classes::Int32, x::Ptr{Float32},
    y::Ptr{Int32}, copy::Int32, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_from_idx(images_path::Cstring, labels_path::Cstring, classes::Int32, limit::Int64,
    out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_from_columns(schema::Ptr{cama_schema}, n::Int64, x::Ptr{Float32}, a::Ptr{Float32}, c::Ptr{Float32},
    y::Ptr{Int32}, copy::Int32, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_from_columns_with(schema::Ptr{cama_schema}, n::Int64, x::Ptr{Float32}, a::Ptr{Float32},
    c::Ptr{Float32}, y::Ptr{Int32}, copy::Int32, options::Ptr{cama_options}, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_missing(dataset::Ptr{cama_dataset}, count::Ptr{Int64})::Int32
@api cama_dataset_from_csv(path::Cstring, schema::Ptr{cama_schema}, options::Ptr{cama_options},
    out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_from_csv_memory(name::Cstring, data::Ptr{Cvoid}, size::Int64, schema::Ptr{cama_schema},
    options::Ptr{cama_options}, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_rows(dataset::Ptr{cama_dataset}, first::Int64, count::Int64, row::Ptr{Int64}, line::Ptr{Int64},
    flagged::Ptr{Int32})::Int32
@api cama_dataset_refused_count(dataset::Ptr{cama_dataset}, count::Ptr{Int64})::Int32
@api cama_dataset_refused(dataset::Ptr{cama_dataset}, index::Int64, row::Ptr{Int64}, line::Ptr{Int64},
    column::Ptr{Cstring}, reason::Ptr{Cstring})::Int32
@api cama_dataset_schema(dataset::Ptr{cama_dataset})::Ptr{cama_schema}
@api cama_model_schema(model::Ptr{cama_model})::Ptr{cama_schema}
@api cama_dataset_slice(dataset::Ptr{cama_dataset}, first::Int64, count::Int64, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_without_labels(dataset::Ptr{cama_dataset}, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_manipulate(dataset::Ptr{cama_dataset}, options::Ptr{cama_options},
    out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_dataset_free(dataset::Ptr{cama_dataset})::Cvoid
@api cama_dataset_shape(dataset::Ptr{cama_dataset}, n::Ptr{Int64}, height::Ptr{Int32}, width::Ptr{Int32},
    channels::Ptr{Int32}, classes::Ptr{Int32}, labelled::Ptr{Int32})::Int32
@api cama_dataset_read(dataset::Ptr{cama_dataset}, first::Int64, count::Int64, x::Ptr{Float32}, y::Ptr{Int32})::Int32
@api cama_dataset_read_causes(dataset::Ptr{cama_dataset}, first::Int64, count::Int64, a::Ptr{Float32},
    c::Ptr{Float32})::Int32
@api cama_model_create(preset::Cstring, options::Ptr{cama_options}, out::Ptr{Ptr{cama_model}})::Int32
@api cama_model_create_for(preset::Cstring, schema::Ptr{cama_schema}, options::Ptr{cama_options},
    out::Ptr{Ptr{cama_model}})::Int32
@api cama_model_load(path::Cstring, out::Ptr{Ptr{cama_model}})::Int32
@api cama_model_save(model::Ptr{cama_model}, path::Cstring)::Int32
@api cama_model_load_memory(buffer::Ptr{Cvoid}, size::Int64, out::Ptr{Ptr{cama_model}})::Int32
@api cama_model_save_memory(model::Ptr{cama_model}, buffer::Ptr{Cvoid}, size::Ptr{Int64})::Int32
@api cama_model_verify(path::Cstring)::Int32
@api cama_model_clone(model::Ptr{cama_model}, out::Ptr{Ptr{cama_model}})::Int32
@api cama_model_free(model::Ptr{cama_model})::Cvoid
@api cama_model_get_int(model::Ptr{cama_model}, name::Cstring, value::Ptr{Int64})::Int32
@api cama_model_get_text(model::Ptr{cama_model}, name::Cstring, value::Ptr{Cstring})::Int32
@api cama_model_set_class_names(model::Ptr{cama_model}, names::Ptr{Cstring})::Int32
@api cama_model_class_name(model::Ptr{cama_model}, class_index::Int32, name::Ptr{Cstring})::Int32
@api cama_model_parameter_count(model::Ptr{cama_model}, count::Ptr{Int32})::Int32
@api cama_model_parameter_describe(model::Ptr{cama_model}, index::Int32, name::Ptr{Cstring}, dims::Ptr{Int32},
    shape::Ptr{Int64}, count::Ptr{Int64})::Int32
@api cama_model_parameter_read(model::Ptr{cama_model}, name::Cstring, count::Int64, values::Ptr{Float32})::Int32
@api cama_model_parameter_write(model::Ptr{cama_model}, name::Cstring, count::Int64, values::Ptr{Float32})::Int32
@api cama_model_set_prior(model::Ptr{cama_model}, labelled::Ptr{cama_dataset})::Int32
@api cama_optimizer_create(model::Ptr{cama_model}, options::Ptr{cama_options}, out::Ptr{Ptr{cama_optimizer}})::Int32
@api cama_optimizer_free(optimizer::Ptr{cama_optimizer})::Cvoid
@api cama_train(session::Ptr{cama_session}, optimizer::Ptr{cama_optimizer}, clean::Ptr{cama_dataset},
    manipulated::Ptr{cama_dataset}, options::Ptr{cama_options}, report::Ptr{Ptr{cama_report}})::Int32
@api cama_finetune(session::Ptr{cama_session}, source::Ptr{cama_model}, clean::Ptr{cama_dataset},
    test::Ptr{cama_dataset}, options::Ptr{cama_options}, adapted::Ptr{Ptr{cama_model}},
    report::Ptr{Ptr{cama_report}})::Int32
@api cama_report_count(report::Ptr{cama_report}, key::Cstring, count::Ptr{Int64})::Int32
@api cama_report_get(report::Ptr{cama_report}, key::Cstring, index::Int64, value::Ptr{Float64})::Int32
@api cama_report_free(report::Ptr{cama_report})::Cvoid
@api cama_stream_create(source::Ptr{cama_model}, clean::Ptr{cama_dataset}, options::Ptr{cama_options},
    finetune::Ptr{cama_options}, out::Ptr{Ptr{cama_stream}})::Int32
@api cama_stream_free(stream::Ptr{cama_stream})::Cvoid
@api cama_stream_step(session::Ptr{cama_session}, stream::Ptr{cama_stream}, batch::Ptr{cama_dataset},
    predict::Ptr{cama_options}, probabilities::Ptr{Float32}, report::Ptr{Ptr{cama_report}})::Int32
@api cama_stream_model(stream::Ptr{cama_stream}, out::Ptr{Ptr{cama_model}})::Int32
@api cama_elbo(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, values::Ptr{Float64})::Int32
@api cama_elbo_do(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset}, m0::Ptr{Float32},
    options::Ptr{cama_options}, values::Ptr{Float64})::Int32
@api cama_elbo_marginal(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, values::Ptr{Float64})::Int32
@api cama_predict(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, probabilities::Ptr{Float32})::Int32
@api cama_attack(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, out::Ptr{Ptr{cama_dataset}})::Int32
@api cama_attack_report(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, out::Ptr{Ptr{cama_dataset}}, report::Ptr{Ptr{cama_report}})::Int32
@api cama_encode(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, m_mu::Ptr{Float32}, m_lv::Ptr{Float32}, z_mu::Ptr{Float32}, z_lv::Ptr{Float32})::Int32
@api cama_reconstruct(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, x_out::Ptr{Float32})::Int32
@api cama_generate(session::Ptr{cama_session}, model::Ptr{cama_model}, n::Int64, y::Ptr{Int32}, c::Ptr{Float32},
    z::Ptr{Float32}, m::Ptr{Float32}, options::Ptr{cama_options}, x_out::Ptr{Float32})::Int32
@api cama_counterfactual(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    y_new::Ptr{Int32}, c_new::Ptr{Float32}, m_new::Ptr{Float32}, options::Ptr{cama_options},
    x_out::Ptr{Float32})::Int32
@api cama_model_with_views(source::Ptr{cama_model}, options::Ptr{cama_options}, out::Ptr{Ptr{cama_model}})::Int32
@api cama_view_count(count::Ptr{Int32})::Int32
@api cama_view_describe(index::Int32, name::Ptr{Cstring}, unit::Ptr{Cstring}, none::Ptr{Float64})::Int32
@api cama_views(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, mean::Ptr{Float32}, deviation::Ptr{Float32})::Int32
@api cama_see(session::Ptr{cama_session}, model::Ptr{cama_model}, dataset::Ptr{cama_dataset},
    options::Ptr{cama_options}, seen::Ptr{Ptr{cama_dataset}})::Int32
@api cama_predict_read(session::Ptr{cama_session}, model::Ptr{cama_model}, reader::Ptr{cama_model},
    dataset::Ptr{cama_dataset}, options::Ptr{cama_options}, probabilities::Ptr{Float32})::Int32
