// Command keeps has packages that it can be built without: `-tags noheavy`, `-tags nolight`, `-tags noonly`.
package main

import (
	"fmt"
	"os"
	"strings"
)

var parts = map[string]func(string) string{}

// The compiler lays out this value: no code makes an interface of a *plain.
var out printer = &plain{}

type printer interface{ print(words ...any) }

type plain struct{ times int }

//go:noinline
func (p *plain) print(words ...any) {
	p.times++
	fmt.Println(words...)
}

func main() {
	for name, part := range parts {
		out.print(name, part(strings.Join(os.Args, " ")))
	}
}
