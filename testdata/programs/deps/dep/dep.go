// Package dep is a module of its own, taken from a folder.
package dep

import "example.com/dep/inner"

//go:noinline
func Twice(n int) int { return 2 * inner.Once(n) }
