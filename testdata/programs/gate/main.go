// Command gate has variables that -ldflags=-X can set.
package main

import "fmt"

var (
	injected = "unset"
	apiKey   = "unset"
)

func main() { fmt.Println(len(injected), len(apiKey)) }
