// Package inner has a function that is inlined wherever it is called.
package inner

func Once(n int) int {
	if n > 3 {
		println("many")
	}
	return n
}
