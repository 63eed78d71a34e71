/* transform_vector - the loops of transform.c for vectors of one width. Included once for each, with
 *   VEC, WIDTH, LOAD, STORE, SET, ADD, SUB, MADD (a b + c), LARGER (b where a or b is NaN), NAME, and TARGET. */

/* n points of a strand from its first k numbers, which become vectors in registers. */
TARGET INLINE void NAME(spread_points)(const int n, const int k, const cama__strand *s, const real *const *from,
                                       real *to, int64_t step, int64_t count)
{
    for (int64_t at = 0; at < count; at += WIDTH) {
        VEC x[POINTS_MAX];
        UNROLL for (int j = 0; j < k; j++) x[j] = LOAD(from[j] + at);
        UNROLL for (int i = 0; i < (n - 1) / 2; i++)
        {
            const real *row = s->matrix + 2 * i * POINTS_MAX;
            VEC even = SET(0), odd = SET(0);
            UNROLL for (int j = 0; j < k; j += 2) even = MADD(SET(row[j]), x[j], even);
            UNROLL for (int j = 1; j < k; j += 2) odd = MADD(SET(row[j]), x[j], odd);
            STORE(to + 2 * i * step + at, ADD(even, odd));
            STORE(to + (2 * i + 1) * step + at, SUB(even, odd));
        }
        if (n % 2 == 0) { /* the point 0 is made of every other number */
            const real *row = s->matrix + (n - 2) * POINTS_MAX;
            VEC sum = SET(0);
            UNROLL for (int j = 0; j < k; j += 2) sum = MADD(SET(row[j]), x[j], sum);
            STORE(to + (n - 2) * step + at, sum);
        }
        const real *row = s->matrix + (n - 1) * POINTS_MAX; /* infinity, too, up to the last */
        VEC sum = SET(0);
        if (s->size % 2 != 0)
            UNROLL for (int j = 0; j < k; j += 2) sum = MADD(SET(row[j]), x[j], sum);
        else
            UNROLL for (int j = 1; j < k; j += 2) sum = MADD(SET(row[j]), x[j], sum);
        STORE(to + (n - 1) * step + at, sum);
    }
}

/* Numbers [low, high) of a strand from its n points. Matrices that gather have one number in the rows of 0 and
 * infinity, the first and the last. */
TARGET INLINE void NAME(gather_points)(const int n, const bool finish, const cama__strand *s, const gathering *g)
{
    const real *m = s->matrix;
    const int32_t last = s->size - 1, low = g->low, high = g->high;
    const VEC bound = SET(g->least);
    for (int64_t at = 0; at < g->count; at += WIDTH) {
        VEC x[POINTS_MAX];
        UNROLL for (int i = 0; i < n; i++) x[i] = LOAD(g->from + i * g->step + at);
        UNROLL for (int i = 0; i < (n - 1) / 2; i++)
        {
            const VEC plus = x[2 * i], minus = x[2 * i + 1];
            x[2 * i] = ADD(plus, minus);
            x[2 * i + 1] = SUB(plus, minus);
        }
        UNROLL for (int j = 0; j < n; j++)
        {
            if (j < low || j >= high) continue;
            VEC sum = SET(0);
            UNROLL for (int i = 0; i < (n - 1) / 2; i++) sum =
                MADD(SET(m[2 * i * POINTS_MAX + j]), x[2 * i + j % 2], sum);
            if (n % 2 == 0 && j == 0) sum = MADD(SET(m[(n - 2) * POINTS_MAX]), x[n - 2], sum);
            if (j == last) sum = MADD(SET(m[(n - 1) * POINTS_MAX + j]), x[n - 1], sum);
            if (finish) sum = LARGER(bound, ADD(sum, LOAD(g->start + j * g->start_step + at)));
            STORE(g->to + j * g->to_step + at, sum);
        }
    }
}

TARGET INLINE void NAME(copy)(const real *from, real *to, int64_t count)
{
    for (int64_t at = 0; at < count; at += WIDTH) STORE(to + at, LOAD(from + at));
}

TARGET INLINE void NAME(add)(const real *from, const real *start, real least, real *to, int64_t count)
{
    const VEC bound = SET(least);
    for (int64_t at = 0; at < count; at += WIDTH)
        STORE(to + at, LARGER(bound, ADD(LOAD(start + at), LOAD(from + at))));
}

#define EACH_N(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9)

TARGET static void NAME(spread)(const cama__strand *s, const real *const *from, real *to, int64_t step, int64_t count)
{
    if (s->plain) {
        for (int32_t j = 0; j < s->points; j++) NAME(copy)(from[j], to + j * step, count);
        return;
    }
#define SPREAD(N)                                                                                                      \
    case N:                                                                                                            \
        if (s->size <= (N + 1) / 2)                                                                                    \
            NAME(spread_points)(N, (N + 1) / 2, s, from, to, step, count);                                             \
        else                                                                                                           \
            NAME(spread_points)(N, N, s, from, to, step, count);                                                       \
        break;
    switch (s->points) {
        EACH_N(SPREAD)
    default: break;
    }
#undef SPREAD
}

TARGET static void NAME(gather)(const cama__strand *s, const gathering *g)
{
    if (s->plain) {
        for (int32_t j = g->low; j < g->high; j++)
            if (g->start == NULL)
                NAME(copy)(g->from + j * g->step, g->to + j * g->to_step, g->count);
            else
                NAME(add)(g->from + j * g->step, g->start + j * g->start_step, g->least, g->to + j * g->to_step,
                          g->count);
        return;
    }
#define GATHER(N)                                                                                                      \
    case N:                                                                                                            \
        if (g->start == NULL)                                                                                          \
            NAME(gather_points)(N, false, s, g);                                                                       \
        else                                                                                                           \
            NAME(gather_points)(N, true, s, g);                                                                        \
        break;
    switch (s->points) {
        EACH_N(GATHER)
    default: break;
    }
#undef GATHER
}

#undef EACH_N
#undef VEC
#undef WIDTH
#undef LOAD
#undef STORE
#undef SET
#undef ADD
#undef SUB
#undef MADD
#undef LARGER
#undef NAME
#undef TARGET
