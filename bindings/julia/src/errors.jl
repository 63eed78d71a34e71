# Statuses of the library as exceptions.

"""
A call of the library failed. `code` is its number (`Cama.Low.CAMA_E_DATA`, ...), `name` that number's name in cama.h,
and `message` says what was expected, what came, and where.
"""
struct CamaError <: Exception
    code::Int32
    name::String
    message::String
end

CamaError(code::Integer, message::AbstractString) =
    CamaError(code, unsafe_string(Low.cama_status_name(Int32(code))), message)

Base.showerror(io::IO, error::CamaError) = print(io, "CamaError: ", error.message, " (", error.name, ")")

"Whether an exception says that a callback or `cancel!` asked to stop. What was being trained is valid."
iscancelled(error) = error isa CamaError && error.code == Low.CAMA_E_CANCELLED

# The message belongs to the thread: nothing between the call and this may let another task run.
check(status::Int32) =
    status == Low.CAMA_OK ? nothing : throw(CamaError(status, unsafe_string(Low.cama_last_error())))

refuse(message...) = throw(ArgumentError(string(message...)))
