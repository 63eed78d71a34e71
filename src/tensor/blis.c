/* blis - where each release of BLIS keeps its micro-kernel, and how BLIS is started without harm.
 *
 * BLIS 0.9 decides on the CPU's brand string and takes its AVX2 kernels on many cloud Xeons that have AVX-512, at
 * half the speed (docs/kernels.md). The one lever of its shared library is BLIS_ARCH_TYPE, read at the first BLIS
 * call, so it is set around bli_init when the user has not set it and the processor has what the kernel needs. BLIS
 * ends the process when the variable names kernels that it was built without; it does not get to see such a value. */
#include "blis.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is used of BLIS, as in all of its releases. */
void bli_init(void);
const char *bli_info_get_version_str(void);
const void *bli_gks_query_cntx(void);
int bli_arch_query_id(void);
const char *bli_arch_string(int id);

enum { SKX = 0, MR = 1, NR = 2 }; /* BLIS's numbers, the same in all of its releases */

#ifndef CAMA_BLIS_ARCHS
#define CAMA_BLIS_ARCHS ~0ull /* not tried: cross-compiled */
#endif
#ifndef CAMA_BLIS_VERSION
#define CAMA_BLIS_VERSION ""
#endif

/* Offsets in the context of its block sizes, its kernels and what storage these prefer, and which of these is
 * sgemm's. In 2.x each is a stack of blocks. `release` is how the release's version begins. */
typedef struct {
    const char *release;
    bool stacks;
    int sizes, kernels, kernel, prefers;
    int archs; /* numbers of kernels that there can be */
} layout;

static const layout layouts[] = {
#ifdef CAMA_BLIS_LAYOUT /* that of the build, from its header: the version as a whole, whatever it is */
    {CAMA_BLIS_VERSION, CAMA_BLIS_LAYOUT},
#endif
    {"0.9", false, 0, 752, 0, 1072, 26}, /* for pointers and dim_t of 64 bits */
    {"1.", false, 0, 1496, 30, 3064, 33},
    {"2.", true, 0, 264, 7, 352, 33},
};

typedef struct {
    cama__blis_dim usual[4], widest[4]; /* of float, double and the two complex types */
} block_size;

typedef struct {
    void (*function[4])(void);
} kernels_of_a_kind;

typedef struct {
    bool by_rows[4];
} preferences;

typedef struct {
    size_t element, block_length, blocks_max, size, capacity;
    const char *const *blocks;
} stack;

static const layout *layout_of(const char *version)
{
    const bool wide = sizeof(cama__blis_dim) == 8 && sizeof(void *) == 8;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const layout *l = &layouts[i];
        const bool built = l->release[0] != 0 && strcmp(version, l->release) == 0;
        if (built || (!wide && l->release[0] == 0)) return l;
        if (wide && l->release[0] != 0 && strncmp(version, l->release, strlen(l->release)) == 0) return l;
    }
    return NULL;
}

/* The index-th of the things of `size` bytes, or in stacks of more, that begin at `offset`. NULL: there is none. */
static const void *at(const layout *l, const void *context, int offset, int index, size_t size)
{
    const char *start = (const char *)context + offset;
    if (!l->stacks) return start + (size_t)index * size;
    const stack *s = (const void *)start;
    if (s->element < size || s->block_length == 0 || (size_t)index >= s->size) return NULL;
    return s->blocks[(size_t)index / s->block_length] + (size_t)index % s->block_length * s->element;
}

/* A number of kernels, from its number or, since 2.0, its name; -1 for none. Earlier releases take a name for 0. */
static int arch_of(const char *value, const layout *l)
{
    char *end;
    const long number = strtol(value, &end, 10);
    if (end != value && *end == 0) return number >= 0 && number < l->archs ? (int)number : -1;
    for (int i = 0; l->stacks && i < l->archs; i++)
        if (strcasecmp(value, bli_arch_string(i)) == 0) return i;
    return -1;
}

static bool built_with(int arch)
{
    return arch >= 0 && arch < 64 && ((unsigned long long)(CAMA_BLIS_ARCHS) >> arch & 1);
}

bool cama__blis_knows(const char *value)
{
    const layout *l = layout_of(bli_info_get_version_str());
    if (value == NULL || strcmp(value, "-1") == 0) return true;
    return l != NULL && built_with(arch_of(value, l));
}

/* AVX-512 kernels are asked for only of the BLIS that was tried when libcama was configured. */
static bool wants_skx(const char *version)
{
#if defined(__x86_64__)
    return strcmp(version, CAMA_BLIS_VERSION) == 0 && CAMA_BLIS_ARCHS != ~0ull && built_with(SKX) &&
           __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    (void)version;
    return false;
#endif
}

/* bli_init, with another BLIS_ARCH_TYPE, or none, if need be. False: no memory to keep the user's; BLIS is not
 * started. */
static bool start(const char *version, bool *ignored)
{
    const char *value = getenv("BLIS_ARCH_TYPE");
    char *kept = NULL;
    *ignored = !cama__blis_knows(value);
    if (*ignored) { /* kept by itself: the environment may move while it is changed */
        kept = malloc(strlen(value) + 1);
        if (kept == NULL) return false;
        strcpy(kept, value);
        unsetenv("BLIS_ARCH_TYPE");
    }
    const bool skx = (value == NULL || *ignored) && wants_skx(version);
    if (skx) setenv("BLIS_ARCH_TYPE", "0", 1);
    bli_init();
    if (skx) unsetenv("BLIS_ARCH_TYPE");
    if (kept != NULL) setenv("BLIS_ARCH_TYPE", kept, 1);
    free(kept);
    return true;
}

const char *cama__blis_reach(cama__blis *out)
{
    const char *version = bli_info_get_version_str();
    const layout *l = layout_of(version);
    bool ignored = false;
    if (l == NULL) return "SLOW: the BLIS that is loaded is of a release that this libcama does not know";
    if (!start(version, &ignored)) return "SLOW: no memory while BLIS started";
    const void *context = bli_gks_query_cntx();
    const block_size *mr = at(l, context, l->sizes, MR, sizeof *mr), *nr = at(l, context, l->sizes, NR, sizeof *nr);
    const kernels_of_a_kind *kernel = at(l, context, l->kernels, l->kernel, sizeof *kernel);
    const preferences *prefers = at(l, context, l->prefers, 0, sizeof *prefers);
    if (mr == NULL || nr == NULL || kernel == NULL || prefers == NULL || kernel->function[0] == NULL)
        return "SLOW: the BLIS that is loaded has no kernel where its release has it";
    *out = (cama__blis){.run = (cama__blis_kernel)kernel->function[0],
                        .context = context,
                        .mr = mr->usual[0],
                        .nr = nr->usual[0],
                        .by_rows = prefers->by_rows[0],
                        .padded = mr->usual[0] != mr->widest[0] || nr->usual[0] != nr->widest[0]};
    snprintf(out->name, sizeof out->name, "BLIS %s %s %dx%d%s%s%s", version, bli_arch_string(bli_arch_query_id()),
             (int)out->mr, (int)out->nr, strcmp(version, CAMA_BLIS_VERSION) == 0 ? "" : ", built with ",
             strcmp(version, CAMA_BLIS_VERSION) == 0 ? ""
             : CAMA_BLIS_VERSION[0] == 0             ? "another"
                                                     : CAMA_BLIS_VERSION,
             ignored ? ", BLIS_ARCH_TYPE ignored: it has no such kernels" : "");
    return NULL;
}
