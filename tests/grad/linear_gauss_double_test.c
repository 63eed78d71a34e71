/* linear_gauss_double_test - the closed-form oracle (tests/oracle/linear_gauss_test.c) in double precision, where
 * rounding hides nothing: its tolerances follow the precision. */
#include "../oracle/linear_gauss_test.c"
