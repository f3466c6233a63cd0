// Package dep is what host and plugins share.
package dep

// T has one field more in this version.
type T struct{ A, B int }

// Name says which version this is.
func Name() string { return "two" }
