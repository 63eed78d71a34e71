# Handles: objects that own what the library has made, and give it back when they are collected or closed.

"A thing of the library. Its `pointer` is NULL once it is closed."
abstract type Handle{T<:Low.Opaque} end

const EXITING = Ref(false)

"""
    close!(handle)

Free what the library holds for a handle now, instead of when the garbage collector finds it. Closing twice does
nothing; using a closed handle is an `ArgumentError`. `close` is the same.
"""
function close!(handle::Handle)
    pointer = handle.pointer
    pointer == C_NULL && return nothing
    busy(handle) && refuse("close!: expected a session that is idle, got one that a verb uses")
    handle.pointer = C_NULL
    free(handle, pointer)
    return nothing
end

Base.close(handle::Handle) = close!(handle)
Base.isopen(handle::Handle) = handle.pointer != C_NULL

busy(::Handle) = false # a Session may be

# When the process ends, an interrupted verb may still read everything: the system takes the memory back.
collected(handle::Handle) = EXITING[] ? nothing : close!(handle)

"Give a new handle to the garbage collector."
owned(handle::Handle) = finalizer(collected, handle)

function Base.unsafe_convert(::Type{Ptr{T}}, handle::Handle{T}) where {T<:Low.Opaque}
    handle.pointer == C_NULL && refuse("expected an open ", nameof(typeof(handle)), ", got one that was closed")
    return handle.pointer
end

"The pointer that a `**` argument of the library gives: `made(Low.cama_model, out -> Low.cama_model_load(path, out))`."
function made(::Type{T}, call) where {T<:Low.Opaque}
    out = Ref{Ptr{T}}(C_NULL)
    check(call(out))
    return out[]
end

"A text that the library gives through a pointer."
function text_of(call)
    out = Ref{Cstring}(C_NULL)
    check(call(out))
    return string_of(out[])
end

string_of(text::Cstring) = text == C_NULL ? "" : unsafe_string(text)

Base.show(io::IO, handle::Handle) =
    print(io, nameof(typeof(handle)), "(", isopen(handle) ? details(handle) : "closed", ")")

details(::Handle) = ""
