// Command deps has a module that a folder replaces.
package main

import (
	"os"

	"example.com/dep"
)

func main() { os.Exit(dep.Twice(len(os.Args)) - 10) }
