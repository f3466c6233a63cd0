// Command host opens the plugins it is given, one after the other, and prints what plugin.Open says of each.
package main

import (
	"fmt"
	"os"
	"plugin"

	"example.com/dep"
)

func main() {
	_ = dep.T{A: len(dep.Name())}
	for _, name := range os.Args[1:] {
		p, err := plugin.Open(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		f, err := p.Lookup("Hello")
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("ok", f.(func(string) string)("host"))
	}
}
