/* limits - sizes that several rooms refuse beyond. */
#ifndef CAMA_BASE_LIMITS_H
#define CAMA_BASE_LIMITS_H

enum {
    X_MAX = 1 << 24, /* numbers of x, of a, of c: of a role's block in a row */
    CLASSES_MAX = 65536,
    LATENT_MAX = 65536, /* Z and M */
    SIDE_MAX = 65536    /* pixels of an image's side */
};

#endif
