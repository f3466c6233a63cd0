// Command q is a plugin that shares only the standard library with the host.
package main

// Hello is a function.
func Hello(who string) string { return "q greets " + who }

func main() {}
