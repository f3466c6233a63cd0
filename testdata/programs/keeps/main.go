// Command keeps has packages that it can be built without: `-tags noheavy`, `-tags nolight`, `-tags noonly`.
package main

import (
	"fmt"
	"os"
	"strings"
)

var parts = map[string]func(string) string{}

func main() {
	for name, part := range parts {
		fmt.Println(name, part(strings.Join(os.Args, " ")))
	}
}
