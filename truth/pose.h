/* SPDX-License-Identifier: BSD-3-Clause
 * Rigid motions: p -> R p + t, lengths in px, [x, y, z]. */
#ifndef TRUTH_POSE_H
#define TRUTH_POSE_H

struct pose {
	double r[3][3], t[3];
};

extern const struct pose pose_identity;

/* Turn by `angle` (radians) about the unit vector `axis`. */
struct pose pose_turn(const double axis[3], double angle);
/* First b, then a. */
struct pose pose_after(const struct pose *a, const struct pose *b);
struct pose pose_inverse(const struct pose *p);
void pose_apply(const struct pose *p, const double from[3], double to[3]);
/* The same motion about another origin: p -> c + R (p - c) + t. */
struct pose pose_about(const struct pose *p, const double c[3]);

#endif
