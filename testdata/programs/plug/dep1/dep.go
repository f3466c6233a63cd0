// Package dep is what host and plugins share.
package dep

// T is the first version of a type.
type T struct{ A int }

// Name says which version this is.
func Name() string { return "one" }
