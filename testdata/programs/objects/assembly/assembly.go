// Package assembly is half in assembly, so that its archive has two Go objects.
package assembly

var Word = "word"

func length() int

func Twice() int { return 2 * length() }
