// Package cgo has a C half, so that its archive has an object of the C compiler.
package cgo

// int shared = 3;
// static int twice(int x) { return 2 * x + shared; }
import "C"

func Twice(x int) int { return int(C.twice(C.int(x))) }
