// Package generic instantiates one function for 12 types of different shapes.
package generic

//go:noinline
func fill[T any](n int) int {
	var all []T
	seen := map[int]T{}
	for i := 0; i < n; i++ {
		var v T
		all = append(all, v)
		seen[i*i] = v
	}
	return len(all) + len(seen)
}

type t0 [3]uint16
type t1 [5]uint16
type t2 [7]uint16
type t3 [9]uint16
type t4 [11]uint16
type t5 [13]uint16
type t6 [15]uint16
type t7 [17]uint16
type t8 [19]uint16
type t9 [21]uint16
type t10 [23]uint16
type t11 [25]uint16

// All uses each.
func All(n int) int {
	return fill[t0](n) + fill[t1](n) + fill[t2](n) + fill[t3](n) + fill[t4](n) + fill[t5](n) + fill[t6](n) + fill[t7](n) + fill[t8](n) + fill[t9](n) + fill[t10](n) + fill[t11](n)
}
