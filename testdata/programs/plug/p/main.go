// Command p is a plugin.
package main

import "example.com/dep"

// Shared has a type of the package that host and plugin share.
var Shared = map[string]*dep.T{}

// Count is a variable.
var Count int

// Hello is a function.
func Hello(who string) string { Count++; return "hello " + who + " from " + dep.Name() }

func main() {}
