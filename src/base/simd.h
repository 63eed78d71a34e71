/* simd - where code for single instruction sets is compiled: x86-64 with GNU attributes, in single precision. Whether
 * the processor has them is asked at run time. */
#ifndef CAMA_BASE_SIMD_H
#define CAMA_BASE_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES)
#define CAMA__X86 1
#ifndef CAMA_DOUBLE
#define CAMA__X86_KERNELS 1 /* hand-written kernels of floats */
#endif
#endif

#ifdef __clang__
#define CAMA__UNROLL(n) _Pragma("clang loop unroll(full)")
#else
#define CAMA__PRAGMA(text) _Pragma(#text)
#define CAMA__UNROLL(n) CAMA__PRAGMA(GCC unroll n)
#endif

#endif
