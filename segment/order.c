/* SPDX-License-Identifier: BSD-3-Clause
 * Order statistics; see segment/order.h. */
#include "segment/order.h"

#include <math.h>
#include <stdlib.h>

int order_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double order_median(double *values, int64_t n)
{
	if (n < 1)
		return NAN;
	qsort(values, (size_t)n, sizeof(*values), order_doubles);
	return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}
