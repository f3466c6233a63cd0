// Command cgo calls C code of its own, and nothing else that needs C.
package main

/*
static int twice(int n) { return 2 * n; }
*/
import "C"

func main() { println(C.twice(21)) }
