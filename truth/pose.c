/* SPDX-License-Identifier: BSD-3-Clause
 * Rigid motions; see truth/pose.h. */
#include "truth/pose.h"

#include <math.h>

const struct pose pose_identity = {.r = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, .t = {0, 0, 0}};

struct pose pose_turn(const double k[3], double angle)
{
	double c = cos(angle), s = sin(angle), v = 1 - c;
	struct pose p = {.t = {0, 0, 0}};

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			p.r[i][j] = v * k[i] * k[j] + (i == j ? c : 0);
	p.r[0][1] -= s * k[2];
	p.r[1][0] += s * k[2];
	p.r[0][2] += s * k[1];
	p.r[2][0] -= s * k[1];
	p.r[1][2] -= s * k[0];
	p.r[2][1] += s * k[0];
	return p;
}

void pose_apply(const struct pose *p, const double from[3], double to[3])
{
	double out[3];

	for (int i = 0; i < 3; i++)
		out[i] = p->r[i][0] * from[0] + p->r[i][1] * from[1] + p->r[i][2] * from[2] +
			 p->t[i];
	for (int i = 0; i < 3; i++)
		to[i] = out[i];
}

struct pose pose_after(const struct pose *a, const struct pose *b)
{
	struct pose p;

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			p.r[i][j] = a->r[i][0] * b->r[0][j] + a->r[i][1] * b->r[1][j] +
				    a->r[i][2] * b->r[2][j];
	pose_apply(a, b->t, p.t);
	return p;
}

struct pose pose_inverse(const struct pose *p)
{
	struct pose q = {.t = {0, 0, 0}};
	double t[3];

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			q.r[i][j] = p->r[j][i];
	pose_apply(&q, p->t, t);
	for (int i = 0; i < 3; i++)
		q.t[i] = -t[i];
	return q;
}

struct pose pose_about(const struct pose *p, const double c[3])
{
	struct pose q = *p;

	for (int i = 0; i < 3; i++)
		q.t[i] += c[i] - p->r[i][0] * c[0] - p->r[i][1] * c[1] - p->r[i][2] * c[2];
	return q;
}
