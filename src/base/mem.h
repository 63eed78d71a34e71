/* mem - allocation through one hook, overflow-checked sizes, and an arena that is dealt out twice: once to measure,
 * once for real. All memory of the library comes from here (BLIS's own pools excepted), aligned to 64 bytes. */
#ifndef CAMA_BASE_MEM_H
#define CAMA_BASE_MEM_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Sums are compared bit by bit, from one place in the code to another: each step has to be rounded to its type. */
#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
#error "libcama needs float arithmetic in float (FLT_EVAL_METHOD 0): on 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif

#ifdef CAMA_DOUBLE /* the gradient tests' build: same code, double precision, naive kernel */
typedef double real;
#else
typedef float real;
#endif

#define CAMA__ALIGN 64

/* The hook: tests count allocations and make them fail. Set before any handle exists. NULL restores the default. */
typedef struct {
    void *(*alloc)(void *user, size_t bytes); /* 64-byte aligned or NULL */
    void (*free)(void *user, void *pointer);
    void *user;
} cama__mem_hook;
void cama__mem_set_hook(const cama__mem_hook *hook);

/* count * size bytes, zeroed, 64-byte aligned; NULL with the error message set when there is no memory or the product
 * overflows. Zero bytes give a valid pointer. */
void *cama__mem_alloc(size_t count, size_t size);
/* Status of an allocation: TRY(cama__mem_new(&p, n)) for n of what p points to, otherwise TRY(cama__mem_got(p)).
 * CAMA_E_MEMORY if there was none; p is NULL then. */
#define cama__mem_new(place, count) cama__mem_got(*(place) = cama__mem_alloc((size_t)(count), sizeof **(place)))
static inline int32_t cama__mem_got(const void *pointer) { return pointer != NULL ? CAMA_OK : CAMA_E_MEMORY; }
void *cama__mem_room(size_t bytes); /* the same without zeroing, for what is overwritten at once */
void cama__mem_free(void *pointer);
char *cama__mem_text(const char *text); /* copy of a string, or NULL with the message set */

/* An arena deals out 64-byte aligned pieces of one block, without zeroing. With base NULL it only measures: take
 * returns NULL and counts. peak is the most that was ever taken. mark/release gives back everything taken since. */
typedef struct {
    char *base;
    size_t size, used, peak;
    bool overflow; /* a size did not fit in size_t, or (base set) the block was too small: a bug in the plan */
} cama__arena;
void *cama__arena_take(cama__arena *arena, size_t count, size_t size);
static inline size_t cama__arena_mark(const cama__arena *arena) { return arena->used; }
static inline void cama__arena_release(cama__arena *arena, size_t mark) { arena->used = mark; }

#endif
